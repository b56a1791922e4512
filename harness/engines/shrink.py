"""From a run that breaks a property to the few steps that matter.

Steps are taken away in ever smaller chunks, then simplified, then the rest is renamed. What remains is
1-minimal: the last pass tried to take away each single step, and every time the bug was gone. A step
that is impossible without one that was taken away goes with it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from workerfuzz.harness.cases.signature import Signature, signature
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.harness.worlds.worker import WorkerWorld
from workerfuzz.statemachine.config import WorkerConfig
from workerfuzz.strategies.steps import Step
from workerfuzz.strategies.universe import KEYS, PEERS, Universe

Steps = tuple[Step, ...]

#: Names that the worker has for itself are not ours to change.
OWN_NAMES: Final = ("self",)


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What is left of a run.

    Attributes:
        replays: how many runs it took to find out.
    """

    universe: Universe
    violation: Violation
    before: int
    replays: int

    @property
    def steps(self) -> Steps:
        return self.violation.steps


def replay(subject: Subject, universe: Universe, steps: Sequence[Step]) -> Violation | None:
    """What these steps break; steps that are impossible when they are reached are left out."""
    world = WorkerWorld(subject, universe)
    try:
        for step in steps:
            try:
                world.apply(step)
            except ImpossibleStep:
                continue
        world.finish()
    except Violation as violation:
        return violation
    return None


class Shrinker:
    """Holds the smallest run so far that shows the bug."""

    def __init__(self, subject: Subject, universe: Universe, violation: Violation) -> None:
        self.subject = subject
        self.universe = universe
        self.violation = violation
        self.wanted: Signature = signature(violation)
        self.replays = 0

    @property
    def steps(self) -> Steps:
        return self.violation.steps

    def shows(self, steps: Sequence[Step], universe: Universe | None = None) -> bool:
        """Whether these steps show the same bug; if so, they are kept."""
        universe = universe or self.universe
        self.replays += 1
        found = replay(self.subject, universe, steps)
        if found is None or signature(found) != self.wanted:
            return False
        self.universe, self.violation = universe, found
        return True

    def drop_chunks(self) -> None:
        """Take away half of the steps, then quarters, and so on (ddmin without complements)."""
        size = max(len(self.steps) // 2, 1)
        while size > 1:
            start = 0
            while start < len(self.steps):
                if not self.shows(self.steps[:start] + self.steps[start + size :]):
                    start += size
            size = size // 2

    def drop_single_steps(self) -> bool:
        """Take away single steps, last first, until none can go. Returns whether one did."""
        before = len(self.steps)
        place = len(self.steps) - 1
        while place >= 0:
            self.shows(self.steps[:place] + self.steps[place + 1 :])
            place = min(place, len(self.steps)) - 1
        return len(self.steps) < before

    def simplify_steps(self) -> bool:
        """Replace steps by simpler ones. Returns whether one was."""
        simplified = False
        place = 0
        while place < len(self.steps):
            if any(
                self.shows((*self.steps[:place], simpler, *self.steps[place + 1 :]))
                for simpler in self.steps[place].simpler()
            ):
                simplified = True
            else:
                place += 1
        return simplified

    def simplify_config(self) -> None:
        """Leave options of the worker at their defaults where they do not matter."""
        for config in simpler_configs(self.universe.config):
            self.shows(self.steps, replace(self.universe, config=config(self.universe.config)))

    def rename(self) -> None:
        """Give keys and peers the first names there are, in the order of their appearance."""
        keys = dict.fromkeys(key for step in self.steps for key in step.keys())  # noqa: SIM118 - a step is no dict
        peers = dict.fromkeys(peer for step in self.steps for peer in step.peers())
        in_order = sorted(keys, key=self.universe.keys.index)
        fresh = KEYS[-len(in_order) :] if len(in_order) <= len(KEYS) else tuple(in_order)
        names = dict(zip(in_order, fresh, strict=True))
        others = [peer for peer in peers if peer not in OWN_NAMES]
        names |= dict(zip(others, PEERS, strict=False))
        renamed = tuple(step.renamed(names) for step in self.steps)
        if renamed != self.steps:
            self.shows(renamed, replace(self.universe, keys=fresh or self.universe.keys))

    def shrink(self) -> Shrunk:
        before = len(self.steps)
        self.drop_chunks()
        self.simplify_config()
        while self.drop_single_steps() or self.simplify_steps():
            pass
        self.rename()
        while self.drop_single_steps():
            pass
        return Shrunk(self.universe, self.violation, before, self.replays)


def simpler_configs(config: WorkerConfig) -> Iterator["Simpler"]:
    """Each option at its default, where it is not."""
    default = WorkerConfig()
    for option in fields(WorkerConfig):
        if getattr(config, option.name) != getattr(default, option.name):
            yield Simpler(option.name)


@dataclass(frozen=True, slots=True)
class Simpler:
    """A configuration with one option at its default."""

    option: str

    def __call__(self, config: WorkerConfig) -> WorkerConfig:
        return replace(config, **{self.option: getattr(WorkerConfig(), self.option)})


def shrink(subject: Subject, universe: Universe, violation: Violation) -> Shrunk:
    """The smallest run that we find with the same signature; ends 1-minimal."""
    return Shrinker(subject, universe, violation).shrink()
