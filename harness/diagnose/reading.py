"""Makes the model of a cluster from the pieces of a dump.

Source: distributed 2026.8.0, scheduler.py, Scheduler._to_dict; worker_state_machine.py,
WorkerState._to_dict; of 2023.1 on, with the same fields.
"""

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from workerfuzz.harness.diagnose.model import (
    ClusterDump,
    DumpedTask,
    DumpedWorker,
    LogEntry,
    Stimulus,
)
from workerfuzz.harness.diagnose.names import (
    Labels,
    Spellings,
    key_text,
    participant_text,
    printable,
    task_text,
)
from workerfuzz.harness.diagnose.nodes import MOST_NBYTES, DumpError, Node, read_file
from workerfuzz.statemachine.scheduler.client_requests import NO_OPTIONS, Options
from workerfuzz.statemachine.scheduler.participants import ClientRecord, WorkerRecord
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import (
    SchedulerFailure,
    SchedulerTask,
    SchedulerTransition,
)
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import TaskSpec

#: Shared by all records of a dump, which nobody changes.
NOTHING: Final[dict[str, None]] = {}
NO_NUMBERS: Final[dict[str, int]] = {}
NO_HISTORY: Final[list[SchedulerTransition]] = []

#: Entries of a worker's log that are about several keys.
ABOUT_KEYS: Final = frozenset(
    {
        "free-keys", "gather-dependencies", "request-dep", "receive-dep", "gather-dep-failed",
        "receive-dep-failed", "busy-gather", "missing-who-has", "batch-send", "request-refresh-who-has",
    }
)  # fmt: skip

#: Fields of events that would only take memory.
BULKY: Final = frozenset(
    {"exception", "traceback", "traceback_text", "run_spec", "value", "annotations"}
)

#: Setting that says how many entries a log keeps, in the configuration of a worker.
LOG_LENGTH: Final = ("distributed", "admin", "low-level-log-length")


class TaskOnScheduler(msgspec.Struct):
    """The fields of a task that are read, as the scheduler dumps it."""

    key: object
    state: str
    actor: bool | None = False
    dependencies: list[str] | None = None
    dependents: list[str] | None = None
    exception_blame: str | None = None
    exception_text: str | None = None
    host_restrictions: list[str] | None = None
    loose_restrictions: bool | None = False
    priority: list[float] | None = None
    processing_on: str | None = None
    resource_restrictions: dict[str, float] | None = None
    run_id: int | None = None
    suspicious: int | None = 0
    waiters: list[str] | None = None
    waiting_on: list[str] | None = None
    who_has: list[str] | None = None
    who_wants: list[str] | None = None
    worker_restrictions: list[str] | None = None


class TaskOnWorker(msgspec.Struct):
    """The fields of a task that are read, as a worker dumps it."""

    key: object
    state: str
    coming_from: str | None = None
    dependencies: list[str] | None = None
    exception_text: str | None = None
    next: str | None = None
    previous: str | None = None
    priority: list[float] | None = None
    resource_restrictions: dict[str, float] | None = None
    run_id: int | None = None
    start_time: float | None = None
    waiting_for_data: list[str] | None = None
    who_has: list[str] | None = None


class WorkerOnScheduler(msgspec.Struct):
    """The fields of a worker that are read, as the scheduler dumps it."""

    address: str
    name: object = None
    nthreads: int = 1
    actors: list[str] | None = None
    has_what: list[str] | None = None
    last_seen: float | None = None
    long_running: list[str] | None = None
    metrics: dict[str, object] | None = None
    processing: list[str] | dict[str, object] | None = None
    resources: dict[str, float] | None = None
    status: str | None = None


class ClientOnScheduler(msgspec.Struct):
    """The fields of a client that are read."""

    client_key: str
    wants_what: list[str] | None = None


def load(path: Path, most_nbytes: int = MOST_NBYTES) -> ClusterDump:
    """Read a dump from a file. Raises DumpError."""
    return read_file(path, lambda node: cluster_dump(node, str(path)), most_nbytes)


def cluster_dump(node: Node, source: str) -> ClusterDump:
    """Read a dump of a cluster, of its scheduler alone, or of one worker."""
    if not node.is_mapping():
        text = type(node.value()).__name__
        raise DumpError(f"not a dump of a cluster of Dask: expected a mapping, found {text}")
    dump = ClusterDump(source)
    spellings = Spellings()
    lone: ServerReader | None = None
    for name, part in node.fields():
        if not isinstance(name, str):
            raise DumpError("not a dump of a cluster of Dask: its fields have no names")
        if lone is None and name in {"scheduler", "workers", "versions"} and part.is_mapping():
            PARTS[name](dump, part, spellings)
            continue
        lone = lone or ServerReader(spellings)
        lone.read(name, part)
    if lone is not None and not dump.has_scheduler and not dump.workers:
        lone.finish_alone(dump)
    if not dump.has_scheduler and not dump.workers:
        raise DumpError(
            "not a dump of a cluster of Dask: no scheduler and no worker in it; "
            "expected a file of Client.dump_cluster_state()"
        )
    complete(dump)
    return dump


def read_scheduler(dump: ClusterDump, node: Node, spellings: Spellings) -> None:
    reader = ServerReader(spellings)
    for name, part in node.fields():
        reader.read(name, part)
    reader.finish_scheduler(dump)


def read_workers(dump: ClusterDump, node: Node, spellings: Spellings) -> None:
    for address, part in node.fields():
        where = str(address)
        if not part.is_mapping():
            dump.silent[where] = printable(str(part.value()))[:200]
            continue
        reader = ServerReader(spellings)
        for name, child in part.fields():
            reader.read(name, child)
        dump.workers[where] = reader.worker(where)


def read_versions(dump: ClusterDump, node: Node, spellings: Spellings) -> None:
    for name, part in node.fields():
        if name == "scheduler":
            found = part.value()
            packages = found.get("packages") if isinstance(found, dict) else None
            pairs = packages.items() if isinstance(packages, dict) else packages or ()
            for package, version in (pair for pair in pairs if len(pair) == 2):
                if package == "distributed":
                    dump.release = str(version or "")


#: Reader of each part of a dump of a whole cluster.
PARTS: Final[Mapping[str, Callable[[ClusterDump, Node, Spellings], None]]] = {
    "scheduler": read_scheduler,
    "workers": read_workers,
    "versions": read_versions,
}


class ServerReader:
    """Collects the fields of a scheduler or of a worker, whichever it turns out to be."""

    def __init__(self, spellings: Spellings) -> None:
        self.spellings = spellings
        self.plain: dict[str, object] = {}
        self.scheduled: list[TaskOnScheduler] = []
        self.tasks: list[DumpedTask] = []
        self.participants: list[WorkerOnScheduler] = []
        self.clients: list[ClientOnScheduler] = []
        self.log: list[LogEntry] = []
        self.events: list[dict[str, object]] = []
        self.log_length: int | None = None

    def read(self, name: object, node: Node) -> None:
        """Read one field; those that are of no use are not read."""
        if name == "tasks":
            self.read_tasks(node)
        elif name == "workers" and node.is_mapping():
            self.participants = [*converted_by_field(node, WorkerOnScheduler)]
        elif name == "clients" and node.is_mapping():
            self.clients = [*converted(node, ClientOnScheduler)]
        elif name == "transition_log":
            self.log = [scheduler_entry(item.value()) for item in node.items()]
        elif name == "log":
            self.log = [worker_entry(item.value()) for item in node.items()]
        elif name == "stimulus_log":
            self.events = [event_fields(item.value()) for item in node.items()]
        elif name == "config":
            self.log_length = log_length(node.value())
        elif name in PLAIN:
            self.plain[str(name)] = node.value()

    def read_tasks(self, node: Node) -> None:
        if "nthreads" not in self.plain:
            for task in converted(node, TaskOnScheduler):
                self.spellings.learn(task.key)
                self.scheduled.append(task)
            return
        for worker in converted(node, TaskOnWorker):
            self.tasks.append(dumped_task(self.spellings.learn(worker.key), worker))

    def finish_alone(self, dump: ClusterDump) -> None:
        """It is all there is: take it for what it is."""
        if "nthreads" in self.plain and "address" in self.plain:
            address = str(self.plain["address"])
            dump.workers[address] = self.worker(address)
        elif self.scheduled or self.participants:
            self.finish_scheduler(dump)

    def finish_scheduler(self, dump: ClusterDump) -> None:
        dump.has_scheduler = True
        dump.address = str(self.plain.get("address") or "")
        dump.log = self.log
        for task in self.scheduled:
            add_task(dump, task)
        for worker in self.participants:
            add_worker(dump, worker)
        for client in self.clients:
            wants = as_keys(map(task_text, client.wants_what or ()))
            dump.scheduler.clients[client.client_key] = ClientRecord(client.client_key, wants)
        dump.labels = Labels({scheduler.address: scheduler.name for scheduler in self.participants})
        dump.news = last_news(self.log)
        dump.at = max([dump.at, self.time, *(entry.time for entry in self.log[-1:])])

    def worker(self, address: str) -> DumpedWorker:
        plain = self.plain
        stimuli = [
            stimulus(event, self.spellings) for event in self.events
        ]  # now all keys are known
        found = DumpedWorker(
            address,
            WorkerConfig(nthreads=as_count(plain.get("nthreads"))),
            is_paused=plain.get("running") is False,
            status=status_text(plain.get("status")),
            tasks={task.key: task for task in self.tasks},
            stored=dict.fromkeys(self.spellings.of_mappings(mapping(plain.get("data")))),
            executing=keys_in(plain.get("executing")),
            long_running=keys_in(plain.get("long_running")),
            in_flight=transfers(plain.get("in_flight_workers")),
            busy=keys_in(plain.get("busy_workers")),
            log=self.log,
            stimuli=stimuli,
            log_length=self.log_length,
            news=last_news(self.log),
        )
        for event in stimuli:
            for key in event.keys:
                found.news[key] = max(found.news.get(key, 0.0), event.handled)
        times = [
            *(entry.time for entry in self.log[-1:]),
            *(stimulus.handled for stimulus in stimuli[-1:]),
        ]
        found.at = max([self.time, *times])
        kept = self.log_length
        is_full = bool(stimuli) and kept is not None and len(stimuli) >= kept
        found.is_log_whole = not is_full and plain.get("is_log_whole") is not False
        return found

    @property
    def time(self) -> float:
        """Time at which it was read, where that is told: of live clusters."""
        return as_time(self.plain.get("time"))


#: Fields that are kept as they are.
PLAIN: Final = frozenset(
    {
        "address", "nthreads", "status", "running", "data", "executing", "long_running",
        "in_flight_workers", "busy_workers", "time", "is_log_whole",
    }
)  # fmt: skip

S = TypeVar("S", bound=msgspec.Struct)


def converted(node: Node, kind: type[S]) -> Iterator[S]:
    """Yield the values of a mapping as records. Raises ValidationError."""
    for _, part in node.fields():
        yield msgspec.convert(part.value(), kind, strict=False)


def converted_by_field(node: Node, kind: type[S]) -> Iterator[S]:
    """Yield the same where values are large: fields that no record has are skipped."""
    names = frozenset(kind.__struct_fields__)
    for _, part in node.fields():
        found = {name: node.value() for name, node in part.fields() if name in names}
        yield msgspec.convert(found, kind, strict=False)


def as_keys(keys: Iterable[str]) -> dict[str, None]:
    """Return a set in a fixed order; the same one for all that are empty, since nobody writes to it."""
    return dict.fromkeys(keys) or NOTHING


def mapping(found: object) -> Mapping[object, object]:
    return found if isinstance(found, dict) else {}


def keys_in(found: object) -> tuple[str, ...]:
    """Return the keys of a list."""
    return tuple(map(key_text, found)) if isinstance(found, list | tuple) else ()


def transfers(found: object) -> dict[str, tuple[str, ...]]:
    """Return the keys that are being copied, by peer."""
    return {str(peer): keys_in(keys) for peer, keys in mapping(found).items()}


def as_count(found: object) -> int:
    return found if isinstance(found, int) else 1


def status_text(found: object) -> str:
    """``<Status.running: 'running'>`` as ``running``."""
    text = str(found or "")
    return text.rpartition(": ")[2].strip("'>") if text.startswith("<Status") else text


def options_of(task: TaskOnScheduler) -> Options:
    """Return what restricts a task; the same record for all that nothing does."""
    if not (task.worker_restrictions or task.resource_restrictions or task.loose_restrictions):
        return NO_OPTIONS
    return Options(
        workers=tuple(task.worker_restrictions or ()),
        resources=task.resource_restrictions or {},
        loose=bool(task.loose_restrictions),
    )


def add_task(dump: ClusterDump, task: TaskOnScheduler) -> None:
    """Make the record of one task of the scheduler."""
    key = key_text(task.key)
    inputs = dict.fromkeys(map(task_text, task.dependencies or ()))
    inputs.pop(key, None)
    who_has = as_keys(map(participant_text, task.who_has or ()))
    on = task.processing_on
    dump.scheduler.tasks[key] = SchedulerTask(
        key,
        state_named(SchedulerTaskState, task.state),
        spec=TaskSpec(key=key, dependencies=tuple(inputs), actor=bool(task.actor)),
        editions=NO_NUMBERS,
        options=options_of(task),
        wanted_by=as_keys(map(participant_text, task.who_wants or ())),
        dependents=as_keys(map(task_text, task.dependents or ())),
        needed_by=as_keys(map(task_text, task.waiters or ())),
        who_has=who_has,
        known_to=who_has,
        unconfirmed=NO_NUMBERS,
        processing_on=None if on is None else participant_text(on),
        run_id=task.run_id or 0,
        suspicion=task.suspicious or 0,
        failure=failure_of(task),
        history=NO_HISTORY,
    )
    if task.waiting_on:
        dump.waiting_on[key] = tuple(map(task_text, task.waiting_on))
    if task.host_restrictions:
        dump.hosts[key] = tuple(task.host_restrictions)


def failure_of(task: TaskOnScheduler) -> SchedulerFailure | None:
    if task.exception_blame is None:
        return None
    return SchedulerFailure(task.exception_text or "", task_text(task.exception_blame))


def add_worker(dump: ClusterDump, worker: WorkerOnScheduler) -> None:
    """Make the record of one worker of the scheduler."""
    where = worker.address
    dump.scheduler.workers[where] = WorkerRecord(
        where,
        WorkerConfig(nthreads=worker.nthreads, resources=worker.resources or {}),
        running=status_text(worker.status) in {"running", ""},
        processing=as_keys(map(task_text, worker.processing or ())),
        seceded=as_keys(map(task_text, worker.long_running or ())),
        has_what=as_keys(map(task_text, worker.has_what or ())),
    )
    dump.at = max(dump.at, worker.last_seen or 0.0)
    heard = (worker.metrics or {}).get("time")
    dump.heard[where] = heard if isinstance(heard, float) else 0.0
    dump.actors[where] = frozenset(map(task_text, worker.actors or ()))


E_ = TypeVar("E_", bound=enum.StrEnum)


def state_named(states: type[E_], name: str) -> E_:
    """Return a state by its name. Raises DumpError for one that no release has."""
    try:
        return states(name)
    except ValueError:
        raise DumpError(f'unknown state "{printable(name)[:40]}" of a task') from None


def dumped_task(key: str, task: TaskOnWorker) -> DumpedTask:
    """Make the record of one task of a worker."""
    return DumpedTask(
        key,
        state_named(State, task.state),
        None if task.previous is None else state_named(State, task.previous),
        None if task.next is None else state_named(State, task.next),
        tuple(map(task_text, task.dependencies or ())),
        tuple(map(task_text, task.waiting_for_data or ())),
        tuple(task.who_has or ()),
        task.coming_from or "",
        tuple(task.priority or ()),
        task.run_id,
        task.resource_restrictions or {},
        task.start_time,
        task.exception_text or "",
    )


def complete(dump: ClusterDump) -> None:
    """Tell each worker what the scheduler knows of it, and who did not answer."""
    for address, known in dump.scheduler.workers.items():
        worker = dump.workers.get(address)
        if worker is None:
            dump.silent.setdefault(address, "it is not in the dump")
            continue
        worker.config = known.config
        worker.actors = dump.actors[address]
        worker.at = max(worker.at, dump.heard[address])


# Logs


def scheduler_entry(found: object) -> LogEntry:
    """Return a line of the transition log: key, start, finish, recommendations, stimulus, time."""
    if not isinstance(found, list | tuple) or len(found) < 6:
        raise DumpError("a line of the transition log is none")
    key, start, finish = found[:3]
    return LogEntry(
        (key_text(key),), "", str(start), str(finish), str(found[-2]), as_time(found[-1])
    )


def worker_entry(found: object) -> LogEntry:
    """Return a line of the log of a worker: a transition, or something else that happened."""
    if not isinstance(found, list | tuple) or len(found) < 3:
        raise DumpError("a line of the log of a worker is none")
    first, *between, cause, time = found
    stimulus_id, at = str(cause), as_time(time)
    if isinstance(first, str) and first in ABOUT_KEYS:
        keys = tuple(key_text(entry) for part in between for entry in listed(part))
        peer = next((candidate for candidate in between if isinstance(candidate, str)), "")
        return LogEntry(keys, first, "", "", stimulus_id, at, peer)
    if len(between) >= 4 and isinstance(between[3], dict):
        start, _, finish = map(str, between[:3])
        return LogEntry((key_text(first),), "", start, finish, stimulus_id, at)
    what = str(between[0]) if between else ""
    return LogEntry((key_text(first),), what, "", "", stimulus_id, at)


def listed(found: object) -> Iterable[object]:
    return found if isinstance(found, list | tuple | dict) else ()


def as_time(found: object) -> float:
    return float(found) if isinstance(found, int | float) else 0.0


def event_fields(found: object) -> dict[str, object]:
    """Return the fields of an event of a worker that are of use."""
    if not isinstance(found, dict) or "cls" not in found:
        raise DumpError("an event of the log of a worker has no class")
    return {str(name): value for name, value in found.items() if name not in BULKY}


def stimulus(fields: dict[str, object], spellings: Spellings) -> Stimulus:
    """Return an event of the log of a worker, its keys in their one spelling."""
    keys: dict[str, None] = {}
    if "key" in fields:
        keys[key_text(fields["key"])] = None
    keys |= as_keys(keys_in(fields.get("keys")))
    keys |= as_keys(spellings.of_mappings(mapping(fields.get("data"))))
    holders = {
        spellings.of_mapping(key): tuple(map(str, listed(peers)))
        for key, peers in mapping(fields.get("who_has")).items()
    }
    return Stimulus(
        str(fields["cls"]),
        tuple(keys | dict.fromkeys(holders)),
        str(fields.get("stimulus_id") or ""),
        as_time(fields.get("handled")),
        fields,
        holders,
    )


def last_news(log: Iterable[LogEntry]) -> dict[str, float]:
    """Return the time of the last line about each key."""
    return {key: entry.time for entry in log for key in entry.keys}


def log_length(config: object) -> int | None:
    """Return how many entries a log keeps, as a worker is configured; None where it does not say."""
    for name in LOG_LENGTH:
        config = config.get(name) if isinstance(config, dict) else None
    return config if isinstance(config, int) else None
