"""Bugs in what is started after an event, and in the order and the limits of that."""

from typing import Any, Final

from workerfuzz.harness.campaigns.mutants.mutant import Mutant, called, mutant, mutants_in
from workerfuzz.statemachine import dispatch, stimulus
from workerfuzz.statemachine import instructions as do
from workerfuzz.statemachine.journal import Journal
from workerfuzz.statemachine.states import State
from workerfuzz.statemachine.task import TaskState
from workerfuzz.statemachine.transitions.outcome import Outcome, To
from workerfuzz.statemachine.worker import Transfer, WorkerState


@mutant(
    "Tasks start while the worker is paused.",
    called(dispatch, "next_execution"),
    origin="DESIGN",
    violates="R40",
    caught_by="nothing_starts_while_paused",
)
def paused_worker_starts_tasks(original: Any, worker: WorkerState) -> TaskState | None:
    paused, worker.paused = worker.paused, False
    task: TaskState | None = original(worker)
    worker.paused = paused
    return task


@mutant(
    "Transfers start while the worker is paused.",
    called(dispatch, "start_transfers"),
    origin="DESIGN",
    violates="R40",
    caught_by="nothing_starts_while_paused",
)
def paused_worker_copies(original: Any, worker: WorkerState) -> Outcome:
    paused, worker.paused = worker.paused, False
    outcome: Outcome = original(worker)
    worker.paused = paused
    return outcome


@mutant(
    "One task more runs than there are threads.",
    called(dispatch, "next_execution"),
    origin="R30",
    violates="R30",
    caught_by="runs_within_its_threads",
)
def one_thread_too_many(original: Any, worker: WorkerState) -> TaskState | None:
    executing = worker.executing
    worker.executing = dict(list(executing.items())[1:])
    task: TaskState | None = original(worker)
    worker.executing = executing
    return task


@mutant(
    "A task starts whether or not its resources are there.",
    called(dispatch, "fits"),
    origin="Z06 #6676",
    violates="R26 R30",
    caught_by="resources_stay_within_bounds",
)
def resources_are_not_waited_for(original: Any, worker: WorkerState, task: TaskState) -> bool:
    return True


@mutant(
    "A task that does not fit holds up everything behind it.",
    called(dispatch, "next_execution"),
    origin="R30",
    violates="R30",
    caught_by="no_thread_is_idle",
)
def task_that_does_not_fit_is_waited_for(
    original: Any, worker: WorkerState
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
def busy_peer_is_asked_again(original: Any, worker: WorkerState) -> Any:
    busy, worker.busy_workers = worker.busy_workers, {}
    peers = original(worker)
    worker.busy_workers = busy
    return peers


@mutant(
    "A peer is asked while its last answer is out.",
    called(dispatch, "peers_by_urgency"),
    origin="#4133",
    violates="R25",
    caught_by="asks_the_right_peer",
)
def peer_is_asked_twice(original: Any, worker: WorkerState) -> Any:
    return sorted(peer for peer in worker.data_needed if peer not in worker.busy_workers)


@mutant(
    "Two peers are asked for the same key.",
    called(dispatch, "choose_keys"),
    origin="R29",
    violates="R10 R29",
    caught_by="one_action_per_key",
)
def two_peers_are_asked(
    original: Any, worker: WorkerState, peer: str, taken: set[str]
) -> Transfer:
    transfer: Transfer = original(worker, peer, set())
    return transfer


@mutant(
    "A key that failed before travels with others.",
    called(dispatch, "choose_keys"),
    origin="R38",
    violates="R38",
    caught_by="?",
)
def suspect_travels_with_others(
    original: Any, worker: WorkerState, peer: str, taken: set[str]
) -> Transfer:
    suspicions = {task.key: task.suspicion for task in worker.tasks.values()}
    for task in worker.tasks.values():
        task.suspicion = 0
    transfer: Transfer = original(worker, peer, taken)
    for key, count in suspicions.items():
        worker.tasks[key].suspicion = count
    return transfer


@mutant(
    "The limit of what one message may bring is ignored.",
    called(dispatch, "choose_keys"),
    origin="DESIGN",
    violates="R40",
    caught_by="?",
)
def limits_are_ignored(
    original: Any, worker: WorkerState, peer: str, taken: set[str]
) -> Transfer:
    keys = tuple(key for _, key in worker.data_needed[peer] if key not in taken)
    return Transfer(keys, sum(worker.tasks[key].nbytes for key in keys))


@mutant(
    "As many transfers open as there are peers.",
    called(dispatch, "is_throttled"),
    origin="DESIGN",
    violates="R40",
    caught_by="?",
)
def throttle_is_ignored(original: Any, worker: WorkerState) -> bool:
    return False


@mutant(
    "A key larger than the limits is never asked for.",
    called(dispatch, "choose_keys"),
    origin="#4133",
    violates="R25",
    caught_by="everything_comes_to_rest",
)
def large_key_never_comes(
    original: Any, worker: WorkerState, peer: str, taken: set[str]
) -> Transfer:
    transfer: Transfer = original(worker, peer, taken)
    limit = worker.config.transfer_message_nbytes
    return transfer if transfer.nbytes <= limit else Transfer((), 0)


@mutant(
    "Ready tasks start in the order in which their records stand in memory.",
    called(dispatch, "next_execution"),
    origin="#5736",
    violates="D1",
    caught_by="?",
)
def order_of_starting_is_by_address(original: Any, worker: WorkerState) -> TaskState | None:
    task: TaskState | None = original(worker)
    if task is None or task.state is not State.READY:
        return task
    ready = [worker.tasks[key] for _, key in worker.ready]
    return min(ready, key=id)


@mutant(
    "Peers are asked in the order of a set.",
    called(dispatch, "peers_by_urgency"),
    origin="#5736",
    violates="D1",
    caught_by="?",
)
def order_of_peers_is_by_hash(original: Any, worker: WorkerState) -> Any:
    return list(set(original(worker)))


@mutant(
    "Threads are given out after the last of several events only.",
    called(stimulus, "handle"),
    origin="D4",
    violates="D4",
    caught_by="?",
)
def several_events_are_one(
    original: Any, worker: WorkerState, event: Any, instructions: list[do.Instruction]
) -> None:
    again = bool(instructions)
    original(worker, event, instructions)
    if again:
        worker.paused = True


@mutant(
    "What an event that raises has written stays.",
    called(Journal, "undo"),
    origin="D5",
    violates="D5 R17",
    caught_by="?",
)
def journal_does_not_undo(original: Any, journal: Journal) -> None:
    journal.commit()


@mutant(
    "What an event that raises has written is taken back in the order in which it was written.",
    called(Journal, "undo"),
    origin="D5",
    violates="D5",
    caught_by="?",
)
def journal_undoes_forwards(original: Any, journal: Journal) -> None:
    journal._undo.reverse()
    original(journal)


@mutant(
    "A copy of a worker shares its records.",
    called(WorkerState, "copy"),
    origin="D3",
    violates="D3",
    caught_by="?",
)
def copy_shares_the_records(original: Any, worker: WorkerState) -> WorkerState:
    copied: WorkerState = original(worker)
    copied.tasks = worker.tasks
    return copied


@mutant(
    "Recommendations that contradict each other overwrite each other.",
    called(stimulus, "merge"),
    origin="DESIGN",
    violates="R12",
    caught_by="?",
)
def last_recommendation_wins(original: Any, pending: dict[str, To], recommended: Any) -> None:
    pending.update(recommended)


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(globals())
