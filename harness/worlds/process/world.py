"""Whole processes in one thread: what steps do to them, and what is checked after each.

After a step everything that is ready runs, first in, first out, as asyncio promises: it is never
shuffled. What goes on then waits for a message, a thread or the time.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, Self, TypeAlias

from workerfuzz.harness.subjects.cluster_protocol import TaskTransition
from workerfuzz.harness.subjects.process_protocol import (
    EndedCall,
    ProcessCluster,
    ProcessSystem,
    pipe_ends,
)
from workerfuzz.harness.subjects.protocol import SubjectRaised
from workerfuzz.harness.worlds.base import BaseWorld
from workerfuzz.harness.worlds.cluster.client_model import computed
from workerfuzz.harness.worlds.process.client_model import ProcessClientModel
from workerfuzz.harness.worlds.process.drain import come_to_rest
from workerfuzz.harness.worlds.process.effect import ProcessEffect
from workerfuzz.statemachine.properties import process as must
from workerfuzz.statemachine.properties.crashes import no_handler_raises
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.scheduler.client_requests import ClientNotice, NoticeStatus
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.step import ClusterStep
from workerfuzz.strategies.cluster.submit import Submit
from workerfuzz.strategies.cluster.view import Pair, ThreadOutcome
from workerfuzz.strategies.process import PROCESS_STEPS
from workerfuzz.strategies.process.from_network import Flow
from workerfuzz.strategies.process.run_config import ProcessRunConfig
from workerfuzz.strategies.worker import Step

#: Told of each step once it has happened, with the world; with None while coming to rest.
Observer: TypeAlias = Callable[[Any, Step | None], None]

#: Virtual seconds that a step takes: longer than the pause between two batches of a stream.
DURATION_S: Final = 0.003

#: Virtual seconds in which everything arrives that is under way.
FLOW_S: Final = 0.3

#: Steps between two sweeps of all structural properties.
SWEEP_EVERY: Final = 20

#: Exceptions with which calls end when connections or processes do.
CONNECTION_ERRORS: Final = frozenset({"CommClosedError", "OSError", "TimeoutError"})

#: Exceptions of calls about futures that somebody gave up.
CANCELLATIONS: Final = frozenset(
    {"CancelledError", "FutureCancelledError", "FuturesCancelledError"}
)


class ProcessWorld(BaseWorld[ClusterStep, ProcessEffect]):
    """Processes and all that can happen to them; implements ``ProcessControl``.

    Attributes:
        client_model: requests of clients and the values that tasks must have.
        effect: what the last step led to.
        departed: workers that died or closed; they may join again.
        faults: processes and connections that ended.
    """

    step_class = ClusterStep
    foreign = "does not happen to these processes"

    def __init__(
        self,
        subject: ProcessSystem,
        run_config: ProcessRunConfig | None = None,
        *,
        observer: Observer | None = None,
    ) -> None:
        self.run_config: ProcessRunConfig
        super().__init__(subject, run_config or ProcessRunConfig(), PROCESS_STEPS)
        self.pool = self.run_config.keys
        self.clients: Sequence[str] = self.run_config.clients
        self.workload = self.run_config.workload
        self.resources = self.run_config.config.worker.resources
        self.client_model = ProcessClientModel(self.clients)
        self.wants, self.held = self.client_model.wants, self.client_model.held
        self.contents, self.data = self.client_model.contents, self.client_model.data
        self.departed: dict[str, None] = {}
        self.faults = 0
        self._joined = self.run_config.config.workers
        self._left_to_join = self.run_config.later
        self._cut_off: set[str] = set()  # clients that lost the scheduler cancel all that they want
        self._observer = observer
        self.effect = ProcessEffect((), ())
        try:
            self.enter_process()
            self.cluster: ProcessCluster = subject.processes(
                self.run_config.config, self.clients, computed
            )
            self._on_close.callback(self.cluster.close)
        except BaseException:
            self.close()
            raise

    # What engines use

    def situation(self) -> tuple[bool, ...]:
        return tuple(kind.is_possible(self) for kind in self.kinds)

    def draw(self, kind: type[Step], chooser: Chooser) -> Step:
        """Return a step of that kind, possible now; where none was drawn, everything flows."""
        drawn = super().draw(kind, chooser)
        if any(self.reasons_impossible(drawn)):
            drawn = self._drawn = Flow()
        return drawn

    def take(self, step: ClusterStep) -> ProcessEffect:
        return self.step(step, step.apply)

    def reasons_impossible(self, step: Step) -> Iterator[str]:
        if type(step) not in self.kinds:
            yield f"{step.word} {self.foreign}"
            return
        if isinstance(step, Submit) and any(task.actor for task in step.tasks):
            yield "actors are not simulated at the scope of processes"
        yield from super().reasons_impossible(step)
        if isinstance(step, Submit):
            listed = {task.key for task in step.tasks}
            needed = {need for task in step.tasks for need in task.needs}
            for need in sorted(needed - listed - {*self.wants[step.client]}):
                yield f"{step.client} has no future of {need}"

    def step(self, step: Step | None, action: Callable[[Self], object]) -> ProcessEffect:
        """Let a step happen, or something else, with all that is ready then; check it."""
        try:
            action(self)
            self.cluster.run_ready(DURATION_S)
        except SubjectRaised as error:
            raise self.violation(must.processes_come_to_rest, str(error)) from None
        self.effect = ProcessEffect(self.cluster.transitions(), self.cluster.traffic())
        self.note_departures()
        self.note_statuses()
        if self._observer is not None:
            self._observer(self, step)
        self.check(thoroughly=len(self.steps) % SWEEP_EVERY == 0)
        return self.effect

    def check(self, *, thoroughly: bool) -> None:
        """Check what holds after every step."""
        try:
            for broken, counterexample in self.cluster.check(thoroughly=thoroughly):
                raise self.violation(broken, counterexample)
        except SubjectRaised as error:
            raise self.violation(no_handler_raises, str(error)) from error.__cause__
        self.demand(must.no_exception_is_unhandled, self.cluster.unhandled())
        for ended in self.cluster.ended_calls():
            self.note_ended(ended)

    def come_to_rest(self) -> None:
        come_to_rest(self)

    def where(self) -> str:
        """Return the state of every task, in a line."""
        cluster = self.cluster
        keys = cluster.keys()
        said = ["scheduler: " + ", ".join(f"{key} {cluster.state(key)}" for key in keys)]
        for name in cluster.present:
            view = cluster.worker(name)
            if here := view.keys():
                said.append(f"{name}: " + ", ".join(f"{key} {view.state(key)}" for key in here))
        return "; ".join(said)

    @property
    def transitions(self) -> Sequence[TaskTransition]:
        """Transitions that the last step caused."""
        return self.effect.transitions

    # What is noted after a step

    def note_departures(self) -> None:
        """Note the workers that closed or failed, whoever wanted it."""
        for worker in self.cluster.depart():
            self.note_fault()
            self.departed[worker] = None

    def note_fault(self) -> None:
        """Note that a process or a connection ended: what was scattered may be lost."""
        self.faults += 1
        self.client_model.note_fault()

    def note_statuses(self) -> None:
        """Note what the clients' futures say by now."""
        for client, wanted in self.wants.items():
            statuses = self.client_model.statuses[client]
            for key in wanted:
                status, reason = self.cluster.status(client, key)
                if status is NoticeStatus.CANCELLED and client in self._cut_off:
                    self.client_model.at_risk[key] = None
                if statuses[key] is not status:
                    self.client_model.note_status(client, ClientNotice(key, status, reason))

    def note_ended(self, ended: EndedCall) -> None:
        """Check how a call ended, and note what follows from it."""
        model, raised = self.client_model, ended.error
        observation = must.CallObservation(
            " ".join((ended.participant, ended.word, *ended.keys)),
            raised="" if raised is None else f"{type(raised).__name__}: {raised}",
            is_excused=raised is None or self.is_excused(ended, raised),
            values=ended.values,
            expected={key: model.expected(key) for key in ended.values or ()},
        )
        self.demand(must.calls_return, observation)
        self.demand(must.gathered_values_are_right, observation)
        if ended.word == "scatter" and raised is None:
            who_has = dict.fromkeys(ended.keys, ())
            model.note_request(ended.participant, client_requests.Scattered(who_has=who_has))

    def is_excused(self, ended: EndedCall, error: BaseException) -> bool:
        """Return whether something happened of which a call is documented to raise this."""
        name = type(error).__name__
        if self.faults and name in CONNECTION_ERRORS:
            return True
        if name == "KilledWorker":
            return self.faults > self.run_config.config.allowed_failures
        if ended.word == "join":
            return ended.participant.partition("-")[0] != ended.participant
        needed = self.client_model.needed_by(ended.keys)
        if name == "TaskFailed":
            return any(self.client_model.has_failed(key) for key in needed)
        given_up = any(
            key in self.client_model.given_up
            or (ended.participant, key) in self.client_model.released
            for key in needed
        )
        return name in CANCELLATIONS and (given_up or self.faults > 0)

    # What steps may know

    @property
    def present(self) -> Sequence[str]:
        return self.cluster.present

    @property
    def running(self) -> Collection[Pair]:
        return self.cluster.threads

    @property
    def fetching(self) -> Collection[Pair]:
        views = {worker: self.cluster.worker(worker) for worker in self.present}
        return [
            (worker, key)
            for worker, view in views.items()
            for keys in view.transfers().values()
            for key in keys
        ]

    @property
    def pipes(self) -> Sequence[str]:
        return self.cluster.pipes

    @property
    def connections(self) -> Sequence[str]:
        return self.cluster.connections

    @property
    def wanting(self) -> Sequence[str]:
        return [client for client in self.clients if self.wants[client]]

    @property
    def holding(self) -> Sequence[str]:
        return [client for client in self.clients if self.wants[client] or self.held[client]]

    @property
    def failed(self) -> Collection[Pair]:
        return self.client_model.failed

    @property
    def joining(self) -> Sequence[str]:
        if not self._left_to_join:
            return ()
        return (self.next_worker, *self.departed)

    @property
    def next_worker(self) -> str:
        """Name of a worker that was never there."""
        return f"w{self._joined}"

    @property
    def submitters(self) -> Sequence[str]:
        return self.clients

    def fixed(self, client: str) -> Mapping[str, object]:
        """Every content and value: none is changed during a run."""
        return {**self.contents, **self.data}

    @property
    def scatterable(self) -> Sequence[str]:
        used = self.fixed("")
        return [key for key in self.pool if key not in used] if self.present else ()

    # What steps let happen

    def send_request(
        self, client: str, request: client_requests.ClientRequest, *, at_once: bool = False
    ) -> None:
        self.client_model.note_request(client, request)
        self.cluster.send_request(client, request)

    def gather(self, client: str, keys: Sequence[str]) -> None:
        self.cluster.gather(client, keys)

    def scatter(self, client: str, key: str, worker: str) -> None:
        value = self.data[key] = f"{key} scattered"
        self.cluster.scatter(client, key, value, worker)

    def deliver_on(self, pipe: str) -> None:
        self.cluster.deliver(pipe)

    def cut(self, pipe: str) -> None:
        self.note_fault()
        self._cut_off.update({*pipe_ends(pipe)}.intersection(self.clients))
        self.cluster.cut(pipe)

    def flow(self) -> None:
        self.cluster.settle(FLOW_S, threads=False)

    def tick(self) -> None:
        self.cluster.advance()

    def end(self, worker: str, key: str, how: ThreadOutcome) -> None:
        if how is ThreadOutcome.FAILURE:
            self.client_model.failures[key, self.contents[key]] = None
        self.cluster.end(worker, key, how)

    def join(self, worker: str) -> None:
        self._left_to_join -= 1
        if self.departed.pop(worker, worker) is not None:
            self._joined += 1
        self.cluster.join(worker)

    def die(self, worker: str) -> None:
        self.note_fault()
        self.departed[worker] = None
        self.cluster.die(worker)

    def close_worker(self, worker: str, *, gracefully: bool) -> None:
        self.note_fault()
        self.cluster.close_worker(worker, gracefully=gracefully)
