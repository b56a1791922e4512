"""A case in the terminal: its lanes, what broke, and the story of the keys in question."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from rich.console import Console
from rich.text import Text

from workerfuzz.harness.cases.swimlanes.chart import Chart
from workerfuzz.harness.cases.swimlanes.listing import heading, listed, stories, verdict
from workerfuzz.harness.cases.swimlanes.text_drawing import ASCII, Drawn, draw, fits
from workerfuzz.harness.report.swimlanes.palette import family

#: How the terminal shows a style; what is not here is shown as it is.
STYLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "title": "bold", "dim": "dim", "known": "yellow", "remark": "green italic",
        "section": "bold", "number": "dim", "step": "bold", "head": "bold", "lane": "dim",
        "busy": "blue", "message": "cyan", "call": "bright_blue", "request": "magenta",
        "data": "magenta", "lost": "red", "broken": "bold red", "counterexample": "red",
        "held": "green", "asked": "bold",
        "out": "red", "in": "green", "party": "bold", "table": "cyan",
    }
)  # fmt: skip

#: How it shows a state, by its family.
CELLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "here": "black on green", "runs": "white on blue", "waits": "black on yellow",
        "comes": "black on cyan", "bad": "white on red", "odd": "white on magenta",
        "none": "white on bright_black",
    }
)  # fmt: skip


def show(chart: Chart, screen: Console) -> None:
    """Prints a case, as lanes where there is room for them."""
    print_lines(heading(chart), screen)
    screen.print()
    if fits(chart, screen.width):
        print_lines(draw(chart, screen.width), screen)
    else:
        print_lines(listed(chart), screen)
    screen.print()
    print_lines(verdict(chart), screen)
    print_lines(stories(chart), screen)


def print_lines(lines: Iterable[Drawn], screen: Console) -> None:
    for line in lines:
        text = coloured(line, plain=is_plain(screen))
        if not screen.is_terminal:
            text.rstrip()
        screen.print(text)


def is_plain(screen: Console) -> bool:
    """Return True if the encoding of the screen has no line-drawing characters."""
    try:
        "│●▶".encode(screen.encoding)
    except UnicodeEncodeError:
        return True
    return False


def coloured(line: Drawn, *, plain: bool = False) -> Text:
    """One line, in colours."""
    text = Text()
    for piece, style in line:
        text.append(piece.translate(ASCII) if plain else piece, rich_style(style))
    return text


def rich_style(style: str) -> str:
    """``state:memory asked`` and the like, as Rich has it."""
    found = []
    for word in style.split():
        if word.startswith("state:"):
            found.append(CELLS[family(word.removeprefix("state:"))])
        elif word in STYLES:
            found.append(STYLES[word])
    return " ".join(found)
