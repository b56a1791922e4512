"""The result of a shard: plain data, from which every summary and report is made."""

from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import field

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.counters import Counters, total
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.engines.protocol import Explored

#: Points of a curve that are kept; when there are more, every other one goes.
MOST_POINTS: Final = 240


@dataclass(frozen=True, slots=True)
class Reading:
    """Progress of the runs of one tactic at one time."""

    runs: int
    steps: int
    edges: int
    states: int
    found: int


@dataclass(frozen=True, slots=True)
class Point:
    """Progress of a shard by tactic, ``seconds`` of wall time after it began."""

    seconds: float
    tactics: dict[str, Reading]


class ShardResult(msgspec.Struct):
    """Result of a shard so far: its counters, findings and missing coverage.

    Attributes:
        version: of the subject.
        counters: by tactic.
        findings: each bug that occurred once, in the order of appearance.
        fixed: titles of known bugs that this version should have, and has not.
        curve: how it came to this.
        expected: *sometimes* properties that there are to reach.
        cannot: kinds of step that this version has no way to do, and why.
        kinds: every kind of step there is, by word.
        runs: number of runs that are over, those before the first one of the plan included.
        seconds: wall time that it took.
        corpus_size: number of corpus entries of its subject to begin with.
        corpus_added: number of entries that it stored.
        unreadable: files of the corpus that could not be read, and why; a line each.
        corpus_error: why no more entries could be stored; empty if they could.
        interrupted: it was ended before its budget was spent.
        doing: what it does beside its runs just now, in words; nearly always nothing.
        faults: what went wrong in the harness itself, or where it ran; a line each.
        refused: why its subject cannot be had, so that nothing was run; else empty.
        explored: how much was, where that is the engine.
    """

    plan: Plan
    version: str = ""
    counters: dict[str, Counters] = field(default_factory=dict, name="tallies")
    findings: list[Finding] = field(default_factory=list, name="met")
    fixed: list[str] = field(default_factory=list)
    curve: list[Point] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    cannot: dict[str, str] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)
    runs: int = 0
    seconds: float = 0.0
    corpus_size: int = field(default=0, name="stems")
    corpus_added: int = field(default=0, name="stems_added")
    unreadable: list[str] = field(default_factory=list, name="unread")
    corpus_error: str = field(default="", name="ungrown")
    interrupted: bool = False
    doing: str = ""
    faults: list[str] = field(default_factory=list)
    refused: str = ""
    explored: Explored | None = None

    @property
    def total(self) -> Counters:
        """Counters of all tactics together."""
        return total(self.counters.values())

    @property
    def new(self) -> list[Finding]:
        """New findings, most harmful first."""
        return sorted(
            (finding for finding in self.findings if finding.is_new),
            key=lambda finding: finding.rank,
        )

    def unreached(self) -> list[str]:
        """The *sometimes* properties that do not hold yet, steps that were never taken among them."""
        everything = self.total
        never = [word for word in self.kinds if word not in everything.taken]
        return [
            *everything.missing(self.expected),
            *(f"step {word}" for word in never if word not in self.cannot),
        ]

    def note_point(self) -> None:
        """Add a point to the curve."""
        readings = {name: reading(tally) for name, tally in self.counters.items()}
        self.curve.append(Point(round(self.seconds, 3), readings))
        if len(self.curve) > MOST_POINTS:
            del self.curve[-2::-2]


def reading(tally: Counters) -> Reading:
    """The point of a curve that counters make."""
    states = tally.states("worker") | {f"scheduler {state}" for state in tally.states("scheduler")}
    return Reading(tally.runs, tally.steps, len(tally.edges), len(states), tally.found)
