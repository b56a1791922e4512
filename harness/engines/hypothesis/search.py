"""Search by Hypothesis: batches of runs of a machine, which goes on after a finding."""

from collections.abc import Callable
from typing import ClassVar, Final

from hypothesis import Phase, reject, seed, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.stateful import get_state_machine_test
from hypothesis.strategies import DataObject

from workerfuzz.harness.engines.hypothesis.machine import MACHINES, Machine
from workerfuzz.harness.engines.hypothesis.profiles import PROFILES, profile
from workerfuzz.harness.engines.protocol import Search
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.worlds.scopes import AnyRunConfig, Observer, World
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.worker import Step

#: Runs that Hypothesis is asked for at a time where time is limited, so that memory stays flat.
BATCH: Final = 50

#: How Hypothesis is called as a tactic.
HYPOTHESIS: Final = "hypothesis"


class BudgetSpent(BaseException):
    """Ends a batch of Hypothesis; not an Exception, which Hypothesis would take for a finding."""


def search_by_hypothesis(search: Search) -> None:
    """Batches of runs. What is found ends its run alone: Hypothesis is told that it was no good."""
    most = search.plan.budget.most_runs
    length = PROFILES[search.plan.budget.profile].stateful_step_count
    bases = (SearchMachine, MACHINES[search.scope.name])
    batch = search.plan.first
    while not search.spent():
        runs = min(BATCH, most - search.runs) if most is not None else BATCH
        test = get_state_machine_test(
            type("MachineOfSearch", bases, {"search": search}),
            settings=settings(profile(runs, length), phases=(Phase.generate,)),
        )
        try:
            seed(search.plan.seed * 1_000_003 + batch)(test)()
        except BudgetSpent:
            return
        except Unsatisfiable:
            pass  # every run of the batch ended with a violation
        batch += 1


class SearchMachine(Machine):
    """Hypothesis machine of a search: it counts runs and reports violations to the search."""

    search: ClassVar[Search]

    @classmethod
    def system(cls) -> AnySubject:
        return cls.search.subject

    def observer(self) -> Observer:
        return self.search.observing(HYPOTHESIS)

    def draw_run_config(self, chooser: Chooser) -> AnyRunConfig:
        return self.search.run_config(chooser)

    def take(self, kind: type[Step], data: DataObject) -> None:
        if self.breaks(lambda: super(SearchMachine, self).take(kind, data)):
            reject()

    def teardown(self) -> None:
        if not self.broken:
            self.breaks(super().teardown)
        elif self.world is not None:
            self.world.close()

    def breaks(self, happens: Callable[[], None]) -> bool:
        """Return True if a property is violated; the search records it, and the run ends."""
        try:
            happens()
        except Violation as found:
            violation = found
            self.broken = True
            self.search.attempt(lambda: ended(violation))
            over(self.search)
        return self.broken

    @classmethod
    def on_run(cls, world: World) -> None:
        cls.search.attempt(lambda: world)
        over(cls.search)


def over(search: Search) -> None:
    """Ends a batch whose time is over."""
    if search.plan.budget.is_timed and search.spent():
        raise BudgetSpent


def ended(violation: Violation) -> World:
    """A run that ended so."""
    raise violation
