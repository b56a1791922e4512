"""Bugs in what is started after an event, and in the order and the limits of that."""

from collections.abc import Callable, Iterable
from typing import Final

from workerfuzz.harness.campaigns.mutants.mutant import (
    Mutant,
    called,
    mutant,
    mutants_in,
)
from workerfuzz.statemachine.worker import dispatch
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import TaskState
from workerfuzz.statemachine.worker.worker_state import Transfer, WorkerState


@mutant(
    "Tasks start while the worker is paused.",
    called(dispatch, "next_execution"),
    origin="DESIGN",
    violates="R40",
    caught_by="nothing_starts_while_paused",
)
def paused_worker_starts_tasks(
    original: Callable[..., TaskState | None], worker: WorkerState
) -> TaskState | None:
    paused, worker.paused = worker.paused, False
    task = original(worker)
    worker.paused = paused
    return task


@mutant(
    "One task more runs than there are threads.",
    called(dispatch, "next_execution"),
    origin="R30",
    violates="R30",
    caught_by="runs_within_its_threads",
)
def one_thread_too_many(
    original: Callable[..., TaskState | None], worker: WorkerState
) -> TaskState | None:
    executing = worker.executing
    worker.executing = dict(list(executing.items())[1:])
    task = original(worker)
    worker.executing = executing
    return task


@mutant(
    "A task starts whether or not its resources are there.",
    called(dispatch, "fits"),
    origin="Z06 #6676",
    violates="R26 R30",
    caught_by="resources_stay_within_bounds",
)
def resources_are_not_waited_for(original: object, worker: WorkerState, task: TaskState) -> bool:
    return True


@mutant(
    "A task that does not fit holds up everything behind it.",
    called(dispatch, "next_execution"),
    origin="R30",
    violates="R30",
    caught_by="no_thread_is_idle resources_hold_up_no_other",
)
def task_that_does_not_fit_is_waited_for(
    original: Callable[..., TaskState | None], worker: WorkerState
) -> TaskState | None:
    first = worker.tasks[worker.constrained.first()[1]] if worker.constrained else None
    return original(worker) if first is None or dispatch.fits(worker, first) else None


@mutant(
    "A busy peer is asked again at once.",
    called(dispatch, "peers_by_urgency"),
    origin="#4793",
    violates="R40",
    caught_by="asks_the_right_peer",
)
def busy_peer_is_asked_again(
    original: Callable[..., Iterable[str]], worker: WorkerState
) -> Iterable[str]:
    busy, worker.busy_workers = worker.busy_workers, {}
    peers = original(worker)
    worker.busy_workers = busy
    return peers


@mutant(
    "A peer is asked while its last answer is out.",
    called(dispatch, "peers_by_urgency"),
    origin="#4133",
    violates="R25",
    caught_by="asks_the_right_peer no_peer_is_left_alone",
)
def peer_is_asked_twice(original: object, worker: WorkerState) -> Iterable[str]:
    return sorted(peer for peer in worker.data_needed if peer not in worker.busy_workers)


@mutant(
    "Two peers are asked for the same key.",
    called(dispatch, "choose_keys"),
    origin="R29",
    violates="R10 R29",
    caught_by="one_action_per_key",
)
def two_peers_are_asked(
    original: Callable[..., Transfer],
    worker: WorkerState,
    peer: str,
    taken: set[str],
) -> Transfer:
    return original(worker, peer, set())


@mutant(
    "A key larger than the limits is never asked for.",
    called(dispatch, "choose_keys"),
    origin="#4133",
    violates="R25",
    caught_by="everything_comes_to_rest no_peer_is_left_alone",
)
def large_key_never_comes(
    original: Callable[..., Transfer],
    worker: WorkerState,
    peer: str,
    taken: set[str],
) -> Transfer:
    transfer = original(worker, peer, taken)
    limit = worker.config.transfer_message_nbytes
    return transfer if transfer.nbytes <= limit else Transfer((), 0)


@mutant(
    "The least urgent of the tasks that are ready starts first.",
    called(dispatch, "next_execution"),
    origin="DESIGN",
    violates="R40",
    caught_by="most_urgent_starts_first",
)
def queues_are_upside_down(
    original: Callable[..., TaskState | None], worker: WorkerState
) -> TaskState | None:
    task = original(worker)
    if task is not None and task.state is State.READY:
        *_, (_, last) = worker.ready
        return worker.tasks[last]
    return task


@mutant(
    "A peer is asked for all that it holds at once.",
    called(dispatch, "choose_keys"),
    origin="DESIGN",
    violates="R40",
    caught_by="transfers_keep_the_limits",
)
def limits_are_ignored(
    original: Callable[..., Transfer],
    worker: WorkerState,
    peer: str,
    taken: set[str],
) -> Transfer:
    tasks = [worker.tasks[key] for _, key in worker.data_needed[peer] if key not in taken]
    if any(task.suspicion for task in tasks):
        return original(worker, peer, taken)
    return Transfer(tuple(task.key for task in tasks), sum(task.nbytes for task in tasks))


@mutant(
    "A key that could not be copied before is asked for together with others.",
    called(dispatch, "choose_keys"),
    origin="#4439",
    violates="R38",
    caught_by="suspects_travel_alone",
)
def suspect_travels_with_others(
    original: Callable[..., Transfer],
    worker: WorkerState,
    peer: str,
    taken: set[str],
) -> Transfer:
    transfer = original(worker, peer, taken)
    for _, key in worker.data_needed[peer]:
        more = key not in taken and key not in transfer.keys and worker.tasks[key].suspicion
        if transfer.keys and more:
            size = transfer.nbytes + worker.tasks[key].nbytes
            return Transfer((*transfer.keys, key), size)
    return transfer


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(globals())
