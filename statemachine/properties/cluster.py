"""Claims about a whole cluster, whoever wrote it: across its participants, and at rest."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from workerfuzz.statemachine.properties.excuses import Excuse
from workerfuzz.statemachine.properties.property import always, at_rest
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.scheduler.client_requests import NoticeStatus
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Execute
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import TaskSpec


class ObservedCluster(Protocol):
    """A scheduler and its workers, as every subject can show them. Reading it changes nothing."""

    def worker(self, worker: str) -> WorkerView:
        """Return one worker."""

    def keys(self) -> Collection[str]:
        """Return the tasks that the scheduler knows."""

    def state(self, key: str) -> str | None:
        """Return the state of a task on the scheduler; None where it knows none."""

    def holders(self, key: str) -> Collection[str]:
        """Return the workers that hold a value, as far as the scheduler knows."""

    def residue(self) -> Iterable[str]:
        """Return everything that the scheduler and the workers still have, in words."""


class ClientsView(Protocol):
    """Everything that is known of keys outside of the cluster."""

    wants: dict[str, dict[str, None]]
    statuses: dict[str, dict[str, NoticeStatus]]
    contents: dict[str, TaskSpec]
    failure_reasons: dict[tuple[str, str], str]
    late: dict[tuple[str, str], None]
    deaths: dict[str, int]
    failed_after_finish: dict[tuple[str, str], None]

    def is_excused(self, excuse: Excuse, client: str, key: str) -> bool:
        """Return whether a request may end as the excuse says, and not with the value of the key."""

    def needed_by(self, keys: Iterable[str]) -> Collection[str]:
        """Return the keys with all that they depend on."""

    def expected(self, key: str) -> str:
        """Return the value that a key must have."""


@dataclass(frozen=True, slots=True)
class ActionObservation:
    """A worker that has just asked its environment for a thread or a transfer.

    Attributes:
        subject: the key to execute, or the peer to copy from.
        is_outstanding: the same was asked for before, and has not ended.
        execute: the task with its inputs; None for a transfer, and while they are still to be looked up.
        slots_taken: threads that did not secede, this one included.
    """

    worker: str
    subject: str
    is_outstanding: bool = False
    execute: Execute | None = None
    slots_taken: int = 0
    nthreads: int = 0


@dataclass(frozen=True, slots=True)
class SecededObservation:
    """A worker with no message under way from or to the scheduler.

    Attributes:
        threads: tasks that left their slot.
        believed: the same as the scheduler believes.
    """

    worker: str
    view: WorkerView
    threads: Collection[str]
    believed: Collection[str]


@dataclass(frozen=True, slots=True)
class DecisionObservation:
    """A scheduler that has just decided to steal, replicate or drop a key.

    Attributes:
        worker: the thief, or the worker that is to copy or to drop the value.
        had: workers that had the task, or held the value, before.
        sent: messages to workers that followed.
    """

    cluster: ObservedCluster
    decision: str
    key: str
    worker: str
    had: Collection[str]
    sent: Sequence[tuple[str, Event]]


@dataclass(frozen=True, slots=True)
class ClusterAtRest:
    """A cluster that comes to rest, or has.

    Attributes:
        workers: those that are there.
        unsatisfiable: keys that wait for a worker which does not exist, and all that rest on them.
        allowed_failures: workers that may die of a task before it fails.
        rounds: used up while it came to rest.
        messages: kinds of message that were still sent when the rounds were used up.
        ended_late: (client, key) of requests that something sent before they arrived has ended; with
            the status that it said, and whether the client had asked for the key before.
    """

    cluster: ObservedCluster
    clients: ClientsView
    workers: Sequence[str] = ()
    unsatisfiable: Collection[str] = ()
    allowed_failures: int = 0
    rounds: int = 0
    messages: Sequence[str] = ()
    ended_late: Mapping[tuple[str, str], tuple[NoticeStatus, bool]] = field(default_factory=dict)


#: A thread runs a task, which is wanted.
RUNNING: Final = frozenset({State.EXECUTING, State.LONG_RUNNING})

#: What may be left over beside something worse: it is told last.
LEAST_TELLING: Final = "stealing: "


@always("A task is started once on a worker, and not again before its thread is over.")
def one_thread_for_a_task(action: ActionObservation) -> Iterator[str]:
    if action.is_outstanding:
        yield f"{action.worker} starts {action.subject}, whose thread there is not over"


@always("No more threads run on a worker than it has, those that seceded not counted.")
def threads_are_not_exceeded(action: ActionObservation) -> Iterator[str]:
    taken, nthreads = action.slots_taken, action.nthreads
    if taken > nthreads:
        yield f"{action.worker} has {nthreads} threads and runs {taken} tasks"


@always("A task starts only with all of its inputs.")
def tasks_start_with_their_inputs(action: ActionObservation) -> Iterator[str]:
    execute = action.execute
    for key in execute.spec.dependencies if execute is not None else ():
        if execute is not None and key not in execute.inputs:
            yield f"{action.worker} starts {execute.key} without its input {key}"


@always("One transfer at a time is open from a peer, never from the worker itself.")
def transfers_are_single(action: ActionObservation) -> Iterator[str]:
    worker, peer = action.worker, action.subject
    if peer == worker:
        yield f"{worker} asks itself for keys"
    elif action.is_outstanding:
        yield f"{worker} asks {peer} again before it has answered"


@always("With no message under way, the scheduler knows which tasks of a worker left their slot.")
def seceded_tasks_are_known(observation: SecededObservation) -> Iterator[str]:
    worker, view = observation.worker, observation.view
    threads, believed = observation.threads, observation.believed
    for key in sorted({*threads, *believed}):
        state = view.state(key)
        if key in threads and key not in believed and state in RUNNING:
            yield f"{key}, {state} on {worker}, left its slot; the scheduler does not know"
        elif key in believed and key not in threads:
            yield f"{key}, {state} on {worker}, is believed to have left its slot"


#: The message that a decision is carried out by.
CARRIED_OUT_BY: Final[Mapping[str, type[Event]]] = {
    "steal": events.StealRequest,
    "replicate": events.AcquireReplicas,
    "drop": events.RemoveReplicas,
}


@always(
    "A decision to steal, replicate or drop reaches the worker that has the task, or is to copy it."
)
def decisions_reach_their_worker(observation: DecisionObservation) -> Iterator[str]:
    kind = CARRIED_OUT_BY[observation.decision]
    receivers = observation.had if observation.decision == "steal" else (observation.worker,)
    asked = [
        to
        for to, event in observation.sent
        if type(event) is kind and observation.key in about(event)
    ]
    if asked != [*receivers]:
        told, right = ", ".join(asked) or "nobody", ", ".join(receivers) or "nobody"
        yield f"to {observation.decision} {observation.key}, {told} is asked, and not {right}"


def about(event: Event) -> Collection[str]:
    """Return the keys that a decision is about, as the worker is told."""
    if isinstance(event, events.AcquireReplicas):
        return event.who_has
    if isinstance(event, events.RemoveReplicas):
        return event.keys
    return (event.key,) if isinstance(event, events.StealRequest) else ()


@always("A task is stolen from another worker; a value is copied to one that has it not.")
def decisions_change_something(observation: DecisionObservation) -> Iterator[str]:
    if (observation.worker in observation.had) != (observation.decision == "drop"):
        had = ", ".join(observation.had) or "nobody"
        yield f"{observation.worker} is to {observation.decision} {observation.key}; {had} had it"


@always("The scheduler never has the last copy of a value dropped.")
def last_copy_is_kept(observation: DecisionObservation) -> Iterator[str]:
    key = observation.key
    if observation.decision == "drop" and not observation.cluster.holders(key):
        yield f"the last copy of {key} may be dropped"


@at_rest("A cluster without faults comes to rest.")
def cluster_comes_to_rest(rest: ClusterAtRest) -> Iterator[str]:
    yield f"after {rest.rounds} rounds they still say {', '.join(rest.messages)}"


@at_rest(
    "Every key that a client wants is told to be finished, to have failed, or to be cancelled."
)
def wanted_keys_resolve(rest: ClusterAtRest) -> Iterator[str]:
    clients, cluster = rest.clients, rest.cluster
    for client, wanted in clients.wants.items():
        for key in wanted:
            status = clients.statuses[client][key]
            waits = status in (NoticeStatus.PENDING, NoticeStatus.LOST)
            excused = key in rest.unsatisfiable or (
                status is NoticeStatus.LOST and clients.is_excused(Excuse.DATA_LOST, client, key)
            )
            if (waits or (client, key) in clients.late) and not excused:
                yield f"{client} waits for {key}: {stuck(clients, cluster, rest.workers, key)}"


def stuck(clients: ClientsView, cluster: ObservedCluster, workers: Sequence[str], key: str) -> str:
    """Describe the first key that is stuck, of a key and all that it needs."""
    needed = clients.needed_by((key,))
    going = [
        key for key in needed if cluster.state(key) not in (None, "memory", "erred", "released")
    ]
    first = min(going, key=lambda key_: len(clients.needed_by((key_,))), default=key)
    inputs = clients.contents[first].dependencies if first in clients.contents else ()
    where = f"{cluster.state(first) or 'unknown'} on the scheduler"
    if cluster.state(first) == "waiting":
        where += within(cluster.state(key) for key in inputs)
    if cluster.state(first) != "processing":
        return f"{first} is {where}"  # no worker was asked
    on_workers: dict[str, None] = {}
    for view in map(cluster.worker, workers):
        state = view.state(first)
        if state == "waiting":
            on_workers[state + within(view.state(key) for key in inputs)] = None
        elif state is not None:
            on_workers[str(state)] = None
    return f"{first} is {where}, {', '.join(sorted(on_workers)) or 'unknown'} on workers"


def within(inputs: Iterable[object]) -> str:
    """Describe the inputs of a task that waits for one of them; those in memory do no harm."""
    found = [str(state or "unknown") for state in inputs]
    states = {state: None for state in found if state != "memory"} or dict.fromkeys(found)
    return f" (inputs: {' and '.join(sorted(states))})"


@at_rest("What a client was told to be finished is in memory, with the right value.")
def finished_keys_have_the_right_value(rest: ClusterAtRest) -> Iterator[str]:
    clients, cluster = rest.clients, rest.cluster
    for client, wanted in clients.wants.items():
        for key in wanted:
            if (
                clients.statuses[client][key] is not NoticeStatus.FINISHED
                or key in rest.unsatisfiable
            ):
                continue
            if (client, key) in clients.late:
                continue  # it waits, whatever it believes
            state, holders = cluster.state(key), cluster.holders(key)
            if not holders:
                yield f"{client} was told that {key} is finished; it is {state or 'unknown'} by now"
            expected = clients.expected(key)
            for holder in sorted(holders):
                data = cluster.worker(holder).data()
                if key not in data:
                    yield f"{key} is said to be on {holder}, which does not have it"
                elif data[key] != expected:
                    yield f"{key} is {data[key]!r} on {holder}, and should be {expected!r}"


#: Reasons for which a key may have failed.
MAY_FAIL: Final = (Excuse.FAILED, Excuse.DATA_LOST, Excuse.ACTOR_DIED)

#: Reasons for which a key may have been cancelled.
MAY_BE_CANCELLED: Final = (Excuse.CANCELLED, Excuse.UNKNOWN_INPUT, Excuse.DATA_LOST)


@at_rest("A key failed only because a task did, a copy did, or too many workers died.")
def failures_have_a_cause(rest: ClusterAtRest) -> Iterator[str]:
    clients = rest.clients
    for client, wanted in clients.wants.items():
        for key in wanted:
            if (
                clients.statuses[client][key] is not NoticeStatus.ERRED
                or (client, key) in clients.late
            ):
                continue
            why = clients.failure_reasons.get((client, key), "")
            if not why:
                yield f"{client} was told that {key} failed, and not why"
            if any(clients.is_excused(excuse, client, key) for excuse in MAY_FAIL):
                continue
            deaths = (clients.deaths.get(reader, 0) for reader in clients.needed_by((key,)))
            if max(deaths, default=0) <= rest.allowed_failures:
                yield f"{client} was told that {key} failed ({why}), where nothing had"


@at_rest("What is finished does not fail afterwards, unless it is an actor whose worker died.")
def finished_keys_do_not_fail(rest: ClusterAtRest) -> Iterator[str]:
    for client, key in rest.clients.failed_after_finish:
        if not rest.clients.is_excused(Excuse.ACTOR_DIED, client, key):
            yield f"{client} was told that {key} is finished, and then that it failed"


@at_rest("Nothing is cancelled that no client gave up.")
def nothing_is_cancelled_by_itself(rest: ClusterAtRest) -> Iterator[str]:
    clients = rest.clients
    for client, wanted in clients.wants.items():
        for key in wanted:
            if clients.statuses[client][key] is not NoticeStatus.CANCELLED:
                continue
            excused = any(clients.is_excused(excuse, client, key) for excuse in MAY_BE_CANCELLED)
            if (client, key) not in clients.late and not excused:
                yield f"{client} was told that {key} is cancelled"


@at_rest("No request is ended by what the scheduler sent before it got the request.")
def late_answers_end_nothing(rest: ClusterAtRest) -> Iterator[str]:
    for (client, key), (status, is_asked_again) in rest.ended_late.items():
        if is_asked_again:
            yield f"{client} asked for {key} again, and its former request being {status} ended that"
        else:
            yield f"{client} asked for {key}, and that was ended by that of another being {status}"


@at_rest("The scheduler and the workers agree on who holds what.")
def holders_are_agreed_on(rest: ClusterAtRest) -> Iterator[str]:
    cluster = rest.cluster
    known = cluster.keys()
    for worker in rest.workers:
        stored = cluster.worker(worker).data()
        believed = {key for key in sorted(known) if worker in cluster.holders(key)}
        for key in sorted(believed.symmetric_difference(stored)):
            yield from disagreement(worker, key, stored=key in stored, believed=key in believed)


def disagreement(worker: str, key: str, *, stored: bool, believed: bool) -> Iterator[str]:
    """Yield the difference between a worker and the scheduler about one value, if there is one."""
    if stored and not believed:
        yield f"{worker} has {key}; the scheduler does not know"
    elif believed and not stored:
        yield f"{worker} does not have {key}; the scheduler believes that it does"


@at_rest("Nothing is left of anything once every client has let go of everything.")
def nothing_is_left(rest: ClusterAtRest) -> Iterator[str]:
    left = sorted(rest.cluster.residue(), key=lambda line: line.startswith(LEAST_TELLING))
    if left:
        yield "\n".join(left)
