"""The part that all worlds share: what they take of the process and give back, and what ends a run."""

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self, TypeVar, TypeVarTuple

from workerfuzz.harness.worlds.blackbox import BOX
from workerfuzz.harness.worlds.time_limit import TIME_LIMIT, TimeLimitExceeded
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties.crashes import every_call_returns
from workerfuzz.statemachine.properties.property import CHECKS, AnyProperty, Due, O, Property
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.worker import Step
from workerfuzz.strategies.worker.run_config import RunConfig

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class BaseWorld:
    """A subject and its environment, during one run. A context manager: leaving it closes it.

    Whatever a world takes is given back by ``close``, in whichever way the run ended; a constructor
    that fails has closed what there was.

    Attributes:
        run_config: what is fixed about the run.
        steps: those applied so far.
        resting: the steps are over; what happens now is ``finish``.
    """

    def __init__(self, run_config: RunConfig | ClusterRunConfig) -> None:
        self.run_config = run_config
        self.steps: list[Step] = []
        self.resting = False
        self._on_close = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back everything that the world took; it is not used any more."""
        self._on_close.close()

    def enter_process(self) -> None:
        """Take the black box and the timer of this process, until ``close``."""
        if BOX.is_open:
            BOX.begin(self)
        self._on_close.callback(self._leave_box)
        TIME_LIMIT.arm()
        self._on_close.callback(TIME_LIMIT.disarm)

    def _leave_box(self) -> None:
        if BOX.is_open:
            BOX.over()

    def in_time(self, limit_s: int, call: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Call something that must return in time, or the run ends with a violation."""
        TIME_LIMIT.begin(limit_s)
        try:
            return call(*arguments)
        except TimeLimitExceeded:
            going_on = f"it was still going on after {limit_s} s of CPU"
            raise self.violation(every_call_returns, going_on) from None
        finally:
            TIME_LIMIT.end()

    def demand(self, item: Property[O], observation: O) -> None:
        """Raise Violation where a property does not hold of an observation."""
        self.judge(((item,), observation))

    def judge(self, *due: Due) -> None:
        """Raise Violation for the first of the properties that is broken."""
        for broken, counterexample in CHECKS.broken(due):
            raise self.violation(broken, counterexample)

    def violation(self, broken: AnyProperty, counterexample: str) -> Violation:
        """The exception that ends the run."""
        return Violation(
            broken.name,
            broken.sentence,
            counterexample,
            tuple(self.steps),
            self.resting,
            self.run_config,
        )
