"""Bugs in the use of threads, resources and transfers, which the environment of a worker counts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from workerfuzz.harness.campaigns.mutants.mutant import (
    Mutant,
    called,
    handler,
    mutant,
    mutants_in,
)
from workerfuzz.statemachine.worker import dispatch, events
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import Execution, TaskState
from workerfuzz.statemachine.worker.transitions.outcome import Outcome
from workerfuzz.statemachine.worker.worker_state import Transfer, WorkerState


@mutant(
    "A pause is not noted.",
    handler(events.Pause),
    origin="#12",
    violates="R40",
    caught_by="nothing_starts_while_paused",
)
def pause_is_not_noted(original: object, worker: WorkerState, event: events.Pause) -> Outcome:
    return Outcome()


@mutant(
    "A task that was cancelled keeps its slot when it secedes.",
    handler(events.Secede),
    origin="#6916",
    violates="R30",
    caught_by="threads_are_known",
)
def cancelled_task_secedes_in_vain(
    original: Callable[..., Outcome], worker: WorkerState, event: events.Secede
) -> Outcome:
    state = worker.tasks[event.key].state
    return Outcome() if state is State.CANCELLED else original(worker, event)


@mutant(
    "The slot of a task that seceded is not used by another.",
    called(dispatch, "next_execution"),
    origin="#4724",
    violates="R30",
    caught_by="no_thread_is_idle resources_hold_up_no_other",
)
def free_slot_is_not_used(
    original: Callable[..., TaskState | None], worker: WorkerState
) -> TaskState | None:
    return None if len(worker.long_running) == worker.config.nthreads else original(worker)


@mutant(
    "A thread takes no resources, nor does it give any back.",
    called(WorkerState, "take_thread"),
    origin="Z06 #6676",
    violates="R30",
    caught_by="resources_are_conserved",
)
def threads_take_no_resources(
    original: Callable[..., Execution], worker: WorkerState, task: TaskState
) -> Execution:
    request = task.request
    assert request is not None
    worker.journal.set(task, "request", replace(request, resources={}))
    execution = original(worker, task)
    worker.journal.set(task, "request", request)
    return execution


@mutant(
    "The size of a result is not noted.",
    handler(events.ExecuteSuccess),
    origin="#12",
    violates="R40",
    caught_by="sizes_are_those_told",
)
def size_of_a_result_is_lost(
    original: Callable[..., Outcome], worker: WorkerState, event: events.ExecuteSuccess
) -> Outcome:
    return original(worker, replace(event, nbytes=1))


@mutant(
    "A key larger than one message is not asked for while another transfer is open.",
    called(dispatch, "choose_keys"),
    origin="#4133",
    violates="R25",
    caught_by="no_peer_is_left_alone",
)
def large_key_waits_for_quiet(
    original: Callable[..., Transfer],
    worker: WorkerState,
    peer: str,
    taken: set[str],
) -> Transfer:
    transfer = original(worker, peer, taken)
    limit = worker.config.transfer_message_nbytes
    return Transfer((), 0) if worker.transfers and transfer.nbytes > limit else transfer


@mutant(
    "Data that is scattered does not end the wish to forget its key.",
    handler(events.UpdateData),
    origin="#12",
    violates="R37 R42",
    caught_by="only_the_doomed_are_forgotten",
)
def scattered_data_is_forgotten(
    original: Callable[..., Outcome], worker: WorkerState, event: events.UpdateData
) -> Outcome:
    doomed = [task for key in event.values if (task := worker.tasks.get(key)) and task.doomed]
    outcome = original(worker, event)
    for task in doomed:
        worker.journal.set(task, "doomed", True)
    return outcome


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(globals())
