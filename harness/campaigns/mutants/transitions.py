"""Bugs in the table and in its actions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from workerfuzz.harness.campaigns.mutants.mutant import Mutant, mutant, mutants_in, row, rows
from workerfuzz.statemachine.worker.edges import Edge
from workerfuzz.statemachine.worker.instructions import Execute
from workerfuzz.statemachine.worker.states import State as S
from workerfuzz.statemachine.worker.task import TaskState
from workerfuzz.statemachine.worker.transitions import settling
from workerfuzz.statemachine.worker.transitions.outcome import Action, Outcome, Recommendation
from workerfuzz.statemachine.worker.worker_state import WorkerState

Rows = Mapping[Edge, Action]


@mutant(
    "A task that is freed while it runs is released, and its thread with it.",
    row(S.EXECUTING, S.CANCELLED),
    origin="#4446",
    violates="R26 R30",
    caught_by="thread_is_kept transitions_are_legal",
)
def freeing_takes_the_thread_away(
    original: object, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    return settling.to_released(worker, task, payload)


@mutant(
    "A task requested again while its thread runs on is started a second time.",
    row(S.CANCELLED, S.EXECUTING),
    origin="#4721",
    violates="R28",
    caught_by="one_action_per_key runs_within_its_threads thread_is_kept",
)
def revived_task_starts_again(
    original: object, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    return Outcome({task.key: Recommendation(S.WAITING)})


@mutant(
    "A ready task that gets a scattered value is in memory at once.",
    row(S.READY, S.MEMORY),
    origin="R23",
    violates="R2 R23 R24",
    caught_by="transitions_are_legal",
)
def ready_has_a_shortcut_to_memory(
    original: object, worker: WorkerState, task: TaskState, value: object
) -> Outcome:
    return settling.to_memory(worker, task, value)


@mutant(
    "An erred task that gets a scattered value is in memory at once.",
    row(S.ERROR, S.MEMORY),
    origin="R49",
    violates="R2 R24 R49",
    caught_by="transitions_are_legal",
)
def error_turns_into_memory(
    original: object, worker: WorkerState, task: TaskState, value: object
) -> Outcome:
    return settling.to_memory(worker, task, value)


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
    "A seceded task that fails keeps its resources.",
    row(S.LONG_RUNNING, S.ERROR),
    origin="Z04 #6697",
    violates="R50",
    caught_by="resources_are_conserved",
)
def seceded_failure_keeps_resources(
    original: Action, worker: WorkerState, task: TaskState, failure: object
) -> Outcome:
    worker.journal.set(task.execution, "resources", {})
    return original(worker, task, failure)


@mutant(
    "A seceded task that was freed and is wanted again: the scheduler is not told of the slot.",
    row(S.CANCELLED, S.LONG_RUNNING),
    origin="Z20 #6916",
    violates="R28 R50",
    caught_by="every_secession_is_told reports_every_secession",
)
def revived_secession_is_not_told(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    original(worker, task, payload)
    return Outcome()


@mutant(
    "A freed task whose thread ends with Reschedule is to be released again and again.",
    row(S.CANCELLED, S.RELEASED),
    origin="Z01 #6339",
    violates="R12 R27",
    caught_by="no_handler_raises",
)
def rescheduling_a_freed_task_never_ends(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    event, _ = worker._cause
    if event == "Reschedule":
        return Outcome({task.key: Recommendation(S.RELEASED)})
    return original(worker, task, payload)


@mutant(
    "When a steal is granted, nobody looks after the task here that needs the key.",
    row(S.RESCHEDULED, S.FETCH),
    row(S.RESCHEDULED, S.MISSING),
    origin="#4360",
    violates="R32 R35 R36",
    caught_by="dependencies_are_cared_for role_fits_state",
)
def stolen_input_strands_its_dependent(
    original: object, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    worker.move(task, S.RELEASED)
    return Outcome()


@mutant(
    "A thread fails that was of no use, and nobody looks for the copy that is needed instead.",
    row(S.RESUMED, S.RELEASED),
    origin="Z10 #6699 #6689",
    violates="R25 R27",
    caught_by="dependencies_are_cared_for role_fits_state",
)
def resumed_task_is_left_alone(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    event, _ = worker._cause
    outcome = original(worker, task, payload)
    return Outcome() if event == "ExecuteFailure" else outcome


@mutant(
    "A task whose thread runs on for nobody is started again when it is requested again.",
    row(S.RESUMED, S.EXECUTING),
    origin="#4721",
    violates="R25 R28",
    caught_by="one_action_per_key runs_within_its_threads thread_is_kept",
)
def resumed_task_starts_again(
    original: object, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    return Outcome({task.key: Recommendation(S.WAITING)})


@mutant(
    "A thread that runs for nobody is given up when the last task that needs the key goes.",
    row(S.RESUMED, S.CANCELLED),
    origin="#4446",
    violates="R26 R30",
    caught_by="no_handler_raises one_action_per_key runs_within_its_threads thread_is_kept "
    "transitions_are_legal",
)
def thread_goes_with_the_last_need(
    original: object, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    return settling.to_released(worker, task, payload)


@mutant(
    "A copy under way is queued anew when the request that came meanwhile is withdrawn.",
    row(S.RESUMED, S.FLIGHT),
    origin="#4757",
    violates="R16 R29",
    caught_by="somebody_holds_what_is_queued transitions_are_legal",
)
def resumed_copy_is_queued_again(
    original: object, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    worker.move(task, S.FETCH)
    return Outcome()


@mutant(
    "When a value goes, tasks that were ready to use it are not looked at.",
    row(S.MEMORY, S.RELEASED),
    origin="O4 #6893",
    violates="R7 R44",
    caught_by="no_handler_raises waits_for_its_inputs waits_for_something",
)
def lost_input_goes_unnoticed(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    outcome = original(worker, task, payload)
    return Outcome(review=(task.key,), instructions=outcome.instructions)


@mutant(
    "A result that Python calls false is taken for none.",
    row(S.EXECUTING, S.MEMORY),
    origin="#4721",
    violates="R15 R28",
    caught_by="reports_what_is_here stores_what_is_in_memory sizes_are_those_told",
)
def falsy_value_is_none(
    original: Action, worker: WorkerState, task: TaskState, value: object
) -> Outcome:
    outcome = original(worker, task, value)
    if not value and task.key in worker.data:
        worker.journal.drop(worker.data, task.key)
    return outcome


@mutant(
    "A key that is forgotten while a task here needs it gets no new record.",
    row(S.RELEASED, S.FORGOTTEN),
    origin="#6479",
    violates="R37 R42",
    caught_by="needs_are_known no_handler_raises",
)
def needed_key_is_forgotten(
    original: Action, worker: WorkerState, task: TaskState, payload: object
) -> Outcome:
    original(worker, task, payload)
    worker.tasks.pop(task.key, None)
    return Outcome()


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
    assert isinstance(execute, Execute)
    inputs = dict(list(execute.inputs.items())[:-1])
    return Outcome(instructions=(replace(execute, inputs=inputs),))


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(globals())
