"""One worker in a hostile environment: whatever can happen to it, in any order.

The environment keeps only what physics demands: each ``Execute``, ``GatherDep`` and
``RetryBusyWorkerLater`` is answered exactly once, any time later. Messages of the scheduler are any
well-formed messages.
"""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from workerfuzz.harness.subjects.protocol import (
    Subject,
    SubjectRaised,
    WorkerSubject,
    as_declared,
    copyable,
)
from workerfuzz.harness.worlds.base import BaseWorld
from workerfuzz.harness.worlds.worker.drain import come_to_rest
from workerfuzz.harness.worlds.worker.effect import WorkerEffect
from workerfuzz.harness.worlds.worker.fingerprint import environment_state, renamed_values
from workerfuzz.statemachine.properties.any_worker import Observation
from workerfuzz.statemachine.properties.crashes import no_handler_raises
from workerfuzz.statemachine.properties.property import AnyProperty
from workerfuzz.statemachine.properties.schedule import due_in_any_worker
from workerfuzz.statemachine.properties.utilization import UTILIZATION, UtilizationObservation
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.canonical import OWN_NAMES, Canonical
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import NEEDS_INPUTS, State
from workerfuzz.statemachine.worker.task import Request, TaskSpec
from workerfuzz.statemachine.worker.worker_state import ADDRESS
from workerfuzz.strategies.text import word
from workerfuzz.strategies.worker import WORKER_STEPS, Step
from workerfuzz.strategies.worker.run_config import RunConfig
from workerfuzz.strategies.worker.step import WorkerStep

#: Told of each event once it has happened, with the step that it was; None while coming to rest.
Observer: TypeAlias = Callable[["WorkerWorld", Step | None], None]

#: A full sweep follows this many events.
SWEEP_EVERY: Final = 50

#: Attributes of these types are a world's own; all others never change.
OWN: Final = frozenset({dict, list, set})


class WorkerWorld(BaseWorld[WorkerStep, WorkerEffect]):
    """A worker and its environment.

    Implements ``strategies.worker.view.EnvironmentView`` and
    ``statemachine.properties.environment.SoleWorkerEnvironment``.
    """

    step_class = WorkerStep
    foreign = "happens to a cluster, not to one worker"

    def __init__(
        self,
        subject: Subject,
        run_config: RunConfig | None = None,
        *,
        observer: Observer | None = None,
    ) -> None:
        self.subject: Subject
        self.run_config: RunConfig
        super().__init__(subject, as_declared(subject, run_config or RunConfig()), WORKER_STEPS)
        self._cannot = frozenset(subject.cannot())
        self._exempt = frozenset(subject.exempt())
        self._promised = tuple(item for item in UTILIZATION if item.name not in self._exempt)
        self.config = self.run_config.config
        self.pool = self.run_config.keys
        self.peers = self.run_config.peers
        self.workload = self.run_config.workload
        self._observer = observer
        self.executing: dict[str, do.Execute] = {}
        self.seceded: dict[str, None] = {}
        self.gathering: dict[str, tuple[str, ...]] = {}
        self.incoming: dict[str, int] = {}
        self.retrying: dict[str, None] = {}
        self.rescheduled: dict[str, None] = {}
        self.taken: dict[str, Mapping[str, float]] = {}
        self.paused = False
        self._asked_about: dict[str, None] = {}
        self.content: dict[str, TaskSpec] = {}
        self.fixed: dict[str, None] = {}
        self.requests: dict[str, Request] = {}
        self.sizes: dict[str, int] = {}
        self.live: dict[str, None] = {}
        self.withdrawn: dict[str, None] = {}
        self.run_id = 0
        self.reported: set[int] = set()
        self.told_seceded: dict[str, int] = {}
        self.brought: dict[str, tuple[object, ...]] = {}
        self.states: dict[str, State] = {}
        try:
            self.enter_process()
            self.view: WorkerSubject = subject.worker(self.run_config.config)
        except BaseException:
            self.close()
            raise

    # What engines use

    def situation(self) -> tuple[bool, ...]:
        executing = self.executing
        return (
            not executing,
            len(self.seceded) < len(executing),
            not self.gathering,
            not self.retrying,
            self.paused,
        )

    def take(self, step: WorkerStep) -> WorkerEffect:
        return self.handle_event(step.event(self), step)

    def reasons_impossible(self, step: Step) -> Iterator[str]:
        undeclared = self.undeclared(step) if type(step) in self.kinds else []
        if undeclared:
            yield f"{step.word}: {self.subject.name} does not know {', '.join(undeclared)}"
        else:
            yield from super().reasons_impossible(step)

    def come_to_rest(self) -> None:
        come_to_rest(self)

    def undeclared(self, step: Step) -> list[str]:
        """Keys and peers of a step that the subject says it is never told of."""
        keys, peers = self.subject.pool, self.subject.peers
        found = [] if keys is None else [key for key in step.keys() if key not in keys]  # noqa: SIM118 - a step is no dict
        if peers is not None:
            found += [peer for peer in step.peers() if peer not in (*peers, ADDRESS)]
        return found

    def takes(self, kind: type[Event]) -> bool:
        """The subject says that such an event may happen to it."""
        return word(kind) not in self._cannot

    def order(self, key: str) -> tuple[int, str]:
        """Sorts keys so that each comes after those it may depend on."""
        return (self.pool.index(key) if key in self.pool else len(self.pool), key)

    def copy(self) -> "WorkerWorld":
        """A world of its own that continues alike. Raises SubjectUnavailable."""
        other: WorkerWorld = object.__new__(type(self))
        for name, value in vars(self).items():
            other.__dict__[name] = value.copy() if type(value) in OWN else value
        other._on_close = ExitStack()
        other.view = copyable(self.subject.name, self.view).copy()
        return other

    def fingerprint(self, names: Mapping[str, str] = OWN_NAMES) -> tuple[Hashable, ...]:
        """Equal for worlds that continue alike. Raises SubjectUnavailable.

        Args:
            names: what peers are called in it, where that is not what they are called.
        """
        text = Canonical({**names, **renamed_values(self.pool, names)}, settled=self.reported)
        known = copyable(self.subject.name, self.view).fingerprint(text)
        return (*known, environment_state(self, text))

    def where(self) -> str:
        """Return the state of every task, in a line: ``x flight, y waiting``."""
        keys = self.view.keys()
        return ", ".join(f"{key} {self.view.state(key)}" for key in keys) or "no task"

    def questions(self) -> Sequence[str]:
        """Keys that the worker asked about since the last call, sorted."""
        if not self._asked_about:
            return ()
        asked, self._asked_about = sorted(self._asked_about), {}
        return asked

    # One event

    def handle_event(self, event: Event, step: Step | None = None) -> WorkerEffect:
        """Let an event happen, update the environment, check the properties."""
        note = BEFORE.get(type(event))
        ended = note(self, event) if note is not None else None
        try:
            issued = self.view.handle(event)
        except SubjectRaised as raised:
            raise self.violation(no_handler_raises, str(raised)) from raised.__cause__
        self.call_count += 1
        touched = self.view.touched()
        if self._observer is not None:
            self._observer(self, step)
        changes = self._net_changes(touched)
        self._note_sizes(event)
        due = self._check(event, touched, issued, ended)
        for instruction in issued:
            if type(instruction) in AFTER:
                AFTER[type(instruction)](self, instruction)
        if due:
            self.judge(due, UtilizationObservation(self.view, self))
        if self.call_count % SWEEP_EVERY == 0:
            self.sweep()
        return WorkerEffect(changes, tuple(issued))

    def sweep(self) -> None:
        """Check every property of records and of utilization, on every task."""
        self.judge(self._promised, UtilizationObservation(self.view, self))
        for broken, counterexample in self.view.check(None):
            raise self.violation(broken, counterexample)

    def _check(
        self,
        event: Event,
        touched: Collection[str],
        issued: Sequence[Instruction],
        ended: do.Execute | None,
    ) -> Sequence[AnyProperty]:
        """Check what the event can have broken; return what is due after the environment's update."""
        states = self.states
        kinds = (type(event), *map(type, issued), *map(states.get, touched))
        due = due_in_any_worker(self._exempt, *kinds)
        observation = Observation(self.view, self, event, touched, issued, ended)
        self.judge(due.after_event, observation)
        for broken, counterexample in self.view.check(touched):
            raise self.violation(broken, counterexample)
        return due.utilization

    def _net_changes(
        self, touched: Collection[str]
    ) -> tuple[tuple[str, State | None, State | None], ...]:
        changes = []
        states, state = self.states, self.view.state
        for key in touched:
            before, after = states.get(key), state(key)
            if before is not after:
                changes.append((key, before, after))
                if after is None:
                    del states[key]
                else:
                    states[key] = after
        return tuple(sorted(changes)) if len(changes) > 1 else tuple(changes)

    # The state of the environment

    # Updates by an event, before the worker is told of it

    def _thread_ends(
        self, event: events.ExecuteSuccess | events.ExecuteFailure | events.Reschedule
    ) -> do.Execute:
        """Returns what it was that ended."""
        self.seceded.pop(event.key, None)
        self.taken.pop(event.key, None)
        if type(event) is events.ExecuteSuccess:
            self._bring({event.key: event.value})
        return self.executing.pop(event.key)

    def _bring(self, values: Mapping[str, object]) -> None:
        for key, value in values.items():
            former = self.brought.get(key, ())
            if value not in former:
                self.brought[key] = (*former, value)

    def _scattered(self, event: events.UpdateData) -> None:
        self._bring(event.values)

    def _thread_leaves(self, event: events.Secede) -> None:
        self.seceded[event.key] = None

    def _transfer_ends(
        self,
        event: events.GatherDepSuccess
        | events.GatherDepBusy
        | events.GatherDepNetworkFailure
        | events.GatherDepFailure,
    ) -> None:
        del self.gathering[event.worker], self.incoming[event.worker]
        if type(event) is events.GatherDepSuccess:
            self._bring(event.values)

    def _waited(self, event: events.RetryBusyWorker) -> None:
        del self.retrying[event.worker]

    def _requested(self, event: events.ComputeTask) -> None:
        self.run_id = event.request.run_id
        self.requests[event.key] = event.request
        self._told_sizes(event)
        self.content[event.key] = event.spec
        self.fixed[event.key] = self.live[event.key] = None
        self.rescheduled.pop(event.key, None)
        self.withdrawn.pop(event.key, None)

    def _takes_back(self, event: events.CancelCompute) -> None:
        self.withdrawn[event.key] = None

    def _let_go(self, event: events.FreeKeys | events.ForgetKeys) -> None:
        for key in event.keys:
            self.fixed.pop(key, None)
            self.live.pop(key, None)
            self.rescheduled.pop(key, None)

    def _told_sizes(self, event: events.ComputeTask | events.AcquireReplicas) -> None:
        """The size of what is stored here is known better."""
        for key, size in event.nbytes.items():
            if self.states.get(key) is not State.MEMORY:
                self.sizes[key] = size

    def _pauses(self, event: events.Pause) -> None:
        self.paused = True

    def _unpauses(self, event: events.Unpause) -> None:
        self.paused = False

    # Updates by the reply to an event, once it has been checked

    def _note_sizes(self, event: Event) -> None:
        """A size goes with its record; a value that a thread returned has the size that it told."""
        if self.sizes:
            for key, change in self.view.changes():
                if change.finish is State.FORGOTTEN:
                    self.sizes.pop(key, None)
        if type(event) is events.ExecuteSuccess:
            is_stored = self.view.data().get(event.key, self) is event.value
            self.sizes[event.key] = event.nbytes if is_stored else self.sizes.get(event.key, 1)

    def _note_execute(self, execution: do.Execute) -> None:
        self.executing[execution.key] = execution
        self.taken[execution.key] = self.requests[execution.key].resources

    def _note_gather(self, transfer: do.GatherDep) -> None:
        self.gathering[transfer.worker] = transfer.keys
        self.incoming[transfer.worker] = sum([self.sizes.get(key, 1) for key in transfer.keys])

    def _note_busy(self, later: do.RetryBusyWorkerLater) -> None:
        self.retrying[later.worker] = None

    def _note_reschedule(self, reschedule: do.Reschedule) -> None:
        self.rescheduled[reschedule.key] = None
        self.reported.add(reschedule.run_id)

    def _note_end(self, report: do.TaskFinished | do.TaskErred) -> None:
        if report.run_id is not None:
            self.reported.add(report.run_id)

    def _note_seceded(self, message: do.LongRunning) -> None:
        self.told_seceded[message.key] = message.run_id

    def _note_question(self, has: do.RequestRefreshWhoHas) -> None:
        self._asked_about.update(dict.fromkeys(has.keys))

    def _note_steal(self, message: do.StealResponse) -> None:
        if message.state in NEEDS_INPUTS:
            self.live.pop(message.key, None)


#: Updates of the environment by an event, before the worker is told; they return the action it ends.
BEFORE: Final[Mapping[type[Event], Callable[[WorkerWorld, Any], do.Execute | None]]] = (
    MappingProxyType(
        {
            events.ExecuteSuccess: WorkerWorld._thread_ends,
            events.ExecuteFailure: WorkerWorld._thread_ends,
            events.Reschedule: WorkerWorld._thread_ends,
            events.Secede: WorkerWorld._thread_leaves,
            events.GatherDepSuccess: WorkerWorld._transfer_ends,
            events.UpdateData: WorkerWorld._scattered,
            events.GatherDepBusy: WorkerWorld._transfer_ends,
            events.GatherDepNetworkFailure: WorkerWorld._transfer_ends,
            events.GatherDepFailure: WorkerWorld._transfer_ends,
            events.RetryBusyWorker: WorkerWorld._waited,
            events.ComputeTask: WorkerWorld._requested,
            events.CancelCompute: WorkerWorld._takes_back,
            events.AcquireReplicas: WorkerWorld._told_sizes,
            events.Pause: WorkerWorld._pauses,
            events.Unpause: WorkerWorld._unpauses,
            events.FreeKeys: WorkerWorld._let_go,
            events.ForgetKeys: WorkerWorld._let_go,
        }
    )
)

#: Updates of the environment by an instruction.
AFTER: Final[Mapping[type[Instruction], Callable[[WorkerWorld, Any], None]]] = MappingProxyType(
    {
        do.Execute: WorkerWorld._note_execute,
        do.GatherDep: WorkerWorld._note_gather,
        do.RetryBusyWorkerLater: WorkerWorld._note_busy,
        do.TaskFinished: WorkerWorld._note_end,
        do.TaskErred: WorkerWorld._note_end,
        do.LongRunning: WorkerWorld._note_seceded,
        do.Reschedule: WorkerWorld._note_reschedule,
        do.RequestRefreshWhoHas: WorkerWorld._note_question,
        do.StealResponse: WorkerWorld._note_steal,
    }
)
