"""The part that all worlds share: taking steps, what they take of the process, and what ends a run."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import ClassVar, Final, Generic, Self, TypeAlias, TypeVar, TypeVarTuple, cast

from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem
from workerfuzz.harness.subjects.process_protocol import ProcessSystem
from workerfuzz.harness.subjects.protocol import Subject, error_behind
from workerfuzz.harness.worlds.going_on import GOING_ON
from workerfuzz.harness.worlds.time_limit import REST_S, STEP_S, TIME_LIMIT, TimeLimitExceeded
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.harness.worlds.write_ahead_log import WRITE_AHEAD_LOG
from workerfuzz.statemachine.properties.crashes import every_call_returns
from workerfuzz.statemachine.properties.property import CHECKS, AnyProperty, O, Property
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.worker import Step
from workerfuzz.strategies.worker.run_config import RunConfig

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")
S = TypeVar("S", bound=Step)
E = TypeVar("E")

Kinds: TypeAlias = tuple[type[Step], ...]

#: Which kinds of step are possible in which situation, for worlds with the same kinds.
POSSIBLE: Final[dict[Kinds, dict[tuple[bool, ...], Kinds]]] = {}


class BaseWorld(ABC, Generic[S, E]):
    """A subject and its environment, during one run. A context manager: leaving it closes it.

    Whatever a world takes is given back by ``close``, in whichever way the run ended; a constructor
    that fails has closed what there was.

    Attributes:
        subject: the system under test.
        run_config: what is fixed about the run.
        kinds: kinds of step that the subject can do.
        steps: those applied so far.
        resting: the steps are over; what happens now is ``finish``.
        happened: calls of the subject so far, those of ``finish`` included.
    """

    #: The class of steps at the scope of the world, and why others are impossible.
    step_class: ClassVar[type[Step]]
    foreign: ClassVar[str]

    def __init__(
        self,
        subject: Subject | ClusterSystem | ProcessSystem,
        run_config: RunConfig | ClusterRunConfig,
        kinds: Sequence[type[Step]],
    ) -> None:
        self.subject = subject
        self.run_config = run_config
        cannot = subject.cannot()
        self.kinds = tuple(kind for kind in kinds if kind.word not in cannot)
        self.steps: list[Step] = []
        self.resting = False
        self.call_count = 0
        self._possible = POSSIBLE.setdefault(self.kinds, {})
        self._drawn: Step | None = None
        self._on_close = ExitStack()

    # What engines use

    @abstractmethod
    def situation(self) -> tuple[bool, ...]:
        """Return everything that decides which kinds of step are possible."""

    def possible(self) -> Kinds:
        """Kinds of step that may happen now, in a fixed order."""
        situation = self.situation()
        kinds = self._possible.get(situation)
        if kinds is None:
            kinds = tuple(kind for kind in self.kinds if kind.is_possible(self))
            self._possible[situation] = kinds
        return kinds

    def draw(self, kind: type[Step], chooser: Chooser) -> Step:
        """Return a step of that kind, possible now."""
        self._drawn = kind.draw(self, chooser)
        return self._drawn

    def apply(self, step: Step) -> E:
        """Let a step happen and check every property that it can break.

        Raises:
            ImpossibleStep: it cannot happen now; nothing was changed.
            Violation: it broke a property.
        """
        if step is not self._drawn:  # which is possible
            for why_impossible in self.reasons_impossible(step):
                raise ImpossibleStep(why_impossible)
        self._drawn = None
        self.steps.append(step)
        if WRITE_AHEAD_LOG.is_open:
            WRITE_AHEAD_LOG.note(self, step)
        return self.in_time(STEP_S, self.take, cast("S", step))

    @abstractmethod
    def take(self, step: S) -> E:
        """Let a step happen that is possible."""

    def reasons_impossible(self, step: Step) -> Iterator[str]:
        """Yield reasons why a step is not possible now."""
        if not isinstance(step, self.step_class):
            yield f"{step.word} {self.foreign}"
        elif type(step) not in self.kinds:
            yield f"{step.word}: {self.subject.cannot()[step.word]}"
        elif (why_impossible := step.why_impossible(self)) is not None:
            yield why_impossible

    def finish(self) -> None:
        """Stop all faults, let everything outstanding end, and check what holds at rest."""
        self.resting = True
        if WRITE_AHEAD_LOG.is_open:
            WRITE_AHEAD_LOG.rest(self)
        self.in_time(REST_S, self.come_to_rest)

    @abstractmethod
    def come_to_rest(self) -> None:
        """Let everything outstanding end, and check what holds at rest."""

    # What it takes of the process

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
        """Take the write-ahead log and the timer of this process, until ``close``."""
        if WRITE_AHEAD_LOG.is_open:
            WRITE_AHEAD_LOG.begin(self)
        self._on_close.callback(self._leave_log)
        TIME_LIMIT.arm()
        self._on_close.callback(TIME_LIMIT.disarm)

    def _leave_log(self) -> None:
        if WRITE_AHEAD_LOG.is_open:
            WRITE_AHEAD_LOG.over()

    def in_time(self, limit_s: int, call: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Call something that must return in time, or the run ends with a violation."""
        TIME_LIMIT.seconds, TIME_LIMIT.limit = 0, limit_s
        try:
            return call(*arguments)
        except TimeLimitExceeded:
            going_on = f"it was still going on after {limit_s} s of CPU"
            raise self.violation(every_call_returns, going_on) from None
        finally:
            TIME_LIMIT.limit = 0

    # What ends a run

    def demand(self, item: Property[O], observation: O) -> None:
        """Raise Violation where a property does not hold of an observation."""
        self.judge((item,), observation)

    def judge(self, properties: Sequence[AnyProperty], observation: object) -> None:
        """Raise Violation for the first of the properties that is broken."""
        broken = CHECKS.first_broken(properties, observation)
        if broken is not None:
            self.end_with(*broken)

    def end_with(self, broken: AnyProperty, counterexample: str) -> None:
        """Raise the Violation, unless the run goes on behind it."""
        left = GOING_ON.remainder(self.violation(broken, counterexample))
        if left is not None:
            raise left

    def violation(self, broken: AnyProperty, counterexample: str) -> Violation:
        """The exception that ends the run; its cause is the subject's, where that is described."""
        found = Violation(
            broken.name,
            broken.sentence,
            str(counterexample),
            tuple(self.steps),
            self.resting,
            self.run_config,
        )
        found.__cause__ = error_behind(counterexample)
        return found
