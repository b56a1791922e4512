"""Bugs in the table and its actions, and in the state that a record asks for."""

from collections.abc import Mapping
from typing import Any, Final

from workerfuzz.harness.campaigns.mutants.mutant import Mutant, called, mutant, mutants_in, row, rows
from workerfuzz.statemachine.states import Intent, Role, State
from workerfuzz.statemachine.states import State as S
from workerfuzz.statemachine.task import ABSENT, Failure, TaskState
from workerfuzz.statemachine.transitions import computing, settling, wanted
from workerfuzz.statemachine.transitions.outcome import Action, Outcome, To
from workerfuzz.statemachine.worker import WorkerState

Rows = Mapping[tuple[State, State], Action]


@mutant(
    "A task that is freed while it runs is released, and its thread with it.",
    row(S.EXECUTING, S.CANCELLED),
    origin="#4446",
    violates="R26 R30",
    caught_by="transitions_are_legal",
)
def freeing_takes_the_thread_away(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    return settling.to_released(worker, task, payload)


@mutant(
    "A task requested again while its thread runs on is started a second time.",
    row(S.CANCELLED, S.EXECUTING),
    origin="#4721",
    violates="R28",
    caught_by="one_action_per_key",
)
def revived_task_starts_again(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    return Outcome({task.key: To(S.WAITING)})


@mutant(
    "A value that comes to be here while the task is ready is stored without leaving the way.",
    row(S.READY, S.MEMORY),
    origin="R23",
    violates="R2 R23 R24",
    caught_by="transitions_are_legal",
)
def ready_has_a_shortcut_to_memory(
    original: Action | None, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    return settling.to_memory(worker, task, payload)


@mutant(
    "A task that waits takes a scattered value at once; error is left the same way.",
    row(S.ERROR, S.MEMORY),
    origin="R49",
    violates="R2 R49",
    caught_by="transitions_are_legal",
)
def error_turns_into_memory(
    original: Action | None, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    return settling.to_memory(worker, task, payload)


@mutant(
    "There is no way out of error.",
    rows(),
    origin="#4800",
    violates="R16 R20 R50",
    caught_by="no_handler_raises",
)
def error_has_no_way_out(original: Rows) -> Rows:
    return {edge: action for edge, action in original.items() if edge != (S.ERROR, S.RELEASED)}


@mutant(
    "A copy that is wanted again finds no edge from cancelled back to flight.",
    rows(),
    origin="R29",
    violates="R16 R29",
    caught_by="no_handler_raises",
)
def cancelled_copy_has_no_way_back(original: Rows) -> Rows:
    return {edge: action for edge, action in original.items() if edge != (S.CANCELLED, S.FLIGHT)}


@mutant(
    "A seceded task that was freed and is wanted again finds no edge.",
    rows(),
    origin="Z03 #6673",
    violates="R16 R28 R50",
    caught_by="no_handler_raises",
)
def seceded_task_has_no_way_back(original: Rows) -> Rows:
    gone = (S.CANCELLED, S.LONG_RUNNING)
    return {edge: action for edge, action in original.items() if edge != gone}


@mutant(
    "A missing key that is found takes a way that nobody listed.",
    rows(),
    origin="R43",
    violates="R16 R43",
    caught_by="transitions_are_legal",
)
def found_key_takes_a_detour(original: Rows) -> Rows:
    return {edge: action for edge, action in original.items() if edge != (S.MISSING, S.FETCH)}


@mutant(
    "When a steal is granted, nobody looks whether a task here needs the key.",
    row(S.RESCHEDULED, S.RELEASED),
    origin="#4360 R35",
    violates="R33 R35 R36",
    caught_by="dependencies_are_cared_for role_fits_state",
)
def stolen_input_strands_its_dependent(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    original(worker, task, payload)
    return Outcome()


@mutant(
    "A dependency that could not be copied fails alone: what waits for it waits for ever.",
    row(S.FLIGHT, S.ERROR),
    origin="O1 #6705",
    violates="R38",
    caught_by="dependencies_are_cared_for",
)
def failed_copy_hangs_its_dependents(
    original: Action, worker: WorkerState, task: TaskState, failure: object
) -> Outcome:
    return Outcome(instructions=original(worker, task, failure).instructions)


@mutant(
    "The scheduler is not told that a task failed.",
    row(S.EXECUTING, S.ERROR),
    origin="R38",
    violates="R38",
    caught_by="reports_every_end every_failure_is_told",
)
def failure_is_kept_secret(
    original: Action, worker: WorkerState, task: TaskState, failure: object
) -> Outcome:
    return Outcome(original(worker, task, failure).recommend)


@mutant(
    "A task that fails with its dependency does not say which dependency that was.",
    called(settling, "inherit"),
    origin="R38",
    violates="R38",
    caught_by="?",
)
def inherited_failure_names_no_cause(original: Any, task: TaskState) -> Failure:
    return Failure(original(task).exception)


@mutant(
    "A seceded task that fails keeps its resources.",
    row(S.LONG_RUNNING, S.ERROR),
    origin="Z04 #6697",
    violates="R50",
    caught_by="resources_are_conserved",
)
def seceded_failure_keeps_resources(
    original: Action, worker: WorkerState, task: TaskState, failure: object
) -> Outcome:
    assert task.execution is not None
    task.execution.resources = {}
    return original(worker, task, failure)


@mutant(
    "A seceded task that was freed and is wanted again: the scheduler is not told of the slot.",
    row(S.CANCELLED, S.LONG_RUNNING),
    origin="Z20 #6916",
    violates="R28 R50",
    caught_by="every_secession_is_told",
)
def revived_secession_is_not_told(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    original(worker, task, payload)
    return Outcome()


@mutant(
    "A task that secedes keeps its slot.",
    row(S.EXECUTING, S.LONG_RUNNING),
    origin="R50",
    violates="R50",
    caught_by="?",
)
def seceded_task_keeps_its_slot(
    original: Action, worker: WorkerState, task: TaskState, duration_s: object
) -> Outcome:
    worker.move(task, S.LONG_RUNNING)
    return Outcome(instructions=(computing.long_running(task),))


@mutant(
    "A freed task whose thread ends with Reschedule is released again and again.",
    row(S.CANCELLED, S.RELEASED),
    origin="Z01 #6339",
    violates="R12 R27",
    caught_by="no_handler_raises",
)
def rescheduling_a_freed_task_never_ends(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    if task.history[-1].toward is S.RELEASED or worker._cause[0] == "Reschedule":
        return Outcome({task.key: To(S.RELEASED)})
    return original(worker, task, payload)


@mutant(
    "A thread ends that was of no use, and nobody looks for the copy that is needed instead.",
    row(S.RESUMED, S.RELEASED),
    origin="Z10 #6699 #6689",
    violates="R25 R27",
    caught_by="dependencies_are_cared_for role_fits_state",
)
def resumed_task_is_left_alone(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    original(worker, task, payload)
    return Outcome()


@mutant(
    "When a value goes, tasks that were ready to use it are not looked at.",
    row(S.MEMORY, S.RELEASED),
    origin="O4 #6893",
    violates="R7 R44",
    caught_by="no_handler_raises waits_for_its_inputs",
)
def lost_input_goes_unnoticed(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    outcome = original(worker, task, payload)
    return Outcome(review=(task.key,), instructions=outcome.instructions)


@mutant(
    "How often copying a key failed is forgotten when it is released.",
    called(WorkerState, "move"),
    origin="#4439",
    violates="R38 R18",
    caught_by="suspicion_is_never_lost",
)
def suspicion_dies_with_release(
    original: Any, worker: WorkerState, task: TaskState, finish: State
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
    original: Any, worker: WorkerState, task: TaskState, finish: State
) -> None:
    original(worker, task, finish)
    if finish is S.RELEASED and task.intent is Intent.NONE:
        worker.journal.set(task, "spec", None)


@mutant(
    "A task may wait for a dependency that failed by being computed here.",
    row(S.RELEASED, S.WAITING),
    origin="R38",
    violates="R38",
    caught_by="dependencies_are_cared_for",
)
def failed_input_is_waited_for(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    return Outcome(review=original(worker, task, payload).review)


@mutant(
    "A dependency that could not be copied once is never tried again.",
    row(S.RELEASED, S.WAITING),
    origin="R38",
    violates="R38",
    caught_by="?",
)
def failed_copy_gets_no_further_try(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    outcome = original(worker, task, payload)
    for key in task.dependencies:
        failure = worker.tasks[key].failure
        if worker.tasks[key].state is S.ERROR and failure is not None:
            return Outcome({task.key: To(S.ERROR, Failure(failure.exception, key))}, outcome.review)
    return outcome


@mutant(
    "A value that Python calls false is taken for none.",
    called(settling, "to_memory"),
    row(S.EXECUTING, S.MEMORY),
    origin="#4721",
    violates="R15 R28",
    caught_by="stores_what_is_in_memory",
)
def falsy_value_is_none(
    original: Action, worker: WorkerState, task: TaskState, value: object
) -> Outcome:
    outcome = original(worker, task, value)
    if not value:
        worker.journal.drop(worker.actors if task.key in worker.actors else worker.data, task.key)
    return outcome


@mutant(
    "An actor's value goes where values go that may be copied.",
    row(S.EXECUTING, S.MEMORY),
    origin="R48",
    violates="R48",
    caught_by="?",
)
def actor_is_stored_as_data(
    original: Action, worker: WorkerState, task: TaskState, value: object
) -> Outcome:
    outcome = original(worker, task, value)
    if task.key in worker.actors:
        worker.journal.put(worker.data, task.key, worker.journal.drop(worker.actors, task.key))
    return outcome


@mutant(
    "A key that is forgotten while a task here needs it gets no new record.",
    row(S.RELEASED, S.FORGOTTEN),
    origin="#6479",
    violates="R37 R42",
    caught_by="?",
)
def needed_key_is_forgotten(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    worker.move(task, S.FORGOTTEN)
    worker.forget(task)
    return Outcome()


@mutant(
    "A record that is to be forgotten stays when the thread that it held has ended.",
    row(S.CANCELLED, S.RELEASED),
    origin="#4784",
    violates="R37 R41",
    caught_by="forgotten_worker_is_empty",
)
def doomed_record_outlives_its_thread(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    outcome = original(worker, task, payload)
    return Outcome() if task.doomed else outcome


@mutant(
    "A task starts without the last of its inputs.",
    row(S.READY, S.EXECUTING),
    origin="R44",
    violates="R44",
    caught_by="starts_with_its_inputs",
)
def input_is_left_behind(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    (execute,) = original(worker, task, payload).instructions
    dict_of_inputs: Any = execute.inputs  # type: ignore[attr-defined]  # it is an Execute
    dict_of_inputs.pop(task.dependencies[-1], None) if task.dependencies else None
    return Outcome(instructions=(execute,))


@mutant(
    "A task that is wanted for its value alone is computed, because it could be.",
    called(TaskState, "role"),
    origin="R5",
    violates="R3 R5 R19",
    caught_by="starts_what_was_requested",
)
def role_is_guessed_from_the_content(original: Any, task: TaskState) -> Role:
    role: Role = original(task)
    guessed = role is Role.FETCH and task.spec is not None and task.request is not None
    return Role.COMPUTE if guessed else role


@mutant(
    "A requested task that a task here needs is copied instead of computed.",
    called(TaskState, "role"),
    origin="R5",
    violates="R5 R6",
    caught_by="?",
)
def need_outranks_the_request(original: Any, task: TaskState) -> Role:
    role: Role = original(task)
    return Role.FETCH if role is Role.COMPUTE and task.needed_by and task.who_has else role


@mutant(
    "A task that waits for other content keeps running the former.",
    called(wanted, "_with_thread"),
    origin="Z23",
    violates="R31",
    caught_by="?",
)
def former_content_is_revived(original: Any, task: TaskState) -> State:
    state: State = original(task)
    if state is S.CANCELLED and task.role is Role.COMPUTE:
        return S.EXECUTING if task.execution and not task.execution.seceded else S.LONG_RUNNING
    return state


@mutant(
    "A missing key that is to be computed here stays missing.",
    called(wanted, "_with_nothing"),
    origin="R4",
    violates="R4 R9",
    caught_by="role_fits_state",
)
def missing_key_is_not_computed(original: Any, worker: WorkerState, task: TaskState) -> State:
    return S.MISSING if task.state is S.MISSING and not task.doomed else original(worker, task)


@mutant(
    "A task whose request names resources queues like any other.",
    called(wanted, "runnable_state"),
    origin="Z06 #6676",
    violates="R19",
    caught_by="constrained_takes_resources",
)
def resources_are_overlooked(original: Any, task: TaskState) -> State:
    return S.READY


@mutant(
    "A scattered value that had to wait for a thread is dropped when that ends.",
    called(wanted, "_with_nothing"),
    origin="DESIGN",
    violates="R25",
    caught_by="?",
)
def scattered_value_is_dropped(original: Any, worker: WorkerState, task: TaskState) -> State:
    if task.scattered is not ABSENT:
        worker.journal.set(task, "scattered", ABSENT)
    return original(worker, task)


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(globals())
