"""Counts of what runs did: plain data that adds up, whatever the order."""

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from typing import Self

from workerfuzz.strategies.worker import Step

#: Digests of runs that a tally keeps: the smallest ones.
SKETCHED: int = 256


@dataclass(slots=True)
class Counters:
    """Counters of the runs: steps taken, transitions reached, time spent.

    Attributes:
        seconds: CPU time of the runs, in seconds; without shrinking.
        found: how many of them ended with a violation.
        taken: steps, by word.
        possible: how often a kind of step was possible, by word, in the runs that were watched.
        watched: steps of the runs that were watched.
        edges: transitions, as ``worker flight -> memory`` or ``scheduler waiting -> processing``.
        reached: other *sometimes* properties, by their words.
        checked: how often each property was checked, by name, in the runs that were watched.
        sketch: the smallest digests of the runs that were watched, ascending: two tallies that share
            one share runs.
    """

    runs: int = 0
    steps: int = 0
    seconds: float = 0.0
    found: int = 0
    taken: dict[str, int] = field(default_factory=Counter)
    possible: dict[str, int] = field(default_factory=Counter)
    watched: int = 0
    edges: dict[str, int] = field(default_factory=Counter)
    reached: dict[str, int] = field(default_factory=Counter)
    checked: dict[str, int] = field(default_factory=Counter)
    sketch: list[int] = field(default_factory=list)

    def add(self, other: Self) -> None:
        """Take in what another one counted."""
        for item in fields(self):
            mine, theirs = getattr(self, item.name), getattr(other, item.name)
            if isinstance(mine, dict):
                for name, count in theirs.items():
                    mine[name] = mine.get(name, 0) + count
            elif isinstance(mine, list):
                self.sketch = merged(mine, theirs)
            else:
                setattr(self, item.name, mine + theirs)

    def states(self, participant: str = "worker") -> set[str]:
        """States that a task was in, on that kind of participant."""
        prefix = f"{participant} "
        return {
            state
            for edge in self.edges
            if edge.startswith(prefix)
            for state in edge.removeprefix(prefix).split(" -> ")
        }

    def missing(self, expected: Iterable[str]) -> list[str]:
        """Those *sometimes* properties that do not hold yet, in the order given."""
        return [name for name in expected if name not in self.edges and name not in self.reached]


def total(tallies: Iterable[Counters]) -> Counters:
    """All of them together."""
    everything = Counters()
    for one in tallies:
        everything.add(one)
    return everything


def merged(one: Iterable[int], other: Iterable[int]) -> list[int]:
    """The sketch of all runs that two sketches stand for."""
    return heapq.nsmallest(SKETCHED, {*one, *other})


def digest(steps: Iterable[Step]) -> int:
    """Of a run: equal for equal runs, in every process; small enough for every reader of JSON."""
    text = "\n".join(map(str, steps))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) >> 11


def shared(one: Iterable[int], other: Iterable[int]) -> float:
    """Share of the runs behind a sketch that another sketch stands for as well; 0 to 1.

    A full sketch knows of nothing beyond its largest digest, so that is not compared.
    """
    mine, theirs = set(one), set(other)
    limit = max(theirs) if len(theirs) >= SKETCHED else None
    comparable = {value for value in mine if limit is None or value <= limit}
    return len(comparable & theirs) / len(comparable) if comparable else 0.0
