"""What holds of a whole cluster, whoever wrote it: across its parties, and at rest."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from workerfuzz.harness.subjects.cluster_protocol import ClusterSubject
from workerfuzz.harness.worlds.cluster.client_model import ClientModel
from workerfuzz.statemachine.properties.property import always, at_rest
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.scheduler.client_requests import NoticeStatus
from workerfuzz.statemachine.worker.instructions import Execute
from workerfuzz.statemachine.worker.states import State

#: A thread runs a task, which is wanted.
RUNNING: Final = frozenset({State.EXECUTING, State.LONG_RUNNING})

#: What may be left over beside something worse: it is told last.
LEAST_TELLING: Final = "stealing: "


@always("A task is started once on a worker, and not again before its thread is over.")
def one_thread_for_a_task(worker: str, key: str, busy: bool) -> Iterator[str]:
    if busy:
        yield f"{worker} starts {key}, whose thread there is not over"


@always("No more threads run on a worker than it has, those that seceded not counted.")
def threads_are_not_exceeded(worker: str, running: int, nthreads: int) -> Iterator[str]:
    if running > nthreads:
        yield f"{worker} has {nthreads} threads and runs {running} tasks"


@always("A task starts only with all of its inputs.")
def tasks_start_with_their_inputs(worker: str, execute: Execute) -> Iterator[str]:
    for key in execute.spec.dependencies:
        if key not in execute.inputs:
            yield f"{worker} starts {execute.key} without its input {key}"


@always("One transfer at a time is open from a peer, never from the worker itself.")
def transfers_are_single(worker: str, peer: str, busy: bool) -> Iterator[str]:
    if peer == worker:
        yield f"{worker} asks itself for keys"
    elif busy:
        yield f"{worker} asks {peer} again before it has answered"


@always("With no message under way, the scheduler knows which tasks of a worker left their slot.")
def seceded_tasks_are_known(
    worker: str, view: WorkerView, threads: Collection[str], believed: Collection[str]
) -> Iterator[str]:
    """Given the threads of a worker that left their slot, and what the scheduler believes."""
    for key in sorted({*threads, *believed}):
        state = view.state(key)
        if key in threads and key not in believed and state in RUNNING:
            yield f"{key}, {state} on {worker}, left its slot; the scheduler does not know"
        elif key in believed and key not in threads:
            yield f"{key}, {state} on {worker}, is believed to have left its slot"


@always("The scheduler never has the last copy of a value dropped.")
def last_copy_is_kept(cluster: ClusterSubject, what: str, key: str) -> Iterator[str]:
    """Given what the scheduler has just decided about a key."""
    if what == "drop" and not cluster.holders(key):
        yield f"the last copy of {key} may be dropped"


@at_rest("A cluster without faults comes to rest.")
def cluster_comes_to_rest(rounds: int, doing: Sequence[str]) -> Iterator[str]:
    """Given the kinds of message that were still sent when the rounds were used up."""
    yield f"after {rounds} rounds they still say {', '.join(doing)}"


@at_rest(
    "Every key that a client wants is told to be finished, to have failed, or to be cancelled."
)
def wanted_keys_resolve(
    books: ClientModel,
    cluster: ClusterSubject,
    workers: Sequence[str],
    unsatisfiable: Collection[str],
) -> Iterator[str]:
    for client, wanted in books.wants.items():
        for key in wanted:
            status = books.told[client][key]
            excused = key in unsatisfiable or (
                status is NoticeStatus.LOST
                and any(it in books.lost for it in books.needed_by((key,)))
            )
            waits = status in (NoticeStatus.PENDING, NoticeStatus.LOST) or stale(
                books, cluster, client, key
            )
            if waits and not excused:
                yield f"{client} waits for {key}: {stuck(books, cluster, workers, key)}"


def stale(books: ClientModel, cluster: ClusterSubject, client: str, key: str) -> bool:
    """What a client believes of a key that it let go once is what became of it before."""
    match books.told[client][key]:
        case NoticeStatus.FINISHED:
            gone = not cluster.holders(key)
        case NoticeStatus.ERRED:
            gone = cluster.state(key) != "erred"
        case _:
            return False
    return gone and (client, key) in books.released


def stuck(books: ClientModel, cluster: ClusterSubject, workers: Sequence[str], key: str) -> str:
    """Where the first key is that does not go on, of a key and all that it needs."""
    needed = books.needed_by((key,))
    going = [it for it in needed if cluster.state(it) not in (None, "memory", "erred", "released")]
    first = min(going, key=lambda it: len(books.needed_by((it,))), default=key)
    inputs = books.contents[first].dependencies if first in books.contents else ()
    where = f"{cluster.state(first) or 'unknown'} on the scheduler"
    if cluster.state(first) == "waiting":
        where += within(cluster.state(it) for it in inputs)
    if cluster.state(first) != "processing":
        return f"{first} is {where}"  # no worker was asked
    on_workers: dict[str, None] = {}
    for view in map(cluster.worker, workers):
        state = view.state(first)
        if state == "waiting":
            on_workers[state + within(view.state(it) for it in inputs)] = None
        elif state is not None:
            on_workers[str(state)] = None
    return f"{first} is {where}, {', '.join(sorted(on_workers)) or 'unknown'} on workers"


def within(inputs: Iterable[object]) -> str:
    """What became of the inputs of a task that waits for one of them; those in memory do no harm."""
    found = [str(state or "unknown") for state in inputs]
    states = {state: None for state in found if state != "memory"} or dict.fromkeys(found)
    return f" (inputs: {' and '.join(sorted(states))})"


@at_rest("What a client was told to be finished is in memory, with the right value.")
def finished_keys_have_the_right_value(
    books: ClientModel, cluster: ClusterSubject, unsatisfiable: Collection[str]
) -> Iterator[str]:
    for client, wanted in books.wants.items():
        for key in wanted:
            if books.told[client][key] is not NoticeStatus.FINISHED or key in unsatisfiable:
                continue
            if stale(books, cluster, client, key):
                continue  # it waits, whatever it believes
            state, holders = cluster.state(key), cluster.holders(key)
            if not holders:
                yield f"{client} was told that {key} is finished; it is {state or 'unknown'} by now"
            expected = books.expected(key)
            for holder in sorted(holders):
                data = cluster.worker(holder).data()
                if key not in data:
                    yield f"{key} is said to be on {holder}, which does not have it"
                elif data[key] != expected:
                    yield f"{key} is {data[key]!r} on {holder}, and should be {expected!r}"


@at_rest("A key failed only because a task did, a copy did, or too many workers died.")
def failures_have_a_cause(
    books: ClientModel, cluster: ClusterSubject, allowed_failures: int
) -> Iterator[str]:
    for client, wanted in books.wants.items():
        for key in wanted:
            if books.told[client][key] is not NoticeStatus.ERRED or stale(
                books, cluster, client, key
            ):
                continue
            why = books.why.get((client, key), "")
            if not why:
                yield f"{client} was told that {key} failed, and not why"
            needed = books.needed_by((key,))
            failed = any(books.has_failed(it) or it in books.lost for it in needed)
            failed = failed or (books.deaths > 0 and any(books.is_actor(it) for it in needed))
            if not failed and books.deaths <= allowed_failures:
                yield f"{client} was told that {key} failed ({why}), where nothing had"


@at_rest("What is finished does not fail afterwards, unless a worker died.")
def finished_keys_do_not_fail(books: ClientModel) -> Iterator[str]:
    if not books.deaths:
        for client, key in books.undone:
            yield f"{client} was told that {key} is finished, and then that it failed"


@at_rest("Nothing is cancelled that no client gave up.")
def nothing_is_cancelled_by_itself(books: ClientModel) -> Iterator[str]:
    for client, wanted in books.wants.items():
        for key in wanted:
            needed = books.needed_by((key,))
            excused = key in books.at_risk or any(
                it in books.lost or it in books.given_up for it in needed
            )
            if books.told[client][key] is NoticeStatus.CANCELLED and not excused:
                yield f"{client} was told that {key} is cancelled"


@at_rest("The scheduler and the workers agree on who holds what.")
def holders_are_agreed_on(cluster: ClusterSubject, workers: Sequence[str]) -> Iterator[str]:
    known = cluster.keys()
    for worker in workers:
        stored = cluster.worker(worker).data()
        believed = {key for key in sorted(known) if worker in cluster.holders(key)}
        for key in sorted(believed.symmetric_difference(stored)):
            if key in stored:
                yield f"{worker} has {key}; the scheduler does not know"
            else:
                yield f"{worker} does not have {key}; the scheduler believes that it does"


@at_rest("Nothing is left of anything once every client has let go of everything.")
def nothing_is_left(cluster: ClusterSubject) -> Iterator[str]:
    left = sorted(cluster.leftovers(), key=lambda line: line.startswith(LEAST_TELLING))
    if left:
        yield "\n".join(left)
