"""Bugs in the records of a worker: indexes, threads, resources, holders, stories."""

from collections.abc import Callable, Iterable
from typing import Final

from workerfuzz.harness.campaigns.mutants.mutant import (
    ChangeTask,
    Move,
    Mutant,
    called,
    entering,
    leaving,
    mutant,
    mutants_in,
)
from workerfuzz.statemachine.worker.queue import TaskQueue
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.states import State as S
from workerfuzz.statemachine.worker.task import Execution, TaskState
from workerfuzz.statemachine.worker.worker_state import Transfer, WorkerState


@mutant(
    "A thread gives back what the latest request names, not what it took.",
    called(WorkerState, "_give_back"),
    origin="#4446",
    violates="R26 R50",
    caught_by="resources_are_conserved resources_stay_within_bounds",
)
def wrong_amount_is_given_back(original: ChangeTask, worker: WorkerState, task: TaskState) -> None:
    execution, request, left = task.execution, task.request, worker.available_resources
    original(worker, task)
    if execution is not None and request is not None:
        for name, amount in execution.resources.items():
            worker.journal.put(left, name, left[name] - amount)
        for name, amount in request.resources.items():
            worker.journal.put(left, name, left[name] + amount)


@mutant(
    "Resources are counted when they are given back, never when they are taken.",
    called(WorkerState, "take_thread"),
    origin="Z06 #6676",
    violates="R26",
    caught_by="resources_are_conserved",
)
def resources_are_not_taken(
    original: Callable[..., Execution], worker: WorkerState, task: TaskState
) -> Execution:
    before = worker.available_resources
    worker.available_resources = dict(before)
    execution = original(worker, task)
    worker.available_resources = before
    return execution


@mutant(
    "A slot stays taken when the thread of a freed task fails.",
    called(WorkerState, "_give_back"),
    origin="#5046",
    violates="R13 R27 R30",
    caught_by="slots_are_taken_by_threads",
)
def slot_is_kept_after_failure(original: ChangeTask, worker: WorkerState, task: TaskState) -> None:
    event, _ = worker._cause
    kept = task.state is S.CANCELLED and event == "ExecuteFailure" and not task.doomed
    original(worker, task)
    if kept:
        worker.journal.put(worker.executing, task.key, None)


@mutant(
    "Other content that waited for a thread to end is lost when that ends.",
    called(WorkerState, "_give_back"),
    origin="Z23 #7463",
    violates="R31 R44",
    caught_by="no_handler_raises starts_what_was_requested",
)
def successor_is_lost(original: ChangeTask, worker: WorkerState, task: TaskState) -> None:
    worker.journal.set(task, "successor", None)
    original(worker, task)


@mutant(
    "Other content that waited for a transfer to end is lost when that ends.",
    called(WorkerState, "_give_back"),
    origin="#5152",
    violates="R31 R44",
    caught_by="starts_what_was_requested",
)
def successor_of_a_copy_is_lost(original: ChangeTask, worker: WorkerState, task: TaskState) -> None:
    if task.execution is None:
        worker.journal.set(task, "successor", None)
    original(worker, task)


@mutant(
    "Other content waits for a thread that left its slot, and its slot is given back once more.",
    called(WorkerState, "_give_back"),
    origin="Z03 #6673",
    violates="R31 R50",
    caught_by="no_handler_raises",
)
def slot_is_given_back_twice(original: ChangeTask, worker: WorkerState, task: TaskState) -> None:
    if task.execution is not None and task.successor is not None:
        worker.journal.set(task.execution, "seceded", False)
    original(worker, task)


@mutant(
    "Tasks that need a key are not known to it.",
    called(WorkerState, "_register_needs"),
    origin="#4784",
    violates="R13 R22",
    caught_by="needs_are_known",
)
def needs_are_not_registered(original: object, worker: WorkerState, task: TaskState) -> None:
    for key in task.dependencies:
        worker.ensure(key)


@mutant(
    "A key is needed by a task for ever.",
    called(WorkerState, "_withdraw_needs"),
    origin="Z22 #7167",
    violates="R13",
    caught_by="needs_are_known",
)
def needs_are_never_withdrawn(original: object, worker: WorkerState, task: TaskState) -> None:
    """Nothing is withdrawn."""


@mutant(
    "Bytes of a transfer stay under way when it has ended.",
    called(WorkerState, "close_transfer"),
    origin="R13",
    violates="R13",
    caught_by="incoming_bytes_are_conserved",
)
def bytes_stay_under_way(
    original: Callable[..., Transfer], worker: WorkerState, peer: str
) -> Transfer:
    before = worker.incoming_nbytes
    transfer = original(worker, peer)
    worker.incoming_nbytes = before
    return transfer


@mutant(
    "A transfer that has ended stays open.",
    called(WorkerState, "close_transfer"),
    origin="#4133",
    violates="R13",
    caught_by="indexes_hold_nothing_else transfers_are_known",
)
def transfer_stays_open(original: object, worker: WorkerState, peer: str) -> Transfer:
    return worker.transfers[peer]


@mutant(
    "A holder that is announced while a key is queued is not asked for it.",
    called(WorkerState, "_add_holder"),
    origin="#4133",
    violates="R13",
    caught_by="queued_where_its_state_says no_handler_raises",
)
def new_holder_is_not_asked(
    original: Callable[..., None],
    worker: WorkerState,
    task: TaskState,
    peer: str,
) -> None:
    state = task.state
    if peer in worker.data_needed:
        task.state = S.RELEASED
    original(worker, task, peer)
    task.state = state


@mutant(
    "A key that leaves its queue leaves an entry behind.",
    called(WorkerState, "_dequeue"),
    origin="Z08 #6711",
    violates="R13 R14",
    caught_by="indexes_hold_nothing_else no_handler_raises",
)
def ready_queue_keeps_a_stale_entry(
    original: object,
    worker: WorkerState,
    queue: TaskQueue,
    task: TaskState,
) -> None:
    worker.journal.set(task, "queued_at", None)


@mutant(
    "A key that is not wanted any more stays queued.",
    leaving(S.FETCH),
    origin="#6480",
    violates="R13 R37",
    caught_by="indexes_hold_nothing_else no_handler_raises no_peer_is_left_alone",
)
def fetch_queue_keeps_a_stale_entry(
    original: ChangeTask, worker: WorkerState, task: TaskState
) -> None:
    _, target = worker._cause
    if target is S.RELEASED:
        worker.journal.set(task, "queued_at", None)
    else:
        original(worker, task)


@mutant(
    "A key that nobody holds is not among the missing.",
    entering(S.MISSING),
    origin="#6479",
    violates="R13",
    caught_by="queued_where_its_state_says",
)
def missing_key_is_not_listed(original: object, worker: WorkerState, task: TaskState) -> None:
    """Nothing is listed."""


@mutant(
    "The value of a released task stays.",
    leaving(S.MEMORY),
    origin="R14",
    violates="R14 R15",
    caught_by="stores_what_is_in_memory",
)
def released_value_stays(original: object, worker: WorkerState, task: TaskState) -> None:
    """Nothing is removed."""


@mutant(
    "An actor that is released stays.",
    leaving(S.MEMORY),
    origin="R48",
    violates="R14 R48",
    caught_by="stores_what_is_in_memory",
)
def released_actor_stays(original: object, worker: WorkerState, task: TaskState) -> None:
    worker.journal.drop(worker.data, task.key) if task.key in worker.data else None


@mutant(
    "The worker takes itself for a peer.",
    called(WorkerState, "set_holders"),
    origin="#4360",
    violates="R8",
    caught_by="holders_agree asks_the_right_peer",
)
def own_address_is_kept(
    original: Callable[..., None],
    worker: WorkerState,
    task: TaskState,
    peers: Iterable[str],
) -> None:
    peers = list(peers)
    original(worker, task, peers)
    if "self" in peers and "self" not in task.who_has:
        worker._add_holder(task, "self")


@mutant(
    "One of several inputs is enough.",
    called(WorkerState, "inputs_are_here"),
    origin="R44",
    violates="R7 R44",
    caught_by="no_handler_raises waits_for_its_inputs",
)
def any_input_will_do(original: object, worker: WorkerState, task: TaskState) -> bool:
    here = {*worker.data, *worker.actors}
    return not task.dependencies or not here.isdisjoint(task.dependencies)


@mutant(
    "A story lacks the first half of each detour.",
    called(WorkerState, "move"),
    origin="R46",
    violates="R46",
    caught_by="story_is_contiguous stories_are_whole",
)
def story_has_a_gap(original: Move, worker: WorkerState, task: TaskState, finish: State) -> None:
    original(worker, task, finish)
    if len(task.history) > 1 and task.history[-2].target is not task.history[-2].finish:
        task.history.pop(-2)


@mutant(
    "While a key moves to memory, the record of another loses a holder.",
    entering(S.MEMORY),
    origin="DESIGN",
    violates="R13",
    caught_by="indexes_hold_nothing_else",
)
def stranger_loses_a_holder(original: object, worker: WorkerState, task: TaskState) -> None:
    strangers = [other for other in worker.tasks.values() if other.key not in worker.touched]
    for stranger in strangers:
        if stranger.state is S.MEMORY and stranger.who_has:
            stranger.who_has.popitem()


@mutant(
    "While a key moves to memory, the value of another goes.",
    entering(S.MEMORY),
    origin="DESIGN",
    violates="R13 R15",
    caught_by="memory_has_a_value no_handler_raises reports_what_is_here stores_what_is_in_memory",
)
def stranger_loses_its_value(original: object, worker: WorkerState, task: TaskState) -> None:
    for other in worker.tasks.values():
        if other.state is S.MEMORY and other.key not in worker.touched and other is not task:
            worker.data.pop(other.key, None)


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(globals())
