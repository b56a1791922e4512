"""Which keys a broken property is about, and what happened to one of them."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from workerfuzz.harness.cases.swimlanes.chart import Arrow, Chart, Row

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

#: A key of this name is an article as well, unless one of these follows.
ARTICLE: Final = "a"
AFTER_A_KEY: Final = frozenset(
    {"is", "was", "has", "had", "may", "on", "in", "by", "and", "that", "which", "starts", "failed",
     "waits", "went", "depends", "stays"}
)  # fmt: skip


def keys_in(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Keys that a counterexample names, in the order of their appearance."""
    found: dict[str, None] = {}
    for match in _WORD.finditer(text):
        word = match[0].rstrip(".-")
        if word in known and not is_article(word, text[match.end() :]):
            found[word] = None
    return tuple(found)


def is_article(word: str, rest: str) -> bool:
    following = re.match(r" ([a-z]+)", rest)
    return word == ARTICLE and following is not None and following[1] not in AFTER_A_KEY


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row has to do with a key.

    Attributes:
        changes: as text: ``scheduler: waiting -> processing``.
        arrived, sent: what was about the key and arrived, or was sent, in that row.
    """

    row: Row
    changes: tuple[str, ...]
    arrived: tuple[Arrow, ...]
    sent: tuple[Arrow, ...]


def story(chart: Chart, key: str) -> Iterator[Entry]:
    """All that happened to a key, from the beginning to the end."""
    for row in chart.rows:
        changes = tuple(
            f"{chart.lane(it.lane).label}: {it.before or '-'} -> {it.after or '-'}"
            for it in row.changes
            if it.key == key
        )
        arrived = tuple(it for it in chart.ended_in(row.number) if key in it.keys)
        sent = tuple(it for it in chart.sent_in(row.number) if key in it.keys)
        if changes or arrived or sent or key in row.keys:
            yield Entry(row, changes, arrived, sent)
