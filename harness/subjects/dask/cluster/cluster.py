"""The subject ``dask`` as a whole cluster: the real scheduler and real worker state machines.

All in one thread, without a network and without an event loop: the scheduler is made and never
started, its handlers are called as messages arrive, and what it sends is collected.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, assert_never

from workerfuzz.harness.subjects.cluster_protocol import (
    SCHEDULER,
    CallResult,
    ClusterSubject,
    Envelope,
    ProjectableClusterSystem,
    TaskTransition,
)
from workerfuzz.harness.subjects.dask.cluster import graphs, messages
from workerfuzz.harness.subjects.dask.cluster.copying import Snapshot
from workerfuzz.harness.subjects.dask.cluster.embedding import (
    Counts,
    Outbox,
    Stream,
    Streams,
    copied,
    run_synchronously,
    scheduler_patches,
    worker_patches,
)
from workerfuzz.harness.subjects.dask.cluster.fingerprint import PartsByNames, ranks
from workerfuzz.harness.subjects.dask.cluster.possible_decisions import (
    Decision,
    droppable,
    replicable,
    stealable,
)
from workerfuzz.harness.subjects.dask.cluster.releases import (
    ClusterRelease,
    Registration,
    installed_cluster,
    missing,
    registration_arguments,
)
from workerfuzz.harness.subjects.dask.cluster.residue import residue
from workerfuzz.harness.subjects.dask.cluster.worker import ClusterWorker
from workerfuzz.harness.subjects.dask.dump import PlainDump, state_dump
from workerfuzz.harness.subjects.dask.failures import (
    LoggedError,
    blame,
    copies_are_kept_for_a_reason,
    nothing_is_logged_as_error,
    resources_are_taken,
    scheduler_validate_state,
    validate_state,
)
from workerfuzz.harness.subjects.dask.instrumentation import (
    DaskObject,
    Name,
    address,
    named,
    peer_at,
    stable_hash,
)
from workerfuzz.harness.subjects.dask.tables import scheduler_tables
from workerfuzz.harness.subjects.dask.worker.worker import DaskSubject
from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.harness.subjects.tables import Tables
from workerfuzz.statemachine.properties.assignments import earlier_graphs_are_more_urgent
from workerfuzz.statemachine.properties.property import CHECKS, Broken, O, Property
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.worker.canonical import Canonical
from workerfuzz.statemachine.worker.events import Event, UpdateData
from workerfuzz.statemachine.worker.instructions import Execute, Message
from workerfuzz.strategies.cluster.run_config import ClusterConfig

#: Kinds of step that some release has no way to do: so far every supported one can do everything.
_CANNOT: Final[Mapping[str, str]] = MappingProxyType({})

#: Size of a value whose size nobody knows, in bytes.
_NBYTES: Final = 1

#: States of a task on the scheduler that it can be released from, to be computed anew.
RECOMPUTABLE: Final = frozenset({"waiting", "no-worker", "queued", "processing", "memory"})


class DaskClusterSystem(ProjectableClusterSystem):
    """System of the clusters of the installed release."""

    name: str = "dask"

    def version(self) -> str:
        return installed_cluster().worker.version

    def cannot(self) -> Mapping[str, str]:
        return _CANNOT

    def exempt(self) -> Mapping[str, str]:
        return {
            earlier_graphs_are_more_urgent.name: "graphs within fifo_timeout are of one generation"
        }

    def edges(self) -> Mapping[str, Collection[tuple[str, str]]]:
        release = installed_cluster()
        return {
            "scheduler": transition_table(release.scheduler.SchedulerState),
            "worker": transition_table(release.worker.machine),
        }

    def cluster(self, config: ClusterConfig) -> "DaskCluster":
        return DaskCluster(installed_cluster(), config)

    def lone_worker(self) -> DaskSubject:
        return DaskSubject()


def transition_table(machine: DaskObject) -> Collection[tuple[str, str]]:
    """Return the transitions that a class of Dask has a method for; none where it has no table."""
    for name in ("_TRANSITIONS_TABLE", "_transitions_table"):
        if hasattr(machine, name):
            return [(str(start), str(finish)) for start, finish in getattr(machine, name)]
    return []


class DaskCluster(ClusterSubject):
    """A scheduler and its workers. All calls are synchronous."""

    begins_later: bool = True

    #: Messages under way are shared with a copy: each handles copies of them.
    _shares_messages: bool = False

    def __init__(self, release: ClusterRelease, config: ClusterConfig) -> None:
        self.release = release
        self.config = config
        self._workers: dict[str, ClusterWorker] = {}
        self._begin_calls(Counts())
        self.scheduler = self._scheduler_patches.call(release.make, config)
        self.stealing = self.scheduler.extensions["stealing"]
        for reason in missing(self.scheduler, self.stealing):
            raise SubjectUnavailable(f'subject "dask" does not know this distributed: {reason}')
        outbox = self._outbox = Outbox()
        self.scheduler.listen_to(Streams(outbox), Streams(outbox))

    def _begin_calls(self, counts: Counts) -> None:
        """Nothing was called yet."""
        release = self.release
        self._errors: list[LoggedError] = []
        self._counts = counts
        self._scheduler_patches = scheduler_patches(
            release.scheduler, release.stealing, release.task, counts, self._errors
        )
        self._worker_patches = worker_patches(release.worker.module, self._errors)
        self._decisions: dict[str, Sequence[Decision]] = {}
        self._retiring: dict[str, None] = {}
        self._removed_clients: dict[str, None] = {}
        self._participant = SCHEDULER
        self._snapshots: dict[str, Snapshot] = {}
        self._parts: dict[str, PartsByNames] = {}

    # What makes it fit to be explored

    def copy(self) -> "DaskCluster":
        """Nothing has happened to it yet. A participant is shared until something happens to it.

        Messages that are under way are shared as well.
        """
        other: DaskCluster = object.__new__(DaskCluster)
        other.release, other.config = self.release, self.config
        other.scheduler, other.stealing = self.scheduler, self.stealing
        other._workers, other._outbox = self._workers.copy(), self._outbox
        other._begin_calls(self._counts.copy())
        other._parts, other._retiring = self._parts.copy(), self._retiring.copy()
        other._removed_clients = self._removed_clients.copy()
        for name in (SCHEDULER, *self._workers):
            if name not in self._snapshots:
                self._snapshots[name] = Snapshot(self._state_of(name))
        other._snapshots = self._snapshots.copy()
        self._shares_messages = other._shares_messages = True
        return other

    def _state_of(self, participant: str) -> DaskObject:
        """Return everything that belongs to one participant."""
        if participant == SCHEDULER:
            return self.scheduler, self._outbox
        return self._workers[participant]

    def _own(self, participant: str) -> None:
        """Something is about to happen to a participant; from now on no copy shares it."""
        self._parts.pop(participant, None)
        snapshot = self._snapshots.pop(participant, None)
        if snapshot is None:
            return
        if participant == SCHEDULER:
            self.scheduler, self._outbox = snapshot.copy()
            self.stealing = self.scheduler.extensions["stealing"]
        else:
            self._workers[participant] = snapshot.copy()

    def fingerprint(
        self, canonical: Canonical, envelopes: Sequence[Envelope]
    ) -> tuple[Hashable, ...]:
        participants = {SCHEDULER: (self.scheduler, self.stealing), **self._workers}
        under_way = [
            (envelope.sender, envelope.receiver, list(envelope.messages)) for envelope in envelopes
        ]
        parts = [
            self._parts.setdefault(name, PartsByNames()).part(participants[name], canonical.names)
            for name in canonical.sorted(participants)
        ]
        parts.append(PartsByNames().part(under_way, canonical.names))
        canonical.ranks = ranks(part.numbers for part in parts)
        return tuple((part.digest, *part.numbers.in_numbers_of(canonical)) for part in parts)

    # Who is there

    def add_worker(self, worker: str) -> CallResult:
        self._own(SCHEDULER)
        config = self.config.worker
        made = ClusterWorker(self.release.worker, worker, config, validate=self.config.validate)
        registration = Registration(made.address, worker, config)
        arguments = registration_arguments(self.release.joins, registration)
        self._workers[worker] = made
        return self._scheduler(self.scheduler.add_worker, **arguments)

    def remove_worker(self, worker: str, *, expected: bool = False) -> CallResult:
        self._own(SCHEDULER)
        self._own(worker)
        del self._workers[worker]
        self._retiring.pop(worker, None)
        wanted = {"expected": True} if expected and self.release.expects_removal else {}
        result = self._scheduler(
            self.scheduler.remove_worker,
            address=address(worker),
            stimulus_id=f"lose-{worker}",
            **wanted,
        )
        result.envelopes = [
            envelope for envelope in result.envelopes if envelope.receiver != worker
        ]
        return result

    # What happens to the scheduler

    def handle_request(self, client: str, request: client_requests.ClientRequest) -> CallResult:
        self._own(SCHEDULER)
        return self._scheduler(self._request, client, request)

    def _request(self, client: str, request: client_requests.ClientRequest) -> DaskObject:
        """Call the method of the scheduler that a message or request of a client leads to."""
        scheduler, release = self.scheduler, self.release
        if client not in scheduler.clients and client not in self._removed_clients:
            self._add_client(client)
        match request:
            case client_requests.Submit():
                arguments = graphs.arguments(
                    release.submits, release.graph_takes, client, request, release.content
                )
                return scheduler.update_graph(**arguments)
            case client_requests.Release():
                return scheduler.client_releases_keys(keys=_names(request.keys), client=client)
            case client_requests.Cancel():
                details = {"reason": None, "msg": None}
                known = {name: value for name, value in details.items() if name in release.cancels}
                return scheduler.stimulus_cancel(
                    keys=_names(request.keys), client=client, force=request.force, **known
                )
            case client_requests.Retry():
                return scheduler.stimulus_retry(keys=_names(request.keys), client=client)
            case client_requests.Scattered():
                who_has = request.who_has
                return scheduler.update_data(
                    who_has={named(key): list(map(address, them)) for key, them in who_has.items()},
                    nbytes={named(key): self._nbytes(key, who_has[key][0]) for key in who_has},
                    client=client,
                )
            case _:
                assert_never(request)

    def _add_client(self, client: str) -> None:
        """Source: distributed 2026.8.0, scheduler.py, Scheduler.add_client, before it listens."""
        state = self.release.scheduler.ClientState(client, versions={})
        state._hash = stable_hash(client)
        self.scheduler.clients[client] = state
        self.scheduler.client_comms[client] = Stream()

    def remove_client(self, client: str) -> CallResult:
        self._own(SCHEDULER)
        self._removed_clients[client] = None
        return self._scheduler(self._remove_client, client)

    def _remove_client(self, client: str) -> None:
        """Source: distributed 2026.8.0, scheduler.py, Scheduler.add_client, once it has listened."""
        self.scheduler.remove_client(client=client)
        self.scheduler.client_comms.pop(client, None)

    def add_client(self, client: str) -> CallResult:
        self._own(SCHEDULER)
        del self._removed_clients[client]
        return self._scheduler(self._add_client, client)

    def _nbytes(self, key: str, worker: str) -> int:
        holder = self._workers.get(worker)
        return _NBYTES if holder is None else holder.nbytes(key)

    def deliver(self, envelope: Envelope) -> CallResult:
        self._own(envelope.receiver)
        if self._shares_messages:
            envelope = Envelope(
                envelope.sender, envelope.receiver, tuple(map(copied, envelope.messages))
            )
        if envelope.receiver == SCHEDULER:
            return self._scheduler(self._to_scheduler, envelope)
        worker = self._workers[envelope.receiver]
        return self._worker(worker, worker.handle_messages, envelope)

    def _to_scheduler(self, envelope: Envelope) -> None:
        where = address(envelope.sender)
        handlers = self.scheduler.stream_handlers
        for message in envelope.messages:
            assert isinstance(message, dict)
            fields = message.copy()
            run_synchronously(handlers[fields.pop("op")], worker=where, **fields)

    def notices(self, envelope: Envelope) -> Sequence[client_requests.ClientNotice]:
        return [*messages.client_notices(envelope)]

    def message_texts(self, envelope: Envelope) -> Sequence[str]:
        return [*map(messages.summary, messages.messages_in(envelope))]

    def worker_events(self, envelope: Envelope) -> Sequence[Event]:
        return messages.worker_events(envelope)

    def reports(self, envelope: Envelope) -> Sequence[Message]:
        return [*messages.reports(envelope)]

    def stealable(self) -> Sequence[Decision]:
        return self._possible("steal", stealable, self.scheduler, self.stealing)

    def steal(self, key: str, thief: str) -> CallResult:
        self._own(SCHEDULER)
        task = self.scheduler.tasks[Name(key)]
        to = self.scheduler.workers[address(thief)]
        return self._scheduler(self.stealing.move_task_request, task, task.processing_on, to)

    def replicable(self) -> Sequence[Decision]:
        return self._possible("replicate", replicable, self.scheduler)

    def replicate(self, key: str, worker: str) -> CallResult:
        self._own(SCHEDULER)
        call = self.scheduler.request_acquire_replicas
        return self._scheduler(call, address(worker), [Name(key)], stimulus_id="replicate")

    def droppable(self) -> Sequence[Decision]:
        return self._possible("drop", droppable, self.scheduler)

    def drop(self, key: str, worker: str) -> CallResult:
        self._own(SCHEDULER)
        call = self.scheduler.request_remove_replicas
        return self._scheduler(call, address(worker), [Name(key)], stimulus_id="drop")

    def gatherable(self) -> Sequence[Decision]:
        return self.replicable()

    def gather_on_worker(self, key: str, worker: str) -> CallResult:
        self._own(SCHEDULER)
        return self._scheduler(lambda: None)  # it asks, and waits for the answer

    def gathered(self, key: str, worker: str) -> CallResult:
        self._own(SCHEDULER)
        call = self.scheduler.gather_on_worker
        return self._scheduler(call, address(worker), {Name(key): []})

    def recompute(self, keys: Sequence[str]) -> CallResult:
        self._own(SCHEDULER)
        return self._scheduler(self._recompute, keys)

    def _recompute(self, keys: Sequence[str]) -> None:
        """Source: distributed 2026.8.0, shuffle/_scheduler_plugin.py, _restart_shuffle."""
        scheduler = self.scheduler
        tasks = (scheduler.tasks.get(Name(key)) for key in keys)
        released = {
            task.key: "released"
            for task in tasks
            if task and task.run_spec is not None and not task.actor and task.state in RECOMPUTABLE
        }
        scheduler.transitions(released, stimulus_id="recompute")
        if hasattr(scheduler, "stimulus_queue_slots_maybe_opened"):  # since 2022.9.1
            scheduler.stimulus_queue_slots_maybe_opened(stimulus_id="recompute")

    def retire(self, worker: str) -> CallResult:
        self._own(SCHEDULER)
        self._retiring[worker] = None
        return self._scheduler(self._retire, address(worker))

    def _retire(self, where: Name) -> None:
        """Source: distributed 2026.8.0, scheduler.py, Scheduler.retire_workers."""
        scheduler, status = self.scheduler, self.release.scheduler.Status.closing_gracefully
        worker = scheduler.workers[where]
        scheduler.handle_worker_status_change(status, worker, "retire")
        self._tell_status(where, worker.status.name)

    def unretire(self, worker: str) -> CallResult:
        self._own(SCHEDULER)
        self._retiring.pop(worker, None)
        return self._scheduler(self._tell_status, address(worker), "running")

    def _tell_status(self, where: Name, status: str) -> None:
        message = {"op": "worker-status-change", "status": status, "stimulus_id": "retire"}
        self.scheduler.stream_comms[where].send(message)

    def manage_memory(self) -> CallResult:
        self._own(SCHEDULER)
        retiring = map(address, self._retiring)
        return self._scheduler(self.release.run_memory_manager, self.scheduler, retiring)

    def _possible(
        self, kind: str, find: Callable[..., Iterator[Decision]], *about: DaskObject
    ) -> Sequence[Decision]:
        """Return the decisions of one kind, sorted; found once for each call of the scheduler."""
        found = self._decisions.get(kind)
        if found is None:
            found = self._decisions[kind] = sorted(find(*about))
        return found

    # What happens to a worker

    def handle_event(self, worker: str, event: Event) -> CallResult:
        self._own(worker)
        record = self._workers[worker]
        return self._worker(record, record.handle_event, event)

    def copied(self, worker: str, values: Mapping[str, object]) -> CallResult:
        return self.handle_event(worker, UpdateData(values=values))

    def begin(self, worker: str, key: str) -> tuple[Execute | None, CallResult]:
        self._own(worker)
        record = self._workers[worker]
        found: list[Execute | None] = []

        def begin() -> None:
            execute, why_not = record.begin(key)
            found.append(execute)
            if why_not:
                self._errors.append(LoggedError(f"a thread could not begin: {why_not}", None))

        result = self._worker(record, begin)
        return found[0], result

    def fail_to_store(self, worker: str, key: str, run_id: int) -> CallResult:
        self._own(worker)
        record = self._workers[worker]
        return self._worker(record, record.fail_to_store, key, run_id)

    def overflow(self, worker: str, peer: str, values: Mapping[str, object]) -> CallResult:
        self._own(worker)
        record = self._workers[worker]
        return self._worker(record, record.overflow, peer, values)

    def get_data(self, worker: str, keys: Sequence[str]) -> Mapping[str, object]:
        return self._workers[worker].get_data(keys)

    # What can be seen

    def transitions(self) -> Iterable[TaskTransition]:
        if self._participant == SCHEDULER:
            return _scheduler_transitions([*self.scheduler.transition_log])
        recorded, worker = self._workers[self._participant].machine.transitions, self._participant
        return (
            TaskTransition(worker, str(transition.key), transition.start, transition.finish)
            for transition in recorded
        )

    def check(self, participant: str, *, thoroughly: bool) -> Iterable[Broken]:
        found: list[Broken] = []
        if thoroughly:  # heaps drop stale entries when somebody looks at them
            self._own(participant)
        worker = self._workers.get(participant)
        if thoroughly and self.config.validate:
            if participant == SCHEDULER:
                found += self._scheduler_patches.call(
                    _broken, scheduler_validate_state, self.scheduler
                )
            elif worker is not None:
                found += self._worker_patches.call(_broken, validate_state, worker.machine)
        if worker is not None and worker.counts_resources:
            found += _broken(resources_are_taken, worker.machine)
        if worker is not None and worker.refused:
            found += _broken(copies_are_kept_for_a_reason, worker.refused)
            worker.refused = []
        if self._errors:
            found += _broken(nothing_is_logged_as_error, self._errors)
            self._errors.clear()
        return found

    def worker(self, worker: str) -> ClusterWorker:
        return self._workers[worker]

    def keys(self) -> Collection[str]:
        return sorted(map(str, self.scheduler.tasks))

    def state(self, key: str) -> str | None:
        task = self.scheduler.tasks.get(named(key))
        return None if task is None else str(task.state)

    def holders(self, key: str) -> Collection[str]:
        task = self.scheduler.tasks.get(named(key))
        return sorted(peer_at(worker.address) for worker in task.who_has or ()) if task else []

    def processing(self, worker: str) -> Collection[str]:
        return [str(task.key) for task in self.scheduler.workers[address(worker)].processing]

    def seceded(self) -> Mapping[str, Collection[str]]:
        workers = dict.items(self.scheduler.workers)  # which go unsorted, at less cost
        return {
            peer_at(where): {str(task.key) for task in record.long_running}
            for where, record in workers
            if record.long_running
        }

    def tables(self, participant: str) -> Tables:
        if participant == SCHEDULER:
            return scheduler_tables(self.scheduler, self.stealing)
        return self._workers[participant].tables()

    def queued(self) -> Collection[str]:
        waiting = getattr(self.scheduler, "queued", ())  # since 2022.9.1
        return [str(task.key) for task in waiting] if waiting else ()

    def without_worker(self) -> Collection[str]:
        stranded = self.scheduler.unrunnable
        return [str(task.key) for task in stranded] if stranded else ()

    def residue(self) -> Iterator[str]:
        return residue(self.scheduler, self.stealing, self._workers)

    def state_dump(self) -> PlainDump:
        """Return what ``Client.dump_cluster_state`` would write of it."""
        machines = [worker.machine for worker in self._workers.values()]
        return self._scheduler_patches.call(state_dump, self.scheduler, machines)

    def close(self) -> None:
        self._workers.clear()
        if SCHEDULER not in self._snapshots:  # else some copy may go on with it
            self.scheduler.forget_everything()

    # How Dask is called

    def _scheduler(self, call: Callable[..., object], *args: object, **named: object) -> CallResult:
        """Let something happen to the scheduler."""
        scheduler = self.scheduler
        self._participant = SCHEDULER
        self._decisions.clear()
        self._errors.clear()
        scheduler.transition_counter = 0  # the limit is for one call, not for the whole run
        scheduler.transition_log.clear()
        try:
            self._scheduler_patches.call(run_synchronously, call, *args, **named)
        except Exception as error:  # noqa: BLE001  # whatever it is, one of us two is at fault
            self._errors.clear()  # they tell the same
            blame(error)
        return CallResult(self._outbox.collected())

    def _worker(
        self, worker: ClusterWorker, call: Callable[..., None], *args: object
    ) -> CallResult:
        """Let something happen to a worker."""
        self._participant = worker.name
        self._errors.clear()
        worker.machine.transitions = []  # the former ones may still be read
        try:
            self._worker_patches.call(call, *args)
        except Exception as error:  # noqa: BLE001  # whatever it is, one of us two is at fault
            self._errors.clear()  # they tell the same
            blame(error)
        if worker.messages:
            self._outbox.send(worker.name, SCHEDULER, worker.messages)
            worker.messages.clear()
        actions, worker.actions = worker.actions, []
        return CallResult(self._outbox.collected(), actions)


def _names(keys: Iterable[str]) -> list[Name]:
    return list(map(named, keys))


def _broken(item: Property[O], observation: O) -> list[Broken]:
    return [*CHECKS.broken((((item,), observation),))]


def _scheduler_transitions(log: Iterable[DaskObject]) -> Iterator[TaskTransition]:
    """Yield the entries of the scheduler's own log of transitions."""
    for key, start, finish, *_ in log:
        if start != finish:
            yield TaskTransition(SCHEDULER, str(key), str(start), str(finish))
