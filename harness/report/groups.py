"""Shards of the same system at the same scope belong together: what they reached of the same things."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from workerfuzz.harness.campaigns.shard.counters import Counters, total
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.worlds.scopes import SCOPES

#: Kinds of participant that have a table of transitions.
PARTICIPANTS: Final = ("worker", "scheduler")

#: Seconds of a shard's life over which its present speed is taken.
LATELY_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Group:
    """Shards that fuzz one system at one scope.

    Attributes:
        name: for people: ``clusters of dask 2026.8.0``.
        done: what the shards did together.
        expected: *sometimes* properties that there are to reach.
        kinds: every kind of step there is, by word.
        cannot: kinds of step that there is no way to do, and why.
    """

    subject: str
    scope: str
    name: str
    shards: tuple[ShardResult, ...]
    done: Counters
    expected: tuple[str, ...]
    kinds: tuple[str, ...]
    cannot: dict[str, str]

    def open(self) -> list[str]:
        """*Sometimes* properties that do not hold yet."""
        return self.done.missing(self.expected)

    def edges(self, participant: str) -> "TransitionCounts":
        """Transitions of a kind of participant."""
        prefix = f"{participant} "
        known = [name for name in self.expected if name.startswith(prefix)]
        counts = {name: n for name, n in self.done.edges.items() if name.startswith(prefix)}
        return TransitionCounts(participant, tuple(known), counts)

    def participants(self) -> list["TransitionCounts"]:
        """Transitions of each kind of participant that has any."""
        every = (self.edges(participant) for participant in PARTICIPANTS)
        return [edges for edges in every if edges.known or edges.counts]

    def rarest(self, most: int = 5) -> list[tuple[str, int]]:
        """Transitions that were taken least often, but were, with their counts."""
        return sorted(self.done.edges.items(), key=lambda item: (item[1], item[0]))[:most]


@dataclass(frozen=True, slots=True)
class TransitionCounts:
    """Transitions of one kind of participant.

    Attributes:
        known: names of those that there are, as far as anybody knows.
        counts: how often each was taken, by name; those among them that nobody expected.
    """

    participant: str
    known: tuple[str, ...]
    counts: dict[str, int]

    @property
    def reached(self) -> int:
        """Number of known names that were taken; of all that were taken, if none is known."""
        if not self.known:
            return len(self.counts)
        return sum(name in self.counts for name in self.known)

    def __str__(self) -> str:
        of = f" of {len(self.known)}" if self.known else ""
        return f"{self.participant} {self.reached}{of}"


def system(account: ShardResult) -> str:
    """Return the system that a shard fuzzes, as readable text."""
    what = SCOPES[account.plan.scope].systems
    return f"{what}{account.plan.subject} {account.version}".rstrip()


def groups(shards: Iterable[ShardResult]) -> list[Group]:
    """The shards by what they fuzz, in the order in which that comes up."""
    by_system: dict[tuple[str, str, str], list[ShardResult]] = {}
    for shard in shards:
        key = (shard.plan.subject, shard.plan.scope, shard.version)
        by_system.setdefault(key, []).append(shard)
    return [group(together) for together in by_system.values()]


def group(shards: list[ShardResult]) -> Group:
    first = shards[0]
    return Group(
        first.plan.subject,
        first.plan.scope,
        system(first),
        tuple(shards),
        total(tally for shard in shards for tally in shard.counters.values()),
        tuple(dict.fromkeys(name for shard in shards for name in shard.expected)),
        tuple(dict.fromkeys(word for shard in shards for word in shard.kinds)),
        {word: why for shard in shards for word, why in shard.cannot.items()},
    )


def steps_per_second(account: ShardResult) -> float:
    """Return the recent speed of a shard in wall time, including its time outside of fuzzing."""
    if not account.curve:
        return 0.0
    last = account.curve[-1]
    since = [point for point in account.curve if last.seconds - point.seconds >= LATELY_S]
    began, before = (since[-1].seconds, since[-1].tactics) if since else (0.0, {})
    steps = sum(reading.steps for reading in last.tactics.values())
    steps -= sum(reading.steps for reading in before.values())
    return steps / (last.seconds - began) if last.seconds > began else 0.0
