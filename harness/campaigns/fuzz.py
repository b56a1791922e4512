"""One campaign on one worker: runs until the budget is spent or something is found."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hypothesis import seed as seeded
from hypothesis.stateful import get_state_machine_test

from workerfuzz.harness.campaigns.coverage import Coverage
from workerfuzz.harness.cases.scopes import World
from workerfuzz.harness.engines.keeping import Finding, keep
from workerfuzz.harness.engines.machine import WorkerMachine
from workerfuzz.harness.engines.profiles import PROFILES, profile
from workerfuzz.harness.engines.walk import walk
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker import WorkerWorld
from workerfuzz.strategies.steps import Step

#: Runs that Hypothesis is asked for at a time where a budget of time is given.
BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop. Without a time and without a number of runs: what the profile says.

    Attributes:
        seconds: wall time.
        runs: number of runs.
        profile: ``quick`` or ``deep``.
    """

    seconds: float | None = None
    runs: int | None = None
    profile: str = "quick"

    def __str__(self) -> str:
        limits = [f"{self.seconds:g} s"] if self.seconds is not None else []
        limits += [f"{self.most_runs} runs"] if self.most_runs is not None else []
        return " or ".join(limits)

    def spent(self, seconds: float, runs: int) -> bool:
        """It is used up by so much wall time, or so many runs."""
        if self.seconds is not None and seconds >= self.seconds:
            return True
        return self.most_runs is not None and runs >= self.most_runs

    @property
    def most_runs(self) -> int | None:
        """None where only time counts."""
        if self.runs is not None or self.seconds is not None:
            return self.runs
        return PROFILES[self.profile].max_examples


@dataclass(slots=True)
class Campaign:
    """What has been done so far, and what was found.

    Attributes:
        interrupted: Ctrl-C ended it.
    """

    subject: Subject
    engine: str
    seed: int
    budget: Budget
    coverage: Coverage = field(default_factory=Coverage)
    runs: int = 0
    steps: int = 0
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    violation: Violation | None = None
    interrupted: bool = False

    def spent(self) -> bool:
        """The budget is used up."""
        self.seconds = time.monotonic() - self.began
        return self.budget.spent(self.seconds, self.runs)

    def note(self, world: World) -> None:
        """A run is over."""
        self.runs += 1
        self.steps += len(world.steps)

    def keep(self, folder: Path) -> Finding | None:
        """Shrink and write down what was found; None where nothing was."""
        if self.violation is None:
            return None
        return keep(self.subject, self.violation, folder, self.engine)


class BudgetSpent(BaseException):
    """Ends a batch of Hypothesis; not an Exception, which Hypothesis would take for a finding."""


def fuzz(
    subject: Subject, engine: str = "hypothesis", seed: int = 0, budget: Budget | None = None
) -> Campaign:
    """Fuzz until the budget is spent, a property breaks, or Ctrl-C; returns what there is by then."""
    campaign = Campaign(subject, engine, seed, budget or Budget())
    try:
        ENGINES[engine](campaign)
    except Violation as violation:
        campaign.violation = violation
    except KeyboardInterrupt:
        campaign.interrupted = True
    campaign.spent()
    return campaign


def by_walk(campaign: Campaign) -> None:
    """One run after the other, each from a seed of its own."""
    while not campaign.spent():
        world = walk(
            campaign.subject, f"{campaign.seed}/{campaign.runs}", campaign.coverage.observe
        )
        campaign.note(world)


def by_hypothesis(campaign: Campaign) -> None:
    """Batches of runs, so that a budget of time is kept and memory stays flat."""

    class Machine(WorkerMachine):
        @classmethod
        def system(cls) -> Subject:
            return campaign.subject

        @classmethod
        def on_event(cls, world: WorkerWorld, step: Step | None) -> None:
            campaign.coverage.observe(world, step)

        @classmethod
        def on_run(cls, world: WorkerWorld) -> None:
            campaign.note(world)
            if campaign.budget.seconds is not None and campaign.spent():
                raise BudgetSpent

    most = campaign.budget.most_runs
    length = PROFILES[campaign.budget.profile].stateful_step_count
    batch = 0
    while not campaign.spent():
        runs = min(BATCH, most - campaign.runs) if most is not None else BATCH
        test = get_state_machine_test(Machine, settings=profile(runs, length))
        try:
            seeded(campaign.seed * 1_000_003 + batch)(test)()
        except BudgetSpent:
            return
        batch += 1


ENGINES: Final[dict[str, Callable[[Campaign], None]]] = {
    "hypothesis": by_hypothesis,
    "walk": by_walk,
}
