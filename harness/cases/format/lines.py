"""From the lines of a file to lines that mean something, and back: continuation and width."""

import textwrap
from collections.abc import Iterator
from typing import Final

from workerfuzz.harness.cases.format.case import CaseError, Line

#: No line is longer.
COLUMNS: Final = 96

#: A line that starts so goes on with the line above.
INDENT: Final = "    "


def joined(text: str) -> Iterator[Line]:
    """Lines with their continuations, words separated by one space; comments keep their spaces."""
    parts: list[str] = []
    start = 0
    for number, raw in enumerate(text.rstrip("\n").split("\n"), start=1):
        check_characters(raw, number)
        line = raw.rstrip()
        if line[:1] not in (" ", "\t"):
            if parts:
                yield Line(" ".join(parts), start)
            parts, start = [line if line.startswith("#") else one_spaced(line)], number
        elif not parts or not parts[0] or parts[0].startswith("#"):
            above = "a comment" if parts and parts[0] else "nothing"
            raise CaseError(f"an indented line goes on with the one above: {above}", number)
        else:
            parts.append(one_spaced(line))
    yield Line(" ".join(parts), start)


def one_spaced(line: str) -> str:
    return " ".join(line.split())


def check_characters(line: str, number: int) -> None:
    """Refuses what a terminal would not show, or would obey, and words that fit on no line."""
    for column, character in enumerate(line, start=1):
        if not character.isprintable() and character != "\t":
            raise CaseError(f"character U+{ord(character):04X} in column {column}", number)
    if line.startswith("#"):
        return
    for word in line.split():
        if len(word) > COLUMNS - len(INDENT):
            raise CaseError(
                f"a word of {len(word)} columns; a line has at most {COLUMNS}, "
                "and words are not split",
                number,
            )


def check_width(text: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > COLUMNS:
            raise CaseError(
                f"{len(line)} columns, at most {COLUMNS} are allowed; "
                "go on in the next line, indented by four spaces",
                number,
            )


def wrapped(line: str) -> list[str]:
    """A line as a file has it: one line, or more where it is too long."""
    comment = line.startswith("#")
    if len(line) <= COLUMNS:
        return [line]
    return textwrap.wrap(
        line,
        COLUMNS,
        subsequent_indent="# " if comment else INDENT,
        break_long_words=comment,
        break_on_hyphens=False,
    )
