"""Bugs in what a record says: its content, its role, the state that it asks for."""

from collections.abc import Callable
from typing import Final

from workerfuzz.harness.campaigns.mutants.mutant import Move, Mutant, called, mutant, mutants_in
from workerfuzz.statemachine.worker.states import Intent, Role, State
from workerfuzz.statemachine.worker.states import State as S
from workerfuzz.statemachine.worker.task import TaskState
from workerfuzz.statemachine.worker.transitions import target_state
from workerfuzz.statemachine.worker.worker_state import WorkerState


@mutant(
    "How often copying a key failed is forgotten when it is released.",
    called(WorkerState, "move"),
    origin="#4439",
    violates="R38 R18",
    caught_by="failures_to_copy_are_counted suspicion_is_never_lost",
)
def suspicion_dies_with_release(
    original: Move, worker: WorkerState, task: TaskState, finish: State
) -> None:
    original(worker, task, finish)
    if finish is S.RELEASED:
        worker.journal.set(task, "suspicion", 0)


@mutant(
    "What a record is to compute goes when it is released.",
    called(WorkerState, "move"),
    origin="R18",
    violates="R18 R21 R44",
    caught_by="content_is_immutable",
)
def content_dies_with_release(
    original: Move, worker: WorkerState, task: TaskState, finish: State
) -> None:
    original(worker, task, finish)
    if finish is S.RELEASED and task.intent is Intent.NONE:
        worker.journal.set(task, "spec", None)


@mutant(
    "A task that is wanted for its value alone is computed, because it could be.",
    called(TaskState, "role"),
    origin="R5",
    violates="R3 R5 R19",
    caught_by="role_fits_state state_fits_intent reports_every_end reports_the_last_request "
    "starts_what_was_requested",
)
def role_is_guessed_from_the_content(original: Callable[..., Role], task: TaskState) -> Role:
    role = original(task)
    guessed = role is Role.FETCH and task.spec is not None and task.request is not None
    return Role.COMPUTE if guessed else role


@mutant(
    "A task whose request names resources queues like any other.",
    called(target_state, "runnable_state"),
    origin="Z06 #6676",
    violates="R19",
    caught_by="constrained_takes_resources resources_stay_within_bounds",
)
def resources_are_overlooked(original: object, task: TaskState) -> State:
    return S.READY


@mutant(
    "A missing key that is to be computed here stays missing.",
    called(target_state, "_with_nothing"),
    origin="R4",
    violates="R4 R9",
    caught_by="role_fits_state somebody_holds_what_is_queued",
)
def missing_key_is_not_computed(
    original: Callable[[WorkerState, TaskState], State], worker: WorkerState, task: TaskState
) -> State:
    return S.MISSING if task.state is S.MISSING else original(worker, task)


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(globals())
