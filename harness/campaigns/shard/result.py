"""What a shard tells of itself: plain data, from which every summary and report is made."""

from dataclasses import dataclass, field
from typing import Final

from workerfuzz.harness.campaigns.findings.finding import Finding
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.counters import Counters, total

#: Points of a curve that are kept; when there are more, every other one goes.
MOST_POINTS: Final = 240


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the runs of one tactic had come."""

    runs: int
    steps: int
    edges: int
    states: int
    found: int


@dataclass(frozen=True, slots=True)
class Point:
    """How far a shard had come, so many seconds of wall time after it began; by tactic."""

    seconds: float
    tactics: dict[str, Reading]


@dataclass(frozen=True, slots=True)
class Explored:
    """How much of a space was explored.

    Attributes:
        states: worlds that do not continue alike.
        transitions: steps that were taken from them.
        depth: every run of so many steps was made.
        frontier: states that were not gone on from.
        is_complete: every run there is was made, up to where it meets a known state.
        stopped: ``depth``, ``states`` or ``time``, where one of these ended it.
    """

    states: int
    transitions: int
    depth: int
    frontier: int
    is_complete: bool = False
    stopped: str = ""


@dataclass(slots=True)
class ShardResult:
    """What was done so far, what was found, and what was not reached.

    Attributes:
        version: of the subject.
        tallies: by tactic.
        met: each bug that came up once, in the order of appearance.
        fixed: titles of known bugs that this version should have, and has not.
        curve: how it came to this.
        expected: *sometimes* properties that there are to reach.
        cannot: kinds of step that this version has no way to do, and why.
        kinds: every kind of step there is, by word.
        runs: number of runs that are over, those before the first one of the plan included.
        seconds: wall time that it took.
        stems: how many there were in the corpus to begin with.
        stems_added: how many the walk left there.
        unread: files of the corpus that could not be read, and why; a line each.
        ungrown: why the corpus took no more stems; empty: it did.
        interrupted: it was ended before its budget was spent.
        doing: what it does beside its runs just now, in words; nearly always nothing.
        faults: what went wrong in the harness itself, or where it ran; a line each.
        refused: why its subject cannot be had, so that nothing was run; else empty.
        explored: how much was, where that is the engine.
    """

    plan: Plan
    version: str = ""
    tallies: dict[str, Counters] = field(default_factory=dict)
    met: list[Finding] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)
    curve: list[Point] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    cannot: dict[str, str] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)
    runs: int = 0
    seconds: float = 0.0
    stems: int = 0
    stems_added: int = 0
    unread: list[str] = field(default_factory=list)
    ungrown: str = ""
    interrupted: bool = False
    doing: str = ""
    faults: list[str] = field(default_factory=list)
    refused: str = ""
    explored: Explored | None = None

    @property
    def total(self) -> Counters:
        """What the tactics did together."""
        return total(self.tallies.values())

    @property
    def new(self) -> list[Finding]:
        """Bugs that nobody knew, most harmful first."""
        return sorted((met for met in self.met if met.is_new), key=lambda met: met.rank)

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
        readings = {name: reading(tally) for name, tally in self.tallies.items()}
        self.curve.append(Point(round(self.seconds, 3), readings))
        if len(self.curve) > MOST_POINTS:
            del self.curve[-2::-2]


def reading(tally: Counters) -> Reading:
    """What a curve shows of a tally."""
    states = tally.states("worker") | {f"scheduler {it}" for it in tally.states("scheduler")}
    return Reading(tally.runs, tally.steps, len(tally.edges), len(states), tally.found)
