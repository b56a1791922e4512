"""Pieces of Python that tests are written of."""

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

#: Longest line of a test of Dask.
COLUMNS: Final = 88


def call(name: str, *args: object, **named: object) -> str:
    """``name(1, two="three")``, broken where it is too long for a line of a test."""
    parts = [literal(argument) for argument in args] + [
        f"{name}={literal(value)}" for name, value in named.items()
    ]
    line = f"{name}({', '.join(parts)})"
    if len(line) <= COLUMNS - 16 and "\n" not in line:
        return line
    return "\n".join([f"{name}(", *indented(f"{part}," for part in parts), ")"])


class Code(str):
    """An expression that stands for itself among the arguments of ``call``."""

    __slots__ = ()


def literal(value: object) -> str:
    """As people write it."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, Mapping):
        pairs = [f"{literal(key)}: {literal(content)}" for key, content in value.items()]
        if any("\n" in pair for pair in pairs) or sum(map(len, pairs)) > COLUMNS - 24:
            return "\n".join(["{", *indented(f"{pair}," for pair in pairs), "}"])
        return (
            "{"
            + ", ".join(f"{literal(key)}: {literal(content)}" for key, content in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
    if value == float("inf"):
        return 'float("inf")'
    return f"{value:g}" if isinstance(value, float) else repr(value)


def comment(text: str) -> Iterator[str]:
    """A comment, in as many lines as it takes."""
    yield from textwrap.wrap(
        text, COLUMNS - 8, initial_indent="# ", subsequent_indent="#   ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def docstring(title: str, lines: Iterable[str]) -> Iterator[str]:
    """A title, and what there is to say about it."""
    wrapped = [
        part
        for line in lines
        for part in textwrap.wrap(
            line, COLUMNS - 4, subsequent_indent=" " * (len(line) - len(line.lstrip()) + 2),
            break_long_words=False, break_on_hyphens=False, initial_indent="", drop_whitespace=True,
        ) or [""]
    ]  # fmt: skip
    first = textwrap.wrap(title, COLUMNS - 7, break_long_words=False)
    safe = [line.replace("\\", "\\\\").replace('"""', "'''") for line in (*first, "", *wrapped)]
    yield f'"""{safe[0]}'
    yield from safe[1:]
    yield '"""'


def indented(lines: Iterable[str], by: int = 4) -> Iterator[str]:
    """Each line further to the right; those that are several lines as well."""
    for line in lines:
        yield from (f"{' ' * by}{part}" if part else "" for part in line.split("\n"))


#: Longest part of a name that tells the title.
_SLUG_COLUMNS: Final = 60


def slug(title: str) -> str:
    """``The peer dies: y waits`` as ``the-peer-dies-y-waits``."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    name = ""
    for word in words:
        if name and len(name) + 1 + len(word) > _SLUG_COLUMNS:
            break
        name = f"{name}-{word}" if name else word[:_SLUG_COLUMNS]
    return name or "case"
