"""Lines of text in which every character has a style; colours come later."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Final

#: What a place looks like: the name of a style. States are ``state:executing`` and the like.
PLAIN: Final = ""

#: A line, as pieces of text with their styles.
Drawn = Sequence[tuple[str, str]]

#: Instead of lines and arrows, where these cannot be written.
ASCII: Final[Mapping[int, str]] = str.maketrans(
    {
        "│": "|", "┃": "#", "┊": ":", "─": "-", "╌": "-", "═": "=", "⋮": ":", "…": "~",
        **dict.fromkeys("╮╭╯╰┬├┤┼╪", "+"),
        "▶": ">", "◀": "<", "●": "*", "✗": "x", "✓": "+", "→": ">",
    }
)  # fmt: skip

#: What stands where a line crosses another that goes down.
_CROSSED: Final[Mapping[str, str]] = MappingProxyType({"─": "┼", "╌": "┼", "═": "╪"})
_DOWN: Final = frozenset("│┃┊")


class Line:
    """One line, as wide as it has to be."""

    def __init__(self, width: int) -> None:
        self._cells = [(" ", PLAIN)] * width

    def __len__(self) -> int:
        return len(self._cells)

    def put(self, place: int, text: str, style: str = PLAIN) -> None:
        """Write over what is there; what has no room on the right ends in dots."""
        room = len(self) - place
        if room <= 0:
            return
        if len(text) > room:
            text = text[: room - 1] + "…"
        for offset, letter in enumerate(text):
            self._cells[place + offset] = (letter, style)

    def across(self, start: int, end: int, letter: str, style: str) -> None:
        """A line from one place to another, both included, over what goes down there."""
        for place in range(min(start, end), max(start, end) + 1):
            under, _ = self._cells[place]
            self._cells[place] = (_CROSSED[letter] if under in _DOWN else letter, style)

    def letter(self, place: int) -> str:
        return self._cells[place][0]

    def free(self, place: int) -> bool:
        """Nothing is written there; beyond the end there is nothing to write on."""
        return place < len(self) and self._cells[place][0] == " "

    def drawn(self) -> Drawn:
        """The line without what is empty at its end."""
        cells = self._cells
        while cells and cells[-1] == (" ", PLAIN):
            cells = cells[:-1]
        return [
            ("".join(letter for letter, _ in group), style)
            for style, group in groupby(cells, key=lambda cell: cell[1])
        ]


def plain(lines: Sequence[Drawn], *, ascii_only: bool = False) -> Iterator[str]:
    """Lines without their styles."""
    for line in lines:
        text = "".join(piece for piece, _ in line).rstrip()
        yield text.translate(ASCII) if ascii_only else text
