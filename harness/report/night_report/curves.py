"""Curves of a group: how edges, states and findings came about over time, by tactic."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from workerfuzz.harness.campaigns.shard.result import Reading, ShardResult
from workerfuzz.harness.report.groups import Group

#: Moments at which a curve is read.
MOMENTS: Final = 80

#: Before the first run.
NOTHING: Final = Reading(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Curve:
    """One line: what a tactic had come to at each moment."""

    tactic: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """Lines of one kind.

    Attributes:
        name: what is counted.
        told: the same in more words, and how shards were taken together.
        moments: seconds since the shards began.
    """

    name: str
    told: str
    moments: tuple[float, ...]
    lines: tuple[Curve, ...]

    @property
    def highest(self) -> int:
        return max((value for line in self.lines for value in line.values), default=0)


def curves(group: Group) -> list[Curves]:
    """Edges and states as the furthest shard of each tactic had them; findings of all shards."""
    moments = moments_of(group.shards)
    tactics = sorted({tactic for shard in group.shards for tactic in shard.counters})
    read = {it: [readings(shard, it, moments) for shard in group.shards] for it in tactics}

    def lines(name: str, *, together: bool) -> tuple[Curve, ...]:
        join = sum if together else max
        return tuple(
            Curve(
                it,
                tuple(join(getattr(one, name) for one in at) for at in zip(*read[it], strict=True)),
            )
            for it in tactics
        )

    many = len(group.shards) > 1
    furthest = "; the shard that was furthest" if many else ""
    all_of_them = "; all shards together" if many else ""
    return [
        Curves("edges", f"edges reached{furthest}", moments, lines("edges", together=False)),
        Curves("states", f"states reached{furthest}", moments, lines("states", together=False)),
        Curves(
            "findings",
            f"runs that ended with a violation{all_of_them}",
            moments,
            lines("found", together=True),
        ),
    ]


def moments_of(shards: Iterable[ShardResult]) -> tuple[float, ...]:
    """Evenly from the beginning to the end of the longest shard."""
    ends = (max(shard.seconds, *(it.seconds for it in shard.curve), 0.0) for shard in shards)
    longest = max(ends, default=0.0)
    return tuple(longest * place / (MOMENTS - 1) for place in range(MOMENTS))


def readings(shard: ShardResult, tactic: str, moments: Sequence[float]) -> list[Reading]:
    """What a shard had told of a tactic by each moment."""
    points = [
        (point.seconds, point.tactics[tactic]) for point in shard.curve if tactic in point.tactics
    ]
    times = [seconds for seconds, _ in points]
    told = [NOTHING, *(reading for _, reading in points)]
    return [told[bisect_right(times, moment)] for moment in moments]
