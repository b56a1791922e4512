"""Chains of waiting: from each key that a client wants and that is not there, to the root of it.

A key waits at a place, the scheduler or a worker, for other keys at other places; the chain ends where
something should go on and does not, where a function runs, or where nobody answered. Of several roots
the worst counts: one that nothing will move comes before one that only takes long.
"""

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from workerfuzz.harness.diagnose.model import SCHEDULER, ClusterDump, DumpedTask, DumpedWorker
from workerfuzz.statemachine.properties.standstill import may_run_on
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState as S
from workerfuzz.statemachine.scheduler.task import SchedulerTask
from workerfuzz.statemachine.worker.states import State

#: Longest list of names in a sentence.
MOST_NAMED: Final = 3

#: Longest shape, in links from the root.
LONGEST_SHAPE: Final = 3

#: States that a client need not wait for.
THERE: Final = frozenset({S.MEMORY, S.ERRED})


class RootKind(enum.IntEnum):
    """Kind of the end of a chain; the worst has the largest number."""

    MOVING = 0  # there was news of it a moment ago
    RUNNING = 1  # a function of the user runs
    TRANSFER = 2  # being copied, or queued behind other copies
    PAUSED = 3  # the worker has no memory left
    UNSATISFIABLE = 4  # no worker may run it, as its user restricted it
    NO_ANSWER = 5  # the worker did not answer
    STUCK = 6  # nothing that is under way would move it


#: A key at a place. Two more kinds of place stand for many keys: see ``ROOM`` and ``threads``.
Place: TypeAlias = tuple[str, str]

#: Stands for room on any worker, which queued tasks wait for.
ROOM: Final[Place] = ("room", "")


class Link(NamedTuple):
    """One link of a chain.

    Attributes:
        place: the scheduler, or the address of a worker.
        state: the same in the words of shapes.
        sentence: the same for people.
        waits_for: the next places; none at a root.
        kind: of a root.
    """

    place: str
    key: str
    state: str
    sentence: str
    waits_for: tuple[Place, ...] = ()
    kind: RootKind = RootKind.STUCK


class Behind(NamedTuple):
    """Everything that is behind one place: the worst of the roots that it waits for.

    Attributes:
        ahead: the next place on the way; None at the root itself.
        states: the last different states on the way, without names.
    """

    kind: RootKind
    age_s: float
    root: Place
    ahead: Place | None
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain from a key that a client wants to its root.

    Attributes:
        clients: that want the key.
        kind: of the root.
        age_s: since the last news of the root; of a function, how long it runs.
        shape: the last links, without names.
    """

    wanted: str
    clients: tuple[str, ...]
    kind: RootKind
    age_s: float
    shape: str
    root: Link
    waiting: "Waiting" = field(repr=False, compare=False)

    @property
    def links(self) -> tuple[Link, ...]:
        """From the scheduler's view of the wanted key on; the last is the root."""
        return self.waiting.links(self.wanted)


def shape_of(states: tuple[str, ...]) -> str:
    """Return the last states of a chain as one text; how many tasks wait for others does not matter."""
    while len(states) > 2 and states[0] == "scheduler: waiting":
        states = states[1:]
    return " > ".join(states)


def named(keys: Iterable[str], most: int = MOST_NAMED) -> str:
    """Return some keys in words: not more than fit in a sentence."""
    listed = [*keys]
    first = ", ".join(listed[:most])
    return first if len(listed) <= most else f"{first} and {len(listed) - most:,} more"


class Waiting:
    """Finds the chains of one dump.

    Args:
        settled_s: a key without news for so long has come to rest.
    """

    def __init__(self, dump: ClusterDump, settled_s: float) -> None:
        self.dump = dump
        self.settled_s = settled_s
        self.tasks = dump.scheduler.tasks
        self._links: dict[Place, Link] = {}
        self._behind: dict[Place, Behind] = {}

    def chains(self) -> list[Chain]:
        """Return a chain for each key that is wanted and not there; the worst and oldest first."""
        found = [
            self.chain(key, clients)
            for key, clients in self.dump.wanted().items()
            if self.tasks[key].state not in THERE
        ]
        return sorted(found, key=lambda chain: (-chain.kind, -chain.age_s))

    def chain(self, key: str, clients: tuple[str, ...] = ()) -> Chain:
        """Return the chain from a key at the scheduler to its worst root."""
        behind = self.behind((SCHEDULER, key))
        root, shape = self.link(behind.root), shape_of(behind.states)
        return Chain(key, clients, behind.kind, behind.age_s, shape, root, self)

    def links(self, key: str) -> tuple[Link, ...]:
        """Return all links from a key at the scheduler to its worst root."""
        found: list[Link] = []
        place: Place | None = (SCHEDULER, key)
        while place is not None:
            found.append(self.link(place))
            place = self.behind(place).ahead
        return tuple(found)

    def behind(self, start: Place) -> Behind:
        """Find the worst root behind a place and every place on the way; depth first, no recursion."""
        open_: dict[Place, None] = {start: None}
        while open_:
            place = next(reversed(open_))
            if place in self._behind:
                open_.popitem()
                continue
            link = self.link(place)
            unknown = next(
                (key for key in link.waits_for if key not in self._behind and key not in open_),
                None,
            )
            if unknown is not None:
                open_[unknown] = None
                continue
            known = [key for key in link.waits_for if key in self._behind]  # others are in a circle
            self._behind[place] = self.joined(place, link, known)
            open_.popitem()
        return self._behind[start]

    def joined(self, place: Place, link: Link, ahead: Sequence[Place]) -> Behind:
        """Return what is behind a place, of which all that it waits for is known."""
        if not ahead:
            return Behind(self.kind_of(link), self.age_s(link), place, None, (link.state,))
        worst = max(ahead, key=lambda link: self._behind[link][:2])
        behind = self._behind[worst]
        states = behind.states if behind.states[0] == link.state else (link.state, *behind.states)
        return behind._replace(ahead=worst, states=states[-LONGEST_SHAPE:])

    def kind_of(self, root: Link) -> RootKind:
        """Return the kind of a root; one with news a moment ago is moving."""
        if root.kind is RootKind.STUCK and self.dump.quiet_s(root.key) < self.settled_s:
            return RootKind.MOVING
        return root.kind

    def age_s(self, root: Link) -> float:
        if root.kind is RootKind.RUNNING:
            return self.dump.age(root.place, root.key)
        return self.dump.quiet_s(root.key)

    def link(self, place: Place) -> Link:
        found = self._links.get(place)
        if found is None:
            found = self._links[place] = self.made(*place)
        return found

    def made(self, where: str, key: str) -> Link:
        if where == SCHEDULER:
            task = self.tasks.get(key)
            if task is None:
                return Link(where, key, "scheduler: unknown", f"{key} is not known there")
            return AT_SCHEDULER[task.state](self, task)
        if (where, key) == ROOM:
            return self.room()
        worker = self.dump.workers.get(where)
        if worker is None:
            why = self.dump.silent.get(where, "the scheduler does not know it")
            text = f"{self.dump.labels[where]} did not answer ({why}), so nothing is known of {key}"
            return Link(where, key, "worker: no answer", text, kind=RootKind.NO_ANSWER)
        if not key:
            return self.threads(worker)
        record = worker.tasks.get(key)
        if record is None:
            text = f"{key} is not known there{self.elsewhere(key)}"
            return Link(where, key, self.at_root("worker: unknown", key), text)
        return AT_WORKER[record.state](self, worker, record)

    # At the scheduler

    def waiting(self, task: SchedulerTask) -> Link:
        absent = self.dump.waiting_on.get(task.key, ())
        if not absent:
            text = f"{task.key} is waiting, though none of its inputs is missing"
            return Link(SCHEDULER, task.key, "scheduler: waiting for nothing", text)
        text = f"{task.key} is waiting for {named(absent)}"
        return Link(
            SCHEDULER,
            task.key,
            "scheduler: waiting",
            text,
            tuple((SCHEDULER, absent_key) for absent_key in absent),
        )

    def processing(self, task: SchedulerTask) -> Link:
        where = task.processing_on or ""
        if where not in self.dump.scheduler.workers:
            text = f"{task.key} is processing on {where or 'no worker'}, which is not there"
            return Link(SCHEDULER, task.key, "scheduler: processing on nobody", text)
        text = f"{task.key} is processing on {self.dump.labels[where]}"
        return Link(SCHEDULER, task.key, "scheduler: processing", text, ((where, task.key),))

    def queued(self, task: SchedulerTask) -> Link:
        idle = [
            worker.name
            for worker in self.dump.scheduler.workers.values()
            if worker.running and not worker.load
        ]
        if idle:
            text = f"{task.key} is queued, though {self.dump.labels.listed(idle[:1])} has nothing to do"
            return Link(SCHEDULER, task.key, "scheduler: queued while a worker is idle", text)
        text = f"{task.key} is queued until a worker has room"
        return Link(SCHEDULER, task.key, "scheduler: queued", text, (ROOM,))

    def room(self) -> Link:
        """All that takes the place of queued tasks."""
        keys = [
            (SCHEDULER, key)
            for worker in self.dump.scheduler.workers.values()
            for key in worker.processing
        ]
        text = f"the {len(self.dump.scheduler.workers)} workers have {len(keys)} tasks to do"
        kind = RootKind.STUCK if keys else RootKind.UNSATISFIABLE
        return Link(SCHEDULER, "", "scheduler: no room", text, tuple(keys), kind)

    def no_worker(self, task: SchedulerTask) -> Link:
        workers = self.dump.scheduler.workers
        hosts = self.dump.hosts.get(task.key, ())
        fit = [
            worker.name for worker in workers.values() if may_run_on(task.options, worker, hosts)
        ]
        if fit:
            text = f"{task.key} has no worker, though {self.dump.labels.listed(fit[:1])} may run it"
            return Link(SCHEDULER, task.key, "scheduler: no worker, and one may run it", text)
        text = (
            f"{task.key} has no worker that may run it: {restrictions(task, hosts, len(workers))}"
        )
        kind = RootKind.UNSATISFIABLE
        return Link(SCHEDULER, task.key, "scheduler: no worker may run it", text, kind=kind)

    def resting(self, task: SchedulerTask) -> Link:
        """It is where it should be, or nobody does anything about it."""
        key, state = task.key, task.state
        text = {
            S.MEMORY: f"{key} is in memory on {self.dump.labels.listed(task.who_has)}",
            S.ERRED: f"{key} failed{because(task)}, and is not tried again",
            S.RELEASED: f"{key} is released, and nobody is asked to compute it{self.failed(task)}",
            S.FORGOTTEN: f"{key} is forgotten",
        }[state]
        word = "erred input" if self.failed(task) and state is S.RELEASED else ""
        return Link(SCHEDULER, key, f"scheduler: {state}{f' ({word})' if word else ''}", text)

    def failed(self, task: SchedulerTask) -> str:
        """The inputs of a task that failed, in words."""
        failed = [
            dependency for dependency in task.dependencies if self.dump.state(dependency) is S.ERRED
        ]
        if not failed:
            return ""
        first = self.tasks[failed[0]]
        return f"; its input {named(failed)} failed{because(first)}"

    # At a worker

    def waiting_here(self, worker: DumpedWorker, task: DumpedTask) -> Link:
        if not task.waiting_for:
            text = f"{task.key} is waiting, though none of its inputs is missing"
            return Link(worker.address, task.key, "worker: waiting for nothing", text)
        text = f"{task.key} is waiting for {named(task.waiting_for)}"
        inputs = tuple((worker.address, key) for key in task.waiting_for)
        return Link(worker.address, task.key, "worker: waiting", text, inputs)

    def threads(self, worker: DumpedWorker) -> Link:
        """All that takes the threads of a worker."""
        text = f"its {worker.config.nthreads} threads run {named(worker.executing)}"
        running = tuple((worker.address, key) for key in worker.executing)
        return Link(worker.address, "", "worker: no thread", text, running)

    def ready(self, worker: DumpedWorker, task: DumpedTask) -> Link:
        where, key, state = worker.address, task.key, task.state
        if worker.is_paused:
            text = f"{key} is {state}, and the worker is paused: it has no memory left"
            return Link(where, key, "worker: paused", text, kind=RootKind.PAUSED)
        busy = len(worker.executing)
        if busy and (busy >= worker.config.nthreads or state is State.CONSTRAINED):
            what = "resources" if state is State.CONSTRAINED else "a thread"
            return Link(
                where,
                key,
                f"worker: {state}",
                f"{key} is {state}: it waits for {what}",
                ((where, ""),),
            )
        text = (
            f"{key} is {state}, though {worker.config.nthreads - busy} threads have nothing to do"
        )
        return Link(where, key, f"worker: {state} while a thread is idle", text)

    def running(self, worker: DumpedWorker, task: DumpedTask) -> Link:
        left = ", outside the threads of the worker" if task.state is State.LONG_RUNNING else ""
        text = f"your function runs{left}: this is not Dask waiting"
        kind = RootKind.RUNNING
        return Link(worker.address, task.key, "worker: your function runs", text, kind=kind)

    def fetching(self, worker: DumpedWorker, task: DumpedTask) -> Link:
        where, key = worker.address, task.key
        holders = self.dump.labels.listed(task.who_has)
        if worker.is_paused:
            text = f"{key} is to be copied from {holders}, and the worker is paused"
            return Link(where, key, "worker: paused", text, kind=RootKind.PAUSED)
        if worker.in_flight or worker.busy:
            others = (
                f"{len(worker.in_flight)} transfers are open, {len(worker.busy)} peers are busy"
            )
            text = f"{key} is queued to be copied from {holders}: {others}"
            return Link(where, key, "worker: fetch", text, kind=RootKind.TRANSFER)
        text = f"{key} is queued to be copied from {holders}, and no transfer is open"
        return Link(where, key, self.at_root("worker: fetch without a transfer", key), text)

    def copying(self, worker: DumpedWorker, task: DumpedTask) -> Link:
        where, key, peer = worker.address, task.key, task.coming_from
        text = f"{key} is being copied from {self.dump.labels[peer]}"
        if peer in self.dump.silent:
            text += f", which did not answer ({self.dump.silent[peer]})"
            return Link(where, key, "worker: flight, no answer", text, kind=RootKind.NO_ANSWER)
        if peer and self.dump.has_scheduler and peer not in self.dump.scheduler.workers:
            return Link(where, key, "worker: flight from nobody", f"{text}, which is gone")
        return Link(where, key, "worker: flight", text, kind=RootKind.TRANSFER)

    def missing(self, worker: DumpedWorker, task: DumpedTask) -> Link:
        where, key = worker.address, task.key
        text = f"{key} is missing: no holder is known there{self.elsewhere(key)}"
        on_its_way = self.dump.state(key) in {S.WAITING, S.PROCESSING, S.QUEUED, S.NO_WORKER}
        ahead = ((SCHEDULER, key),) if on_its_way else ()
        return Link(where, key, self.at_root("worker: missing", key, ahead), text, ahead)

    def interrupted(self, worker: DumpedWorker, task: DumpedTask) -> Link:
        """Cancelled or resumed: a former thread or transfer has to end first."""
        where, key, before = worker.address, task.key, task.previous
        then = f", then {task.next}" if task.next else ""
        text = f"{key} is {task.state}: it was {before}{then}"
        if before in {State.EXECUTING, State.LONG_RUNNING}:
            text = f"{text}; your function still runs for a former request of it"
            return Link(where, key, f"worker: {task.state} ({before})", text, kind=RootKind.RUNNING)
        return Link(where, key, f"worker: {task.state} ({before})", text, kind=RootKind.TRANSFER)

    def idle(self, worker: DumpedWorker, task: DumpedTask) -> Link:
        """Nothing is being done about it there."""
        where, key, state = worker.address, task.key, task.state
        why = f" ({task.exception})" if task.exception and state is State.ERROR else ""
        if state is State.MEMORY:
            text = f"{key} is in memory there{self.elsewhere(key)}"
        elif state is State.ERROR:
            text = f"{key} failed there{why}, and nobody asks for it again{self.elsewhere(key)}"
        else:
            text = f"{key} is {state} there, and nobody fetches or computes it{self.elsewhere(key)}"
        return Link(where, key, self.at_root(f"worker: {state}", key), text)

    def elsewhere(self, key: str) -> str:
        """The state of a key at the scheduler, in words."""
        task = self.tasks.get(key)
        if not self.dump.has_scheduler:
            return ""
        if task is None:
            return "; the scheduler does not know it"
        if task.state is S.MEMORY:
            return f"; the scheduler has it in memory on {self.dump.labels.listed(task.who_has)}"
        return f"; the scheduler has it as {task.state}"

    def at_root(self, state: str, key: str, ahead: Sequence[Place] = ()) -> str:
        """The state of a root at a worker, with that of the scheduler."""
        return state if ahead else f"{state} (scheduler: {self.dump.state(key) or 'unknown'})"


def because(task: SchedulerTask) -> str:
    """Return why a task failed, in brackets."""
    failure = task.failure
    if failure is None:
        return ""
    blamed = f"{failure.blamed}: " if failure.blamed != task.key else ""
    return f" ({blamed}{failure.reason})" if failure.reason or blamed else ""


def restrictions(task: SchedulerTask, hosts: Sequence[str], workers: int) -> str:
    """Return what keeps a task from all workers."""
    options = task.options
    if not workers:
        return "there is no worker at all"
    found = [
        *([f"workers {named(options.workers)}"] if options.workers else []),
        *([f"hosts {named(hosts)}"] if hosts else []),
        *(f"{name}={amount:g}" for name, amount in options.resources.items()),
    ]
    return f"it is restricted to {' and '.join(found)}" if found else "all are paused or closing"


#: The link of a task at the scheduler, by state.
AT_SCHEDULER: Final[Mapping[S, Callable[[Waiting, SchedulerTask], Link]]] = MappingProxyType(
    {
        S.WAITING: Waiting.waiting,
        S.PROCESSING: Waiting.processing,
        S.QUEUED: Waiting.queued,
        S.NO_WORKER: Waiting.no_worker,
        S.MEMORY: Waiting.resting,
        S.ERRED: Waiting.resting,
        S.RELEASED: Waiting.resting,
        S.FORGOTTEN: Waiting.resting,
    }
)

#: The same at a worker.
AT_WORKER: Final[Mapping[State, Callable[[Waiting, DumpedWorker, DumpedTask], Link]]] = (
    MappingProxyType(
        {
            State.WAITING: Waiting.waiting_here,
            State.READY: Waiting.ready,
            State.CONSTRAINED: Waiting.ready,
            State.EXECUTING: Waiting.running,
            State.LONG_RUNNING: Waiting.running,
            State.FETCH: Waiting.fetching,
            State.FLIGHT: Waiting.copying,
            State.MISSING: Waiting.missing,
            State.CANCELLED: Waiting.interrupted,
            State.RESUMED: Waiting.interrupted,
            State.RELEASED: Waiting.idle,
            State.MEMORY: Waiting.idle,
            State.ERROR: Waiting.idle,
            State.RESCHEDULED: Waiting.idle,
            State.FORGOTTEN: Waiting.idle,
        }
    )
)
