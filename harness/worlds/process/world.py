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
    base_name,
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
from workerfuzz.statemachine.worker import events
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.step import ClusterStep
from workerfuzz.strategies.cluster.submit import Submit
from workerfuzz.strategies.cluster.view import Pair, ThreadOutcome
from workerfuzz.strategies.process import PROCESS_STEPS
from workerfuzz.strategies.process.from_network import Flow
from workerfuzz.strategies.process.run_config import ProcessRunConfig
from workerfuzz.strategies.process.view import ClientCall
from workerfuzz.strategies.worker import Step

#: Told of each step once it has happened, with the world; with None while coming to rest.
Observer: TypeAlias = Callable[[Any, Step | None], None]

#: Virtual seconds that a step takes: longer than the pause between two batches of a stream.
DURATION_S: Final = 0.003

#: Virtual seconds in which everything arrives that is under way.
FLOW_S: Final = 0.3

#: Steps between two sweeps of all structural properties.
SWEEP_EVERY: Final = 20

#: Words of steps in which a client scatters.
SCATTERING: Final = frozenset({"scatter", "broadcast"})

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
        retiring: workers that others take over from, before they close.
        locks: clients that wait for the lock or have it, and whether they have.
        datasets: published keys, with the client that published each.
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
        self.workload = self.run_config.workload
        self.resources = self.run_config.config.worker.resources
        self.client_model = ProcessClientModel(self.run_config.clients)
        self.wants, self.held = self.client_model.wants, self.client_model.held
        self.contents, self.data = self.client_model.contents, self.client_model.data
        self.departed: dict[str, None] = {}
        self.retiring: dict[str, None] = {}
        self.locks: dict[str, bool] = {}
        self.datasets: dict[str, str] = {}
        self.faults = 0
        self._joined = self.run_config.config.workers
        self._left_to_join = self.run_config.later
        self._pressed: dict[str, None] = {}  # workers that were short of memory
        self._renamed: dict[str, None] = {}  # workers that joined with the name of another
        # Clients that are leaving, have left or are connecting again; those that leave or connect now.
        self._gone: dict[str, None] = {}
        self._moving: dict[str, None] = {}
        self._published: dict[str, int] = {}  # times that a key was published
        self._cut_off: set[str] = set()  # clients that lost the scheduler cancel all that they want
        self._observer = observer
        self.effect = ProcessEffect((), ())
        try:
            self.enter_process()
            self.cluster: ProcessCluster = subject.processes(
                self.run_config.config, self.run_config.clients, computed
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
        words = ["scheduler: " + ", ".join(f"{key} {cluster.state(key)}" for key in keys)]
        for name in cluster.present:
            view = cluster.worker(name)
            if here := view.keys():
                words.append(f"{name}: " + ", ".join(f"{key} {view.state(key)}" for key in here))
        return "; ".join(words)

    @property
    def transitions(self) -> Sequence[TaskTransition]:
        """Transitions that the last step caused."""
        return self.effect.transitions

    # What is noted after a step

    def note_departures(self) -> None:
        """Note the workers that closed or failed, whoever wanted it."""
        for worker in self.cluster.depart():
            if self.retiring.pop(worker, worker) is None:
                self.faults += 1  # others had taken over
            else:
                self.note_fault()
            self.departed[worker] = None
        for client in self.cluster.closed_clients():
            if client not in self._gone:  # it did not reach the scheduler for too long
                self.note_fault()
                self.note_leaving(client)

    def note_retirement(self, worker: str) -> None:
        """Note that others are to take over what a worker has, which loses nothing if they can."""
        others = [name for name in self.awake if name != worker and name not in self.retiring]
        if others and not self.faults:
            self.retiring[worker] = None
        else:
            self.note_fault()

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
        client = base_name(ended.participant)
        if ended.word in ("leave", "enter"):
            self._moving.pop(client, None)
            if ended.word == "enter" and raised is None:
                del self._gone[client]
        elif (
            ended.word in SCATTERING
            and raised is None
            and client not in self._gone
            and ended.participant == self.cluster.process_of(client)
        ):
            who_has = dict.fromkeys(ended.keys, ())
            model.note_request(client, client_requests.Scattered(who_has=who_has))
        elif ended.word == ClientCall.LOCK and client in self.locks:
            self.locks[client] = raised is None
            if self.resting and self.locks[client]:  # others wait for it
                self.make_call(client, ClientCall.UNLOCK)
        elif ended.word == ClientCall.UNPUBLISH:
            for key in ended.keys:
                self.datasets.pop(key, None)

    def is_excused(self, ended: EndedCall, error: BaseException) -> bool:
        """Return whether something happened of which a call is documented to raise this."""
        name = type(error).__name__
        if self.faults and name in CONNECTION_ERRORS:
            return True
        if name == "KilledWorker":
            return self.faults > self.run_config.config.allowed_failures
        client = base_name(ended.participant)
        if ended.word == "join":
            return client != ended.participant or client in self._renamed
        if ended.word == ClientCall.PUBLISH and name == "KeyError":
            return any(self._published.get(key, 0) > 1 for key in ended.keys)
        if name == "ValueError" and ended.word in (ClientCall.REPLICATE, "broadcast"):
            return bool(
                self.faults or self.departed or self.retiring or self._pressed
            )  # nobody is there
        if ended.word in (ClientCall.PUBLISH, ClientCall.UNPUBLISH, ClientCall.REPLICATE):
            lost = self.faults > 0 and name in ("KeyError", "ClosedClientError")
            return name in CANCELLATIONS or lost
        if client in self._gone or self.cluster.process_of(client) != ended.participant:
            return True  # it has closed meanwhile
        needed = self.client_model.needed_by(ended.keys)
        if name in ("TaskFailed", "StoreFailed", "SendingFailed", "TypeError"):
            return any(self.client_model.has_failed(key) for key in needed)
        given_up = any(
            key in self.client_model.given_up or (client, key) in self.client_model.released
            for key in needed
        )
        return name in CANCELLATIONS and (given_up or self.faults > 0)

    # What steps may know

    @property
    def present(self) -> Sequence[str]:
        return self.cluster.present

    @property
    def clients(self) -> Sequence[str]:
        """Clients that are there."""
        return [client for client in self.run_config.clients if client not in self._gone]

    @property
    def away(self) -> Sequence[str]:
        """Clients that have left."""
        return [name for name in self._gone if name not in self._moving]

    @property
    def awake(self) -> Sequence[str]:
        """Workers that run and are not paused."""
        return [name for name in self.present if self.cluster.status_of(name) == "running"]

    @property
    def resumable(self) -> Sequence[str]:
        return [name for name in self.present if self.cluster.status_of(name) == "paused"]

    @property
    def retirable(self) -> Sequence[Pair]:
        return [(client, worker) for client in self.clients for worker in self.present]

    @property
    def broadcastable(self) -> Sequence[Pair]:
        return [(client, key) for client in self.clients for key in self.scatterable]

    @property
    def published(self) -> Sequence[Pair]:
        return [(client, key) for key in self.datasets for client in self.clients]

    @property
    def unlocked(self) -> Sequence[str]:
        return [client for client in self.clients if client not in self.locks]

    @property
    def locked(self) -> Sequence[str]:
        return [client for client in self.clients if self.locks.get(client)]

    @property
    def timers(self) -> Sequence[str]:
        return self.cluster.timers

    @property
    def running(self) -> Collection[Pair]:
        return self.cluster.threads

    @property
    def storing(self) -> Collection[Pair]:
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
    def joining_as(self) -> Sequence[Pair]:
        """(address, name) of workers that may join with another name than that of their address."""
        return [
            (address, name) for address in self.joining for name in self.departed if address != name
        ]

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
        return [
            key for key in self.pool if key not in self.contents and self.present and self.clients
        ]

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

    def broadcast(self, client: str, key: str) -> None:
        value = self.data[key] = f"{key} scattered"
        self.cluster.broadcast(client, key, value)

    def make_call(
        self,
        client: str,
        call: ClientCall,
        *,
        keys: Sequence[str] = (),
        workers: Sequence[str] = (),
    ) -> None:
        if call is ClientCall.RETIRE:
            for worker in workers:
                self.note_retirement(worker)
        elif call is ClientCall.RESTART:
            self.note_fault()
            self.client_model.given_up.update(dict.fromkeys((*self.contents, *self.data)))
        elif call is ClientCall.PUBLISH:
            for key in keys:
                self.datasets[key] = client
                self._published[key] = self._published.get(key, 0) + 1
        elif call is ClientCall.LOCK:
            self.locks[client] = False
        elif call is ClientCall.UNLOCK:
            del self.locks[client]
        self.cluster.make_call(client, call, keys, workers)

    def leave(self, client: str) -> None:
        """A client closes."""
        self.note_leaving(client)
        self._moving[client] = None
        self.cluster.leave(client)

    def note_leaving(self, client: str) -> None:
        """Note that a client closes: it wants nothing, and its calls may end as they like."""
        model = self.client_model
        self.faults += 1
        self.note_left_behind(client)
        model.release(client, [*model.wants[client]])
        model.held[client].clear()
        self.locks.pop(client, None)
        self._gone[client] = None

    def note_left_behind(self, client: str) -> None:
        """Note values that only a client that leaves has: who needs them does without."""
        others = {key for name, keys in self.wants.items() if name != client for key in keys}
        for key in self.data:
            if key not in others:
                self.client_model.lost[key] = None

    def enter(self, client: str) -> None:
        self._moving[client] = None
        self.cluster.enter(client)

    def handle_event(self, worker: str, event: events.Event) -> None:
        """A worker runs short of memory, or has enough again."""
        self._pressed[worker] = None
        self.cluster.press(worker, is_short=isinstance(event, events.Pause))

    def be_calm(self) -> None:
        """Every worker has enough memory, and no client has the lock."""
        for worker in self.resumable:
            self.cluster.press(worker, is_short=False)
        for client in self.locked:
            self.make_call(client, ClientCall.UNLOCK)

    def unpublish_everything(self) -> None:
        """A client takes all data sets back."""
        for key in self.datasets if self.clients else ():
            self.make_call(self.clients[0], ClientCall.UNPUBLISH, keys=(key,))

    def until(self, timer: str) -> None:
        self.cluster.advance_until(timer)

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
        if how in (ThreadOutcome.FAILURE, ThreadOutcome.NOT_STORED):
            self.client_model.failures[key, self.contents[key]] = None
        self.cluster.end(worker, key, how)

    def end_unserialisable(self, worker: str, key: str) -> None:
        self.client_model.failures[key, None] = None
        self.cluster.end_unserialisable(worker, key)

    def join(self, worker: str, name: str = "") -> None:
        self._left_to_join -= 1
        if self.departed.pop(worker, worker) is not None:
            self._joined += 1
        if name:
            self._renamed[worker] = None
        self.cluster.join(worker, name)

    def die(self, worker: str) -> None:
        self.note_fault()
        self.departed[worker] = None
        self.cluster.die(worker)

    def close_worker(self, worker: str, *, gracefully: bool) -> None:
        if gracefully:
            self.note_retirement(worker)
        else:
            self.note_fault()
        self.cluster.close_worker(worker, gracefully=gracefully)
