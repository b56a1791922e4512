"""Bugs in what the messages of the scheduler do."""

from typing import Any, Final

from workerfuzz.harness.campaigns.mutants.mutant import (
    Mutant,
    called,
    handler,
    mutant,
    mutants_in,
    value,
)
from workerfuzz.statemachine import events, instructions
from workerfuzz.statemachine.handlers import scheduler
from workerfuzz.statemachine.states import NEEDS_INPUTS, USES_INPUTS, Intent, State
from workerfuzz.statemachine.task import ABSENT, Request, TaskSpec, TaskState
from workerfuzz.statemachine.transitions.outcome import Outcome, To
from workerfuzz.statemachine.worker import WorkerState

States = frozenset[State]


@mutant(
    "A key that is known as data is requested, and what it is to compute is not written down.",
    handler(events.ComputeTask),
    origin="#4360",
    violates="R1 R9",
    caught_by="?",
)
def known_key_gets_no_spec(original: Any, worker: WorkerState, event: events.ComputeTask) -> Outcome:
    known = worker.tasks.get(event.key)
    outcome: Outcome = original(worker, event)
    if known is not None and known.request is event.request:
        worker.journal.set(known, "spec", TaskSpec(key=event.key))
    return outcome


@mutant(
    "A wish for a copy is taken for a request.",
    handler(events.AcquireReplicas),
    origin="R1",
    violates="R1 R6 R9",
    caught_by="compute_has_content",
)
def replica_is_taken_for_a_request(
    original: Any, worker: WorkerState, event: events.AcquireReplicas
) -> Outcome:
    outcome: Outcome = original(worker, event)
    for task in map(worker.tasks.__getitem__, event.who_has):
        if task.intent is Intent.FETCH:
            worker.journal.set(task, "intent", Intent.COMPUTE)
    return outcome


@mutant(
    "A wish for copies is not written down.",
    handler(events.AcquireReplicas),
    origin="R6",
    violates="R6",
    caught_by="?",
)
def replicas_are_not_wanted(
    original: Any, worker: WorkerState, event: events.AcquireReplicas
) -> Outcome:
    known = {key: worker.ensure(key).intent for key in event.who_has}
    outcome: Outcome = original(worker, event)
    for key, intent in known.items():
        worker.journal.set(worker.tasks[key], "intent", intent)
    return outcome


@mutant(
    "A wish for a copy replaces the request to compute.",
    handler(events.AcquireReplicas),
    origin="DESIGN",
    violates="R5 R6",
    caught_by="?",
)
def replica_lowers_the_request(
    original: Any, worker: WorkerState, event: events.AcquireReplicas
) -> Outcome:
    for key in event.who_has:
        worker.journal.set(worker.ensure(key), "intent", Intent.FETCH)
    return original(worker, event)  # type: ignore[no-any-return]  # an Outcome


@mutant(
    "A task that is requested again keeps its first run id.",
    handler(events.ComputeTask),
    origin="R28",
    violates="R25 R28",
    caught_by="reports_the_last_request",
)
def first_run_id_is_kept(original: Any, worker: WorkerState, event: events.ComputeTask) -> Outcome:
    task = worker.tasks.get(event.key)
    before = task.request if task is not None else None
    outcome: Outcome = original(worker, event)
    if before is not None and worker.tasks[event.key].execution is not None:
        worker.journal.set(worker.tasks[event.key], "request", before)
    return outcome


@mutant(
    "A task that is requested again keeps its first priority.",
    handler(events.ComputeTask),
    origin="R21",
    violates="R21 R44",
    caught_by="?",
)
def first_priority_is_kept(
    original: Any, worker: WorkerState, event: events.ComputeTask
) -> Outcome:
    task = worker.tasks.get(event.key)
    before = task.request if task is not None else None
    outcome: Outcome = original(worker, event)
    if before is not None:
        kept = Request(
            run_id=event.request.run_id,
            priority=before.priority,
            resources=event.request.resources,
        )
        worker.journal.set(worker.tasks[event.key], "request", kept)
    return outcome


@mutant(
    "Other content is written into the record while a thread runs the former.",
    handler(events.ComputeTask),
    origin="Z23 #7463",
    violates="R31 R44",
    caught_by="reports_its_own_content",
)
def new_content_meets_the_old_thread(
    original: Any, worker: WorkerState, event: events.ComputeTask
) -> Outcome:
    outcome: Outcome = original(worker, event)
    task = worker.tasks[event.key]
    worker.journal.set(task, "spec", event.spec)
    worker.journal.set(task, "successor", None)
    return outcome


@mutant(
    "A task that is requested again stays doomed.",
    handler(events.ComputeTask),
    origin="R37",
    violates="R20 R37 R41",
    caught_by="?",
)
def request_does_not_save_the_doomed(
    original: Any, worker: WorkerState, event: events.ComputeTask
) -> Outcome:
    doomed = event.key in worker.tasks and worker.tasks[event.key].doomed
    outcome: Outcome = original(worker, event)
    worker.journal.set(worker.tasks[event.key], "doomed", doomed)
    return outcome


@mutant(
    "A request finds the value here, and the scheduler is not told.",
    called(scheduler, "answer_request"),
    origin="#4721",
    violates="R28 R40",
    caught_by="?",
)
def value_that_is_here_is_not_reported(
    original: Any, worker: WorkerState, task: TaskState, other_content: bool
) -> Outcome:
    outcome: Outcome = original(worker, task, other_content)
    if task.state is State.MEMORY:
        return Outcome(outcome.recommend, outcome.review)
    return outcome


@mutant(
    "A request finds its task outside the slots, and the scheduler is not told.",
    called(scheduler, "answer_request"),
    origin="Z20 #6916",
    violates="R28 R50",
    caught_by="?",
)
def secession_is_not_told_again(
    original: Any, worker: WorkerState, task: TaskState, other_content: bool
) -> Outcome:
    outcome: Outcome = original(worker, task, other_content)
    if task.state is State.LONG_RUNNING:
        return Outcome(outcome.recommend, outcome.review)
    return outcome


@mutant(
    "A value of former content counts for a request with other content.",
    called(scheduler, "answer_request"),
    origin="Z23",
    violates="R31 R44",
    caught_by="?",
)
def old_value_counts_for_new_content(
    original: Any, worker: WorkerState, task: TaskState, other_content: bool
) -> Outcome:
    return original(worker, task, False)  # type: ignore[no-any-return]  # an Outcome


@mutant(
    "A ready task that is requested again, now with resources, stays where it is queued.",
    value(scheduler, "RESTARTED_BY_REQUEST"),
    origin="Z08 #6711",
    violates="R16 R19",
    caught_by="no_handler_raises",
)
def ready_task_ignores_new_resources(original: States) -> States:
    return original - {State.READY}


@mutant(
    "An erred task that is requested again stays erred.",
    value(scheduler, "RESTARTED_BY_REQUEST"),
    origin="#4800",
    violates="R4 R20",
    caught_by="?",
)
def erred_task_stays_erred(original: States) -> States:
    return original - {State.ERROR}


@mutant(
    "A task forgets its only dependency when it is requested again.",
    handler(events.ComputeTask),
    origin="#5046",
    violates="R44",
    caught_by="?",
)
def request_forgets_its_dependency(
    original: Any, worker: WorkerState, event: events.ComputeTask
) -> Outcome:
    outcome: Outcome = original(worker, event)
    for key in worker.tasks[event.key].dependencies:
        if worker.tasks[event.key].state is State.WAITING:
            worker.journal.put(worker.tasks[key].needed_by, event.key, None)
            worker.journal.drop(worker.tasks[key].needed_by, event.key)
    return outcome


@mutant(
    "A dependency that nobody is known to hold is left out of the request.",
    handler(events.ComputeTask),
    origin="R22",
    violates="R22 R47",
    caught_by="?",
)
def speculative_request_is_refused(
    original: Any, worker: WorkerState, event: events.ComputeTask
) -> Outcome:
    for key in event.spec.dependencies:
        assert event.who_has.get(key) or worker.has(key), f"nobody holds {key}"
    return original(worker, event)  # type: ignore[no-any-return]  # an Outcome


@mutant(
    "Priority of a waiting task that is requested again does not reach its queued inputs.",
    called(WorkerState, "hurry_inputs"),
    origin="R21",
    violates="R21",
    caught_by="?",
)
def inputs_are_not_hurried(original: Any, worker: WorkerState, task: TaskState) -> None:
    """Nothing is hurried."""


@mutant(
    "A key that is not wanted any more is forgotten.",
    called(scheduler, "let_go"),
    origin="R37",
    violates="R37 R38 R39",
    caught_by="?",
)
def freed_key_is_forgotten(original: Any, worker: WorkerState, tasks: Any) -> Outcome:
    for task in tasks:
        worker.journal.set(task, "doomed", True)
    return original(worker, tasks)  # type: ignore[no-any-return]  # an Outcome


@mutant(
    "A key that is to be forgotten is freed, and its record stays.",
    handler(events.ForgetKeys),
    origin="R42",
    violates="R37 R39 R42",
    caught_by="forgotten_worker_is_empty",
)
def forgetting_is_only_freeing(
    original: Any, worker: WorkerState, event: events.ForgetKeys
) -> Outcome:
    return scheduler.on_free_keys(worker, events.FreeKeys(keys=event.keys))


@mutant(
    "Erred tasks are never let go.",
    value(scheduler, "KEPT"),
    origin="#4784",
    violates="R14 R37",
    caught_by="?",
)
def erred_task_is_kept_for_ever(original: States) -> States:
    return original - {State.ERROR}


@mutant(
    "A key that is being copied for a task here is cancelled when it is freed.",
    handler(events.FreeKeys),
    origin="O7",
    violates="R20 R40",
    caught_by="?",
)
def free_keys_stops_a_needed_copy(
    original: Any, worker: WorkerState, event: events.FreeKeys
) -> Outcome:
    outcome: Outcome = original(worker, event)
    inflight = [task for task in scheduler.known(worker, event.keys) if task.coming_from]
    recommend = {task.key: To(State.CANCELLED) for task in inflight if task.state is State.FLIGHT}
    return Outcome({**outcome.recommend, **recommend})


@mutant(
    "Freeing a key that has no record is an error.",
    called(scheduler, "known"),
    origin="R17",
    violates="R17",
    caught_by="no_handler_raises",
)
def unknown_key_cannot_be_freed(original: Any, worker: WorkerState, keys: Any) -> list[TaskState]:
    return [worker.tasks[key] for key in keys]


@mutant(
    "A copy may be dropped although a task here needs it.",
    called(WorkerState, "is_in_use"),
    origin="DESIGN",
    violates="R39",
    caught_by="?",
)
def replica_in_use_is_dropped(original: Any, worker: WorkerState, task: TaskState) -> bool:
    return False


@mutant(
    "A copy may never be dropped once a record here depends on it, whatever became of that.",
    called(WorkerState, "is_in_use"),
    origin="Z25 #7490",
    violates="R14 R39",
    caught_by="?",
)
def replica_is_refused_for_ever(original: Any, worker: WorkerState, task: TaskState) -> bool:
    return any(task.key in other.dependencies for other in worker.tasks.values())


@mutant(
    "A copy is not dropped, and the scheduler is not told.",
    handler(events.RemoveReplicas),
    origin="DESIGN",
    violates="R39",
    caught_by="?",
)
def refusal_is_kept_secret(
    original: Any, worker: WorkerState, event: events.RemoveReplicas
) -> Outcome:
    outcome: Outcome = original(worker, event)
    return Outcome(outcome.recommend, outcome.review)


@mutant(
    "Permission to drop a copy withdraws the request to compute.",
    handler(events.RemoveReplicas),
    origin="R39",
    violates="R39",
    caught_by="?",
)
def removing_replicas_cancels_compute(
    original: Any, worker: WorkerState, event: events.RemoveReplicas
) -> Outcome:
    outcome: Outcome = original(worker, event)
    for task in scheduler.known(worker, event.keys):
        worker.journal.set(task, "intent", Intent.NONE)
    return outcome


@mutant(
    "A steal is answered twice.",
    handler(events.StealRequest),
    origin="R34",
    violates="R34",
    caught_by="steal_is_answered",
)
def steal_is_answered_twice(
    original: Any, worker: WorkerState, event: events.StealRequest
) -> Outcome:
    outcome: Outcome = original(worker, event)
    return Outcome(outcome.recommend, outcome.review, (*outcome.instructions, *outcome.instructions))


@mutant(
    "A steal of a key without a record is not answered.",
    handler(events.StealRequest),
    origin="R34",
    violates="R34",
    caught_by="steal_is_answered",
)
def steal_of_unknown_key_is_not_answered(
    original: Any, worker: WorkerState, event: events.StealRequest
) -> Outcome:
    return original(worker, event) if event.key in worker.tasks else Outcome()


@mutant(
    "A running task is given away.",
    value(scheduler, "STEALABLE"),
    origin="R34",
    violates="R33 R34",
    caught_by="?",
)
def running_task_is_given_away(original: States) -> States:
    return original | USES_INPUTS


@mutant(
    "A task that waits for its copy to fail before it is computed is given away.",
    value(scheduler, "STEALABLE"),
    origin="#4757",
    violates="R32 R34",
    caught_by="?",
)
def resumed_task_is_given_away(original: States) -> States:
    return original | {State.RESUMED}


@mutant(
    "The answer to a steal names the state in the scheduler's words.",
    handler(events.StealRequest),
    origin="R51",
    violates="R34 R51",
    caught_by="steal_is_answered",
)
def steal_is_answered_in_foreign_words(
    original: Any, worker: WorkerState, event: events.StealRequest
) -> Outcome:
    outcome: Outcome = original(worker, event)
    answer = instructions.StealResponse(
        key=event.key, state="processing", stimulus_id=event.stimulus_id
    )
    return Outcome(outcome.recommend, outcome.review, (answer,))


@mutant(
    "A task that was given away is still wanted here.",
    handler(events.StealRequest),
    origin="R32",
    violates="R32 R36",
    caught_by="?",
)
def stolen_task_is_still_wanted(
    original: Any, worker: WorkerState, event: events.StealRequest
) -> Outcome:
    task = worker.tasks.get(event.key)
    before = task.intent if task is not None else None
    outcome: Outcome = original(worker, event)
    if task is not None:
        worker.journal.set(task, "intent", before)
    return outcome


@mutant(
    "A task that was given away loses what it is to compute.",
    handler(events.StealRequest),
    origin="R45",
    violates="R18 R44 R45",
    caught_by="content_is_immutable",
)
def stealing_takes_the_spec(
    original: Any, worker: WorkerState, event: events.StealRequest
) -> Outcome:
    outcome: Outcome = original(worker, event)
    task = worker.tasks.get(event.key)
    if task is not None and outcome.recommend:
        worker.journal.set(task, "spec", TaskSpec(key=event.key))
    return outcome


@mutant(
    "A running task is cancelled by a message that is for tasks that do not run yet.",
    value(scheduler, "CANCELLABLE"),
    origin="R39",
    violates="R26 R39",
    caught_by="?",
)
def cancel_compute_stops_a_running_task(original: States) -> States:
    return original | USES_INPUTS


@mutant(
    "A request cannot be withdrawn once all inputs are here.",
    value(scheduler, "CANCELLABLE"),
    origin="R39",
    violates="R39",
    caught_by="?",
)
def ready_task_cannot_be_cancelled(original: States) -> States:
    return original - (NEEDS_INPUTS - {State.WAITING})


@mutant(
    "New holders are added to the old ones.",
    called(WorkerState, "set_holders"),
    origin="#4360",
    violates="R22",
    caught_by="?",
)
def holders_are_merged(original: Any, worker: WorkerState, task: TaskState, peers: Any) -> None:
    original(worker, task, (*task.who_has, *peers))


@mutant(
    "Holders are announced, and the missing key is not looked at.",
    handler(events.RefreshWhoHas),
    origin="#6479",
    violates="R22 R47",
    caught_by="?",
)
def announced_holder_changes_nothing(
    original: Any, worker: WorkerState, event: events.RefreshWhoHas
) -> Outcome:
    original(worker, event)
    return Outcome()


@mutant(
    "A peer leaves, and keys that only it held stay queued.",
    handler(events.RemoveWorker),
    origin="DESIGN",
    violates="R13",
    caught_by="?",
)
def keys_of_a_dead_peer_stay_queued(
    original: Any, worker: WorkerState, event: events.RemoveWorker
) -> Outcome:
    original(worker, event)
    return Outcome()


@mutant(
    "A scattered value that finds one here does not replace it.",
    called(scheduler, "replace_value"),
    origin="DESIGN",
    violates="R25",
    caught_by="?",
)
def scattered_value_is_ignored(
    original: Any, worker: WorkerState, key: str, scattered: object
) -> None:
    """Nothing is replaced."""


@mutant(
    "A value is scattered while the key is copied, and lost.",
    handler(events.UpdateData),
    origin="DESIGN",
    violates="R25",
    caught_by="?",
)
def scattered_value_is_lost(
    original: Any, worker: WorkerState, event: events.UpdateData
) -> Outcome:
    outcome: Outcome = original(worker, event)
    for key in event.values:
        worker.journal.set(worker.tasks[key], "scattered", ABSENT)
    return outcome


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(globals())
