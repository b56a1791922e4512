"""The state of a cluster as a dump tells it: one typed model, by key.

The scheduler's tasks, workers and clients are records of ``statemachine.scheduler``, so that the
properties of schedulers can be asked of them; a worker is a ``WorkerView``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from workerfuzz.harness.diagnose.names import Labels
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.states import State

#: How the scheduler is called among places.
SCHEDULER: Final = "scheduler"

#: Age of something of which no log tells.
UNKNOWN: Final = 0.0


class LogEntry(NamedTuple):
    """One line of a log of the scheduler or of a worker.

    Attributes:
        keys: that it is about.
        what: the name of the entry; empty for a transition.
        start, finish: states of a transition.
        peer: another worker that it is about.
    """

    keys: tuple[str, ...]
    what: str
    start: str
    finish: str
    stimulus_id: str
    time: float
    peer: str = ""


class Stimulus(NamedTuple):
    """One event of the log of a worker, as Dask writes it.

    Attributes:
        kind: name of Dask's class.
        fields: as they are in the dump, without values, specs and exceptions.
        holders: addresses by key, of events that tell who holds what.
    """

    kind: str
    keys: tuple[str, ...]
    stimulus_id: str
    handled: float
    fields: Mapping[str, object]
    holders: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class DumpedTask:
    """The record of one task on a worker.

    Attributes:
        waiting_for: inputs that are not there.
        started: time at which its thread began.
        exception: as text; empty where it has none.
    """

    key: str
    state: State
    previous: State | None = None
    next: State | None = None
    dependencies: tuple[str, ...] = ()
    waiting_for: tuple[str, ...] = ()
    who_has: tuple[str, ...] = ()
    coming_from: str = ""
    priority: tuple[float, ...] = ()
    run_id: int | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    started: float | None = None
    exception: str = ""


@dataclass(slots=True)
class DumpedWorker:
    """One worker that answered; implements ``WorkerView``.

    Attributes:
        at: time of its dump, by its own clock, as late as anything in the dump tells.
        log_length: entries that its logs keep; None where the dump does not say.
        is_log_whole: no event is missing from the beginning of its log, as far as can be told.
        actors: keys of actors, whose values are not in the dump.
        busy: peers that are to be asked again later.
    """

    address: str
    config: WorkerConfig
    is_paused: bool = False
    status: str = ""
    tasks: dict[str, DumpedTask] = field(default_factory=dict)
    stored: dict[str, object] = field(default_factory=dict)
    executing: tuple[str, ...] = ()
    long_running: tuple[str, ...] = ()
    in_flight: dict[str, tuple[str, ...]] = field(default_factory=dict)
    busy: tuple[str, ...] = ()
    actors: frozenset[str] = frozenset()
    log: list[LogEntry] = field(default_factory=list)
    stimuli: list[Stimulus] = field(default_factory=list)
    log_length: int | None = None
    is_log_whole: bool = True
    news: dict[str, float] = field(default_factory=dict)
    at: float = UNKNOWN

    # As ``WorkerView``

    def keys(self) -> Sequence[str]:
        return sorted(self.tasks)

    def state(self, key: str) -> State | None:
        task = self.tasks.get(key)
        return None if task is None else task.state

    def previous(self, key: str) -> State | None:
        task = self.tasks.get(key)
        return None if task is None else task.previous

    def next(self, key: str) -> State | None:
        task = self.tasks.get(key)
        return None if task is None else task.next

    def dependencies(self, key: str) -> Collection[str]:
        task = self.tasks.get(key)
        return () if task is None else task.dependencies

    def holders(self, key: str) -> Collection[str]:
        task = self.tasks.get(key)
        return () if task is None else task.who_has

    def data(self) -> Mapping[str, object]:
        return self.stored

    def threads(self) -> Mapping[str, bool]:
        return dict.fromkeys(self.executing, False) | dict.fromkeys(self.long_running, True)

    def transfers(self) -> Mapping[str, Collection[str]]:
        return self.in_flight

    def available_resources(self) -> Mapping[str, float]:
        return self.config.resources

    def paused(self) -> bool:
        return self.is_paused

    # Of its logs

    def age(self, key: str) -> float:
        """Seconds since the last news of a key here; at least, where the log does not go back so far."""
        return max(self.at - self.news.get(key, self.oldest), 0.0)

    @property
    def oldest(self) -> float:
        return min((log[0].time for log in (self.log,) if log), default=self.at)


@dataclass(slots=True)
class ClusterDump:
    """Everything that a dump tells.

    Attributes:
        source: the file or address that it is from.
        release: of distributed; empty where the dump does not say.
        has_scheduler: the scheduler is in it; otherwise it is of a single worker.
        is_partial: it has only what concerns keys that are not there.
        waiting_on: inputs that a task waits for, as the scheduler says.
        hosts: hosts that a task is restricted to, where it is.
        workers: those that answered, by address.
        silent: those that did not, and why.
        log: transitions of the scheduler.
        at: time of the dump by the clock of the scheduler, as late as anything in it tells.
        heard: time of the last heartbeat of each worker, by the clock of that worker.
        actors: keys of actors that the scheduler believes on a worker.
    """

    source: str
    release: str = ""
    has_scheduler: bool = False
    is_partial: bool = False
    scheduler: SchedulerState = field(default_factory=SchedulerState)
    address: str = ""
    waiting_on: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hosts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    workers: dict[str, DumpedWorker] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    log: list[LogEntry] = field(default_factory=list)
    news: dict[str, float] = field(default_factory=dict)
    at: float = UNKNOWN
    heard: dict[str, float] = field(default_factory=dict)
    actors: dict[str, frozenset[str]] = field(default_factory=dict)
    labels: Labels = field(default_factory=lambda: Labels({}))

    def state(self, key: str) -> SchedulerTaskState | None:
        """State of a task on the scheduler."""
        task = self.scheduler.tasks.get(key)
        return None if task is None else task.state

    def age(self, place: str, key: str) -> float:
        """Seconds since the last news of a key at one place."""
        if place != SCHEDULER:
            return self.workers[place].age(key) if place in self.workers else UNKNOWN
        oldest = self.log[0].time if self.log else self.at
        return max(self.at - self.news.get(key, oldest), 0.0)

    def quiet_s(self, key: str) -> float:
        """Seconds since the last news of a key anywhere."""
        ages = [self.age(SCHEDULER, key)] if self.has_scheduler else []
        for address, worker in self.workers.items():
            if key in worker.tasks or key in worker.news:
                ages.append(self.age(address, key))
        return min(ages, default=UNKNOWN)

    def wanted(self) -> Mapping[str, tuple[str, ...]]:
        """Keys that are wanted, with the clients that want them."""
        return {
            key: tuple(task.wanted_by)
            for key, task in self.scheduler.tasks.items()
            if task.wanted_by
        }
