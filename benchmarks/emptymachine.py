"""The machine's rules, preconditions and draws, with no world behind: what Hypothesis alone costs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, TypeVar

from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    get_state_machine_test,
    initialize,
    precondition,
    rule,
)

from workerfuzz.harness.engines.hypothesis.machine import WorkerMachine, draw_absent, rule_names
from workerfuzz.harness.engines.hypothesis.profiles import profile
from workerfuzz.strategies.choosers import HypothesisChooser
from workerfuzz.strategies.worker import WORKER_STEPS, Step
from workerfuzz.strategies.worker.run_config import draw_run_config

T = TypeVar("T")

#: Ends of the numbers that were drawn for one step.
Ranges = tuple[tuple[int, int], ...]

#: Keeps the place in a trace small; a prime, so that every place is reached.
PLACES: Final = 1_000_003


@dataclass(slots=True)
class Trace:
    """What real runs were like.

    Attributes:
        situations: the kinds of step that were possible, before each step.
        draws: for each kind of step, what was drawn each time it was taken.
    """

    situations: list[tuple[type[Step], ...]] = field(default_factory=list)
    draws: dict[type[Step], list[Ranges]] = field(default_factory=dict)


class NotingChooser:
    """Passes on what is asked of it, and keeps the ends of each number."""

    def __init__(self, data: st.DataObject) -> None:
        self.chooser = HypothesisChooser(data)
        self.ranges: list[tuple[int, int]] = []

    def pick(self, items: Sequence[T]) -> T:
        return items[self.integer(0, len(items) - 1)]

    def integer(self, low: int, high: int) -> int:
        self.ranges.append((low, high))
        return self.chooser.integer(low, high)


def record(runs: int, steps: int) -> Trace:
    """What happens in so many runs of the real machine."""
    trace = Trace()

    class NotingMachine(WorkerMachine):
        subject = "reference"

        def take(self, kind: type[Step], data: st.DataObject) -> None:
            assert self.world is not None
            chooser = NotingChooser(data)
            trace.situations.append(self.world.possible())
            self.world.apply(self.world.draw(kind, chooser))
            trace.draws.setdefault(kind, []).append(tuple(chooser.ranges))

    run(NotingMachine, runs, steps)
    return trace


def run(machine: type[RuleBasedStateMachine], runs: int, steps: int, seed_: int = 0) -> None:
    """Let Hypothesis make so many runs, with the settings of our profiles."""
    seed(seed_)(get_state_machine_test(machine, settings=profile(runs, steps)))()


class EmptyMachine(RuleBasedStateMachine):
    """Draws for each step what the trace drew at some time for a step of that kind.

    At which time follows from what was drawn before in this run, as Hypothesis demands.
    """

    trace: ClassVar[Trace] = Trace()
    kinds: ClassVar[frozenset[type[Step]]] = frozenset(WORKER_STEPS)

    def __init__(self) -> None:
        super().__init__()
        self.possible: tuple[type[Step], ...] | None = None
        self.place = 0
        self.steps = 0

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """What a worker's size and limits are drawn from."""
        chooser = HypothesisChooser(data)
        draw_run_config(chooser)
        draw_absent(chooser)
        self.possible = self.trace.situations[0]

    def is_possible(self, kind: type[Step]) -> bool:
        """A step of that kind could be taken."""
        return self.possible is not None and kind in self.kinds and kind in self.possible

    def take(self, kind: type[Step], data: st.DataObject) -> None:
        """Draw, and nothing else."""
        draws = self.trace.draws.get(kind, [()])
        chooser = HypothesisChooser(data)
        total = sum(chooser.integer(*ends) for ends in draws[self.place % len(draws)])
        self.place = (31 * self.place + total + 1) % PLACES
        self.possible = self.trace.situations[self.place % len(self.trace.situations)]
        self.steps += 1

    def teardown(self) -> None:
        self.on_run(self.steps)

    @classmethod
    def on_run(cls, steps: int) -> None:
        """Told when a run is over; a subclass may listen."""


def rule_for(kind: type[Step], name: str) -> Any:
    """Like the real machine's."""

    def happens(self: EmptyMachine, data: st.DataObject) -> None:
        self.take(kind, data)

    happens.__name__ = name
    return precondition(lambda self: self.is_possible(kind))(rule(data=st.data())(happens))


for _kind in WORKER_STEPS:
    for _name in rule_names(_kind):
        setattr(EmptyMachine, _name, rule_for(_kind, _name))
