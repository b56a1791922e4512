"""Our scheduler with our workers under it, as a subject."""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.subjects.cluster_protocol import (
    SCHEDULER,
    Action,
    CallResult,
    ClusterSubject,
    Envelope,
    TaskTransition,
)
from workerfuzz.harness.subjects.protocol import SubjectRaised
from workerfuzz.harness.subjects.reference.tables import scheduler_tables
from workerfuzz.harness.subjects.reference.worker import ReferenceWorker, error_text
from workerfuzz.harness.subjects.tables import Tables
from workerfuzz.statemachine.properties.property import CHECKS, Broken
from workerfuzz.statemachine.properties.resources import is_same_amount
from workerfuzz.statemachine.properties.schedule import due_in_scheduler
from workerfuzz.statemachine.properties.scheduler.records import ContentBefore, SchedulerObservation
from workerfuzz.statemachine.properties.scheduler.totals import OFFERED, OfferedObservation
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.scheduler import messages as letters
from workerfuzz.statemachine.scheduler.config import SchedulerConfig
from workerfuzz.statemachine.scheduler.confirmations import Confirmations
from workerfuzz.statemachine.scheduler.fingerprint import fingerprint, plain_message, ranks
from workerfuzz.statemachine.scheduler.handlers.decisions import (
    gatherers,
    spare_holders,
    takers,
    thieves,
)
from workerfuzz.statemachine.scheduler.machine import handle_message
from workerfuzz.statemachine.scheduler.possible_decisions import ABOUT_WORKERS, PossibleDecisions
from workerfuzz.statemachine.scheduler.scheduler_state import FINDER, SchedulerState
from workerfuzz.statemachine.scheduler.table import TRANSITIONS as SCHEDULER_EDGES
from workerfuzz.statemachine.scheduler.task import SchedulerTransition as SchedulerChange
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.canonical import Canonical, LocalNumbers
from workerfuzz.statemachine.worker.edges import EDGES as WORKER_EDGES
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.task import Priority, Transition
from workerfuzz.statemachine.worker.worker_state import WorkerState
from workerfuzz.strategies.cluster.run_config import ClusterConfig
from workerfuzz.strategies.text import word

#: What one event or message changed: (key, transition), in order.
Changes = Sequence[tuple[str, Transition | SchedulerChange]]

#: What a worker's process tells the scheduler beside what the worker itself does.
STATUS: Final[Mapping[type[Event], letters.Running]] = MappingProxyType(
    {
        events.Pause: letters.Running(running=False),
        events.Unpause: letters.Running(running=True),
    }
)


class ReferenceClusterSystem:
    """The scheduler and the workers of this package."""

    name: Final = "reference"

    def version(self) -> str:
        from workerfuzz import __version__

        return __version__

    def cannot(self) -> Mapping[str, str]:
        return {"begin": "a task runs with the inputs that it was started with"}

    def exempt(self) -> Mapping[str, str]:
        return {}

    def edges(self) -> Mapping[str, Collection[tuple[str, str]]]:
        return {SCHEDULER: [*SCHEDULER_EDGES], "worker": [*WORKER_EDGES]}

    def cluster(self, config: ClusterConfig) -> ClusterSubject:
        return ReferenceCluster(config)


class FingerprintParts:
    """Parts of fingerprints that stay the same until something happens to a party.

    A part has numbers of its own; what they stand for is written beside it, in the numbers of the whole.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, tuple[bytes, LocalNumbers]] = {}

    def part(
        self, find: Callable[[Canonical], tuple[Hashable, ...]], canonical: Canonical
    ) -> tuple[Hashable, ...]:
        """Return the part of one party.

        Args:
            find: returns it, with the names and numbers of another one.
        """
        known = self._known.get(id(canonical.names))
        if known is None:
            own = LocalNumbers(canonical.names)
            text = repr(find(own)).encode()
            known = self._known[id(canonical.names)] = (blake2b(text, digest_size=16).digest(), own)
        digest, own = known
        return (digest, *own.in_numbers_of(canonical))


def fresh_scheduler(config: ClusterConfig) -> SchedulerState:
    """Return a scheduler that knows nothing yet."""
    return SchedulerState(
        SchedulerConfig(saturation=config.saturation, allowed_failures=config.allowed_failures)
    )


class ReferenceProcess:
    """One worker in its process."""

    def __init__(self, config: ClusterConfig) -> None:
        self.worker = ReferenceWorker(WorkerState(config.worker))
        self.confirmations = Confirmations()
        self.broken: list[Broken] = []
        self.executes: dict[str, do.Execute] = {}
        self.parts = FingerprintParts()

    def copy(self) -> "ReferenceProcess":
        other: ReferenceProcess = object.__new__(ReferenceProcess)
        other.worker, other.confirmations = self.worker.copy(), self.confirmations.copy()
        other.broken, other.executes = self.broken.copy(), self.executes.copy()
        other.parts = FingerprintParts()
        return other

    def fingerprint(self, canonical: Canonical) -> tuple[Hashable, ...]:
        """Threads run with what they were started with: nothing is looked up in ``executes``."""
        asked = tuple([plain_message(message, canonical) for message in self.confirmations])
        stored = tuple(sorted(self.confirmations.stored.items()))
        return (*self.worker.fingerprint(canonical), asked, stored)


class ReferenceCluster:
    """A cluster of ours; implements ``ClusterSubject``."""

    begins_later: Final = False

    def __init__(self, config: ClusterConfig) -> None:
        self.config = config
        self.scheduler = fresh_scheduler(config)
        self.processes: dict[str, ReferenceProcess] = {}
        self._shared: set[str] = set()
        self._parts = FingerprintParts()
        self._changes: list[tuple[str, Changes]] = []
        self._touched: dict[str, None] = {}
        self._contents: dict[str, ContentBefore] = {}
        self._thieves, self._takers, self._spare, self._gatherers = (
            PossibleDecisions(thieves), PossibleDecisions(takers), PossibleDecisions(spare_holders),
            PossibleDecisions(gatherers),
        )  # fmt: skip

    # What makes it fit to be explored

    def copy(self) -> "ReferenceCluster":
        """Nothing has happened to it yet. Each party is shared until something happens to it."""
        other: ReferenceCluster = object.__new__(ReferenceCluster)
        other.config, other.scheduler = self.config, self.scheduler
        other.processes = self.processes.copy()
        other._thieves, other._takers = self._thieves, self._takers
        other._spare, other._gatherers = self._spare, self._gatherers
        other._changes, other._touched, other._contents = [], {}, {}
        self._shared = {SCHEDULER, *self.processes}
        other._shared, other._parts = self._shared.copy(), self._parts
        return other

    def _own_scheduler(self) -> SchedulerState:
        """Return the scheduler, which is about to change; from now on no copy shares it."""
        if SCHEDULER in self._shared:
            self._shared.remove(SCHEDULER)
            self.scheduler = self.scheduler.copy()
            self._thieves, self._takers, self._spare, self._gatherers = (
                self._thieves.copy(), self._takers.copy(), self._spare.copy(),
                self._gatherers.copy(),
            )  # fmt: skip
        self._parts = FingerprintParts()
        return self.scheduler

    def _own_process(self, worker: str) -> ReferenceProcess:
        """The same of a worker."""
        if worker in self._shared:
            self._shared.remove(worker)
            self.processes[worker] = self.processes[worker].copy()
        process = self.processes[worker]
        process.parts = FingerprintParts()
        return process

    def fingerprint(
        self, canonical: Canonical, envelopes: Sequence[Envelope]
    ) -> tuple[Hashable, ...]:
        canonical.ranks = ranks(self._priorities(envelopes))
        processes = [self.processes[name] for name in canonical.sorted(self.processes)]
        return (
            self._parts.part(partial(fingerprint, self.scheduler), canonical),
            *[process.parts.part(process.fingerprint, canonical) for process in processes],
            *[
                (
                    canonical.name(envelope.sender),
                    canonical.name(envelope.receiver),
                    *[plain_message(one, canonical) for one in envelope.messages],
                )
                for envelope in envelopes
            ],
        )

    def _priorities(self, envelopes: Iterable[Envelope]) -> Iterator[Priority]:
        """Every priority that somebody knows, or is about to."""
        yield from (task.priority for task in self.scheduler.tasks.values())
        for process in self.processes.values():
            for task in process.worker.worker.tasks.values():
                yield from (task.queued_at,) if task.queued_at else ()
                yield from (task.request.priority,) if task.request else ()
        for envelope in envelopes:
            for message in envelope.messages:
                if isinstance(message, events.ComputeTask):
                    yield message.request.priority

    # Who is there

    def add_worker(self, worker: str) -> CallResult:
        self.processes[worker] = ReferenceProcess(self.config)
        return self._schedule(worker, [letters.Join(config=self.config.worker)])

    def remove_worker(self, worker: str, *, expected: bool = False) -> CallResult:
        del self.processes[worker]
        return self._schedule(worker, [letters.Lose(expected=expected)])

    def rebuild(self, workers: Collection[str]) -> CallResult:
        self._own_scheduler()
        self.scheduler = fresh_scheduler(self.config)
        self.processes = {name: self.processes[name] for name in sorted(workers)}
        for name in self.processes:
            # they were asked for on another connection
            self._own_process(name).confirmations = Confirmations()
        records = {name: process.worker.worker for name, process in self.processes.items()}
        return self._schedule(SCHEDULER, [letters.Rebuild(workers=records)])

    def release_found(self) -> CallResult:
        return self.handle_request(
            FINDER, client_requests.Release(keys=tuple(self.scheduler.tasks))
        )

    # What happens to the scheduler

    def handle_request(self, client: str, request: client_requests.ClientRequest) -> CallResult:
        return self._schedule(client, [request])

    def remove_client(self, client: str) -> CallResult:
        return self._schedule(client, [letters.Disconnected()])

    def add_client(self, client: str) -> CallResult:
        return self._schedule(client, [letters.Connect()])

    def deliver(self, envelope: Envelope) -> CallResult:
        if envelope.receiver == SCHEDULER:
            return self._schedule(envelope.sender, envelope.messages)
        return self._work(envelope.receiver, envelope.messages)

    def notices(self, envelope: Envelope) -> Sequence[client_requests.ClientNotice]:
        return [
            message
            for message in envelope.messages
            if isinstance(message, client_requests.ClientNotice)
        ]

    def message_texts(self, envelope: Envelope) -> Sequence[str]:
        return [" ".join((word_of(message), *about(message))) for message in envelope.messages]

    def worker_events(self, envelope: Envelope) -> Sequence[Event]:
        return [message for message in envelope.messages if isinstance(message, Event)]

    def reports(self, envelope: Envelope) -> Sequence[do.Message]:
        return [message for message in envelope.messages if isinstance(message, do.Message)]

    def stealable(self) -> Collection[tuple[str, str]]:
        return self._thieves

    def steal(self, key: str, thief: str) -> CallResult:
        return self._schedule(SCHEDULER, [letters.Steal(key=key, thief=thief)])

    def replicable(self) -> Collection[tuple[str, str]]:
        return self._takers

    def replicate(self, key: str, worker: str) -> CallResult:
        return self._schedule(SCHEDULER, [letters.Replicate(key=key, worker=worker)])

    def droppable(self) -> Collection[tuple[str, str]]:
        return self._spare

    def drop(self, key: str, worker: str) -> CallResult:
        return self._schedule(SCHEDULER, [letters.Drop(key=key, worker=worker)])

    def gatherable(self) -> Collection[tuple[str, str]]:
        return self._gatherers

    def gather_on_worker(self, key: str, worker: str) -> CallResult:
        return self._schedule(SCHEDULER, [letters.GatherOnWorker(key=key, worker=worker)])

    def gathered(self, key: str, worker: str) -> CallResult:
        return self._schedule(SCHEDULER, [letters.Gathered(key=key, worker=worker)])

    def recompute(self, keys: Sequence[str]) -> CallResult:
        return self._schedule(SCHEDULER, [letters.Recompute(keys=tuple(keys))])

    def retire(self, worker: str) -> CallResult:
        return self._schedule(SCHEDULER, [letters.Retire(worker=worker)])

    def unretire(self, worker: str) -> CallResult:
        return self._schedule(SCHEDULER, [letters.Unretire(worker=worker)])

    def manage_memory(self) -> CallResult:
        return self._schedule(SCHEDULER, [letters.ManageMemory()])

    def _schedule(self, sender: str, messages: Iterable[object]) -> CallResult:
        """Messages arrive at the scheduler, one after the other."""
        scheduler = self._own_scheduler()
        self._changes, self._touched = [], {}
        words: dict[str, list[object]] = {}
        touched: Collection[str] | None = self._touched
        try:
            for message in messages:
                for receiver, answer in handle_message(scheduler, sender, message):
                    words.setdefault(receiver, []).append(answer)
                self._changes.append((SCHEDULER, scheduler.changes))
                self._touched.update(scheduler.touched)
                if type(message) in ABOUT_WORKERS:
                    touched = None
            for choices in (self._thieves, self._takers, self._spare, self._gatherers):
                choices.renew(scheduler, touched)
        except Exception as error:
            raise SubjectRaised(error_text(error)) from error
        return CallResult(
            [Envelope(SCHEDULER, receiver, tuple(them)) for receiver, them in words.items()]
        )

    # What happens to a worker

    def handle_event(self, worker: str, event: Event) -> CallResult:
        if isinstance(event, events.UpdateData):
            self._own_process(worker).confirmations.note_stored(event.values)
        return self._work(worker, [event])

    def copied(self, worker: str, values: Mapping[str, object]) -> CallResult:
        return self._work(worker, [events.UpdateData(values=values)])

    def begin(self, worker: str, key: str) -> tuple[do.Execute | None, CallResult]:
        return self.processes[worker].executes.get(key), CallResult()

    def fail_to_store(self, worker: str, key: str, run_id: int) -> CallResult:
        event = events.ExecuteFailure(key=key, run_id=run_id, exception="could not be stored")
        return self._work(worker, [event])

    def overflow(self, worker: str, peer: str, values: Mapping[str, object]) -> CallResult:
        """A value that cannot be stored counts as one that cannot be deserialised (R38)."""
        return self._work(worker, [events.GatherDepFailure(worker=peer)])

    def get_data(self, worker: str, keys: Sequence[str]) -> Mapping[str, object]:
        data = self.processes[worker].worker.data()
        return {key: data[key] for key in keys if key in data}

    def _work(self, name: str, messages: Iterable[object]) -> CallResult:
        """Messages arrive at a worker, or something else happens there, one after the other."""
        self._changes = []
        process = self._own_process(name)
        try:
            return self._handle_all(name, process, messages)
        except SubjectRaised:
            raise
        except Exception as error:
            raise SubjectRaised(error_text(error)) from error

    def _handle_all(
        self, name: str, process: "ReferenceProcess", messages: Iterable[object]
    ) -> CallResult:
        outcome = CallResult()
        words: list[object] = []
        for message in messages:
            if isinstance(message, letters.Confirm):
                process.confirmations.ask(message)
            else:
                assert isinstance(message, Event)
                heeded = process.confirmations.heeded(message)
                for instruction in self._handle(name, heeded) if heeded is not None else ():
                    if isinstance(instruction, do.Message):
                        words.append(instruction)
                    else:
                        assert isinstance(instruction, Action)
                        outcome.actions.append((name, instruction))
                if type(message) in STATUS:
                    words.append(STATUS[type(message)])
            words += process.confirmations.due(process.worker.worker)
        if words:
            outcome.envelopes.append(Envelope(name, SCHEDULER, tuple(words)))
        return outcome

    def _handle(self, name: str, event: Event) -> Iterable[do.Instruction]:
        """One event happens; what it broke is kept until ``check`` asks."""
        process = self.processes[name]
        worker = process.worker
        issued = worker.handle(event)
        process.broken += worker.check(worker.touched())
        self._changes.append((name, worker.changes()))
        for instruction in issued:
            if isinstance(instruction, do.Execute):
                process.executes[instruction.key] = instruction
        return issued

    # What can be seen

    def transitions(self) -> Iterator[TaskTransition]:
        return (
            TaskTransition(participant, key, str(change.start), str(change.finish))
            for participant, changes in self._changes
            for key, change in changes
        )

    def check(self, participant: str, *, thoroughly: bool) -> Iterator[Broken]:
        if participant == SCHEDULER:
            yield from self._check_scheduler(thoroughly)
        elif participant in self.processes:
            process = self._own_process(participant) if thoroughly else self.processes[participant]
            yield from process.broken
            process.broken = []
            if thoroughly:  # which notes what it has looked at
                yield from process.worker.check(None)

    def _check_scheduler(self, thoroughly: bool) -> Iterator[Broken]:
        scheduler = self.scheduler
        keys = scheduler.tasks if thoroughly else self._touched
        tasks = [scheduler.tasks[key] for key in keys if key in scheduler.tasks]
        observation = SchedulerObservation(scheduler, tasks, self._contents)
        yield from CHECKS.broken(due_in_scheduler(observation, thoroughly=thoroughly))
        self._contents.update((task.key, ContentBefore.of(task)) for task in tasks)
        if thoroughly:
            offered = OfferedObservation(scheduler, self._thieves, self._takers, self._spare)
            yield from CHECKS.broken([(OFFERED, offered)])

    def worker(self, worker: str) -> WorkerView:
        return self.processes[worker].worker

    def keys(self) -> Collection[str]:
        return self.scheduler.tasks

    def state(self, key: str) -> str | None:
        task = self.scheduler.tasks.get(key)
        return str(task.state) if task is not None else None

    def holders(self, key: str) -> Collection[str]:
        task = self.scheduler.tasks.get(key)
        return task.who_has if task is not None else ()

    def processing(self, worker: str) -> Collection[str]:
        return self.scheduler.workers[worker].processing

    def seceded(self) -> Mapping[str, Collection[str]]:
        return {
            name: worker.seceded
            for name, worker in self.scheduler.workers.items()
            if worker.seceded
        }

    def tables(self, participant: str) -> Tables:
        if participant == SCHEDULER:
            return scheduler_tables(self.scheduler)
        return self.processes[participant].worker.tables()

    def queued(self) -> Collection[str]:
        return [key for _, key in self.scheduler.queued] if self.scheduler.queued else ()

    def without_worker(self) -> Collection[str]:
        return self.scheduler.no_worker

    def residue(self) -> Iterator[str]:
        yield from self.scheduler.residue()
        for name, process in self.processes.items():
            worker = process.worker
            here = worker.keys()
            yield from (f"{key} is {worker.state(key)} on {name}" for key in here)
            if len(process.confirmations):
                yield f"{name} has something to confirm"
            left = worker.available_resources()
            for resource, total in worker.config.resources.items():
                if not is_same_amount(left[resource], total, total):
                    yield f"{name} has resources taken"
                    break

    def close(self) -> None:
        self.processes.clear()


#: What a message is about, where that is not its key or keys.
ABOUT: Final[Mapping[type, Callable[[Any], Iterable[str]]]] = MappingProxyType(
    {
        events.AcquireReplicas: lambda message: message.who_has,
        events.RefreshWhoHas: lambda message: message.who_has,
        events.RemoveWorker: lambda message: (message.worker,),
        letters.Confirm: lambda message: message.forgotten or message.stored,
        letters.Confirmed: lambda message: (),
        letters.Running: lambda message: ("yes" if message.running else "no",),
        events.Pause: lambda message: (),
        events.Unpause: lambda message: (),
        client_requests.Submit: lambda message: (spec.key for spec in message.specs),
        client_requests.Scattered: lambda message: message.who_has,
        client_requests.ClientNotice: lambda message: (message.key, str(message.status)),
    }
)


def word_of(message: object) -> str:
    """Return the word by which cases call a message."""
    kind = type(message)
    return "told" if kind is client_requests.ClientNotice else word(kind)


def about(message: Any) -> Iterable[str]:
    """Return the keys or participants that a message is about."""
    if type(message) in ABOUT:
        return ABOUT[type(message)](message)
    return message.keys if hasattr(message, "keys") else (message.key,)
