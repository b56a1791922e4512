"""Claims about the reference worker as a whole: sums, limits, and no thread idle that could work."""

from collections.abc import Iterable, Iterator
from typing import Final

from workerfuzz.statemachine.properties.model_observation import ModelObservation
from workerfuzz.statemachine.properties.property import AnyProperty, always, properties_in
from workerfuzz.statemachine.properties.resources import is_same_amount
from workerfuzz.statemachine.worker.dispatch import next_execution, peers_that_could_be_asked
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.worker_state import WorkerState


@always("No more slots are taken than there are threads.")
def threads_suffice(observation: ModelObservation) -> Iterable[str]:
    worker = observation.worker
    if len(worker.executing) > worker.config.nthreads:
        return (f"{len(worker.executing)} running, {worker.config.nthreads} threads",)
    return ()


@always("What is left of each resource is its total less what running threads took.")
def resources_are_conserved(observation: ModelObservation) -> Iterable[str]:
    worker = observation.worker
    return leaking_resources(worker) if worker.config.resources else ()


def leaking_resources(worker: WorkerState) -> Iterator[str]:
    taken: dict[str, float] = {}
    for key in (*worker.executing, *worker.long_running):
        execution = worker.tasks[key].execution
        for name, amount in execution.resources.items() if execution is not None else ():
            taken[name] = taken.get(name, 0) + amount
    for name, total in worker.config.resources.items():
        left = total - taken.get(name, 0) if taken else total
        there = worker.available_resources[name]
        if there == left >= 0:  # nearly always: asked first, because it costs least
            continue
        if not (is_same_amount(there, left, total) and is_same_amount(left, max(left, 0), total)):
            yield f"{name}: {there:g} left, should be {left:g}"


@always("Bytes under way are the sum of what open transfers were asked for.")
def incoming_bytes_are_conserved(observation: ModelObservation) -> Iterable[str]:
    worker = observation.worker
    total = 0
    for transfer in worker.transfers.values():
        total += transfer.nbytes
    if worker.incoming_nbytes != total:
        return (f"{worker.incoming_nbytes} bytes under way, transfers ask for {total}",)
    return ()


@always("No thread is idle while a task could run on it (#4724).")
def no_thread_is_idle(observation: ModelObservation) -> Iterable[str]:
    worker = observation.worker
    running, threads = len(worker.executing), worker.config.nthreads
    if running >= threads or not (worker.ready or worker.constrained):
        return ()
    task = next_execution(worker)
    return () if task is None else (f"{task.key} could run, {running} of {threads} do",)


@always("No peer is left alone while it could be asked for a queued key (#4133).")
def no_peer_is_left_alone(observation: ModelObservation) -> Iterable[str]:
    worker = observation.worker
    if not worker.data_needed:
        return ()
    return [
        f"{peer} could be asked for {worker.data_needed[peer].first()[1]}"
        for peer in peers_that_could_be_asked(worker)
    ]


#: Checked after every event; their cost follows what is running and under way, not what is known.
TOTALS: Final[tuple[AnyProperty, ...]] = properties_in(globals())


@always("Each index holds as many keys as there are tasks in its state.")
def indexes_hold_nothing_else(observation: ModelObservation) -> Iterator[str]:
    """The totals: with the above, each index agrees with the states in both directions (R13)."""
    worker = observation.worker
    tasks = worker.tasks.values()
    count = {state: sum(task.state is state for task in tasks) for state in State}
    holders = sum(len(task.who_has) for task in tasks)
    expected = {
        "ready": (len(worker.ready), count[State.READY]),
        "constrained": (len(worker.constrained), count[State.CONSTRAINED]),
        "missing": (len(worker.missing), count[State.MISSING]),
        "data": (len(worker.data) + len(worker.actors), count[State.MEMORY]),
        "threads": (
            len(worker.executing) + len(worker.long_running),
            sum(task.execution is not None for task in tasks),
        ),
        "in_flight": (
            len(worker.in_flight),
            sum(len(transfer.keys) for transfer in worker.transfers.values()),
        ),
        "has_what": (sum(map(len, worker.has_what.values())), holders),
        "data_needed": (
            sum(map(len, worker.data_needed.values())),
            sum(len(task.who_has) for task in tasks if task.state is State.FETCH),
        ),
    }
    for name, (found, right) in expected.items():
        if found != right:
            yield f"{name} holds {found} keys, should be {right}"
    for key, task in worker.tasks.items():
        if key != task.key or task.state is State.FORGOTTEN:
            yield f"the record under {key} is {task!r}"


@always("A whole story is contiguous, from released on (R46).")
def stories_are_whole(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    for task in worker.tasks.values():
        finish = State.RELEASED
        for change in task.history:
            if change.start is not finish:
                yield f"{task.key} went to {finish}, then on from {change.start}"
            finish = change.finish


#: Checked in a sweep only, because they go over all that is known.
COUNTS: Final[tuple[AnyProperty, ...]] = (indexes_hold_nothing_else, stories_are_whole)
