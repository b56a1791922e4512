"""Loops that fill a shard with runs, one for each engine."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from types import FrameType, MappingProxyType
from typing import ClassVar, Final

from hypothesis import Phase, reject, seed, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.stateful import get_state_machine_test
from hypothesis.strategies import DataObject

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.shard.interruptions import (
    INTERRUPTIONS,
    handling_interruptions,
)
from workerfuzz.harness.campaigns.shard.result import Explored, ShardResult
from workerfuzz.harness.campaigns.shard.shard import Shard
from workerfuzz.harness.engines.explore.explore import Exploration
from workerfuzz.harness.engines.hypothesis.machine import MACHINES, Machine
from workerfuzz.harness.engines.hypothesis.profiles import PROFILES, profile
from workerfuzz.harness.engines.walk.walker import Walker
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.worlds.scopes import AnyRunConfig, Observer, World
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.worker import Step

#: Runs that Hypothesis is asked for at a time where time is limited, so that memory stays flat.
BATCH: Final = 50

#: How Hypothesis is called as a tactic.
HYPOTHESIS: Final = "hypothesis"

#: The only tactic of exploring.
EXPLORE: Final = "explore"


def by_walk(shard: Shard) -> None:
    """One run after the other, each from a seed of its own, and learning from those before it."""
    plan = shard.plan
    walker = Walker(
        shard.subject,
        plan.seed,
        shard.scope,
        shard.run_config,
        tactics=(plan.tactic,) if plan.tactic else (),
        corpus=shard.entries,
        keep=shard.add_entry,
    )
    while not shard.spent():
        shard.attempt(lambda: walker.run(shard.number, shard.observing))


class BudgetSpent(BaseException):
    """Ends a batch of Hypothesis; not an Exception, which Hypothesis would take for a finding."""


def by_hypothesis(shard: Shard) -> None:
    """Batches of runs. What is found ends its run alone: Hypothesis is told that it was no good."""
    most = shard.plan.budget.most_runs
    length = PROFILES[shard.plan.budget.profile].stateful_step_count
    bases = (OfShard, MACHINES[shard.plan.scope])
    batch = shard.plan.first
    while not shard.spent():
        runs = min(BATCH, most - shard.runs) if most is not None else BATCH
        test = get_state_machine_test(
            type("MachineOfShard", bases, {"shard": shard}),
            settings=settings(profile(runs, length), phases=(Phase.generate,)),
        )
        try:
            seed(shard.plan.seed * 1_000_003 + batch)(test)()
        except BudgetSpent:
            return
        except Unsatisfiable:
            pass  # every run of the batch ended with a violation
        batch += 1


class OfShard(Machine):
    """Hypothesis machine of a shard: it counts runs and reports violations to the shard."""

    shard: ClassVar[Shard]

    @classmethod
    def system(cls) -> AnySubject:
        return cls.shard.subject

    def observer(self) -> Observer:
        return self.shard.observing(HYPOTHESIS)

    def draw_run_config(self, chooser: Chooser) -> AnyRunConfig:
        return self.shard.run_config(chooser)

    def take(self, kind: type[Step], data: DataObject) -> None:
        if self.breaks(lambda: super(OfShard, self).take(kind, data)):
            reject()

    def teardown(self) -> None:
        if not self.broken:
            self.breaks(super().teardown)
        elif self.world is not None:
            self.world.close()

    def breaks(self, happens: Callable[[], None]) -> bool:
        """Return True if a property is violated; the shard records it, and the run ends."""
        try:
            happens()
        except Violation as found:
            violation = found
            self.broken = True
            self.shard.attempt(lambda: ended(violation))
            over(self.shard)
        return self.broken

    @classmethod
    def on_run(cls, world: World) -> None:
        cls.shard.attempt(lambda: world)
        over(cls.shard)


def over(shard: Shard) -> None:
    """Ends a batch whose time is over."""
    if shard.plan.budget.is_timed and shard.spent():
        raise BudgetSpent


def ended(violation: Violation) -> World:
    """A run that ended so."""
    raise violation


def by_exploring(shard: Shard) -> None:
    """All runs there are, each ending where a state is new; a state counts as a run."""
    plan, observer = shard.plan, shard.observing(EXPLORE)
    tally = shard.spent_on[EXPLORE]

    def note() -> None:
        shard.runs = tally.runs = exploration.states
        tally.steps = exploration.transitions
        tally.seconds = time.process_time() - shard.began_cpu
        shard.result.explored = Explored(
            exploration.states,
            exploration.transitions,
            exploration.depth,
            len(exploration.frontier),
            exploration.is_complete,
            exploration.stopped,
        )

    def is_over() -> bool:
        note()
        return shard.spent()

    exploration = Exploration(
        shard.subject,
        plan.space.run_config(plan.scope),
        plan.space.allowances(plan.scope),
        depth=plan.space.depth,
        most_states=plan.budget.most_runs,
        is_over=is_over,
        observer=observer,
        distinct=plan.space.distinct,
    )
    try:
        for violation in exploration.violations():
            note()
            shard.announce(shard.record_violation(violation))
    finally:
        note()


#: By name.
ENGINES: Final[Mapping[str, Callable[[Shard], None]]] = MappingProxyType(
    {HYPOTHESIS: by_hypothesis, "walk": by_walk, EXPLORE: by_exploring}
)


@contextmanager
def noting_interruption(shard: Shard) -> Iterator[None]:
    """Note in the shard that Ctrl-C or SIGTERM came; then it is handled as it was before."""
    former = {number: signal.getsignal(number) for number in INTERRUPTIONS}

    def note(number: int, frame: FrameType | None) -> None:
        shard.is_stopped = True
        signal.signal(number, former[signal.Signals(number)])
        signal.raise_signal(number)

    with handling_interruptions(note):
        yield


def fill(shard: Shard) -> ShardResult:
    """Run until the budget is spent, or Ctrl-C; returns what there is by then."""
    bug = named(shard.plan.planted).planted() if shard.plan.planted else nullcontext()
    try:
        with bug, noting_interruption(shard):
            ENGINES[shard.plan.engine](shard)
    except KeyboardInterrupt:
        shard.result.interrupted = True
    except Exception:
        if (
            not shard.is_stopped
        ):  # else it may hide a KeyboardInterrupt, as an assertion of Hypothesis does
            raise
        shard.result.interrupted = True
    shard.settle(time.monotonic() - shard.began)
    return shard.result
