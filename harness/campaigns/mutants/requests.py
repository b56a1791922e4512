"""Bugs in what the messages of the scheduler do."""

from collections.abc import Callable
from typing import Final

from workerfuzz.harness.campaigns.mutants.mutant import (
    Mutant,
    handler,
    mutant,
    mutants_in,
    value,
)
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.handlers import Handler, scheduler
from workerfuzz.statemachine.worker.instructions import StealResponse
from workerfuzz.statemachine.worker.states import USES_INPUTS, Intent, State
from workerfuzz.statemachine.worker.task import Request, TaskSpec
from workerfuzz.statemachine.worker.transitions.outcome import Outcome, Recommendation
from workerfuzz.statemachine.worker.worker_state import WorkerState

States = frozenset[State]


@mutant(
    "A key that is known as data is requested, and what it is to compute is not written down.",
    handler(events.ComputeTask),
    origin="#4360",
    violates="R1 R9",
    caught_by="compute_has_content no_handler_raises",
)
def known_key_gets_no_spec(
    original: Handler, worker: WorkerState, event: events.ComputeTask
) -> Outcome:
    known = worker.tasks.get(event.key)
    outcome = original(worker, event)
    if known is not None:
        worker.journal.set(known, "spec", None)
    return outcome


@mutant(
    "A request for a copy is taken for a request to compute.",
    handler(events.AcquireReplicas),
    origin="R1",
    violates="R1 R6 R8 R9",
    caught_by="starts_what_was_requested runnable_was_requested",
)
def replica_is_taken_for_a_request(
    original: Handler, worker: WorkerState, event: events.AcquireReplicas
) -> Outcome:
    outcome = original(worker, event)
    for task in map(worker.tasks.__getitem__, event.who_has):
        if task.spec is None:
            worker.journal.set(task, "intent", Intent.COMPUTE)
            worker.journal.set(task, "spec", TaskSpec(key=task.key))
            worker.journal.set(task, "request", Request(run_id=worker.last_run_id))
    return outcome


@mutant(
    "A task that is requested again keeps its first run id.",
    handler(events.ComputeTask),
    origin="R28",
    violates="R25 R28",
    caught_by="request_is_written_down reports_the_last_request starts_what_was_requested",
)
def first_run_id_is_kept(
    original: Handler, worker: WorkerState, event: events.ComputeTask
) -> Outcome:
    task = worker.tasks.get(event.key)
    before = task.request if task is not None else None
    outcome = original(worker, event)
    if before is not None and worker.tasks[event.key].execution is not None:
        worker.journal.set(worker.tasks[event.key], "request", before)
    return outcome


@mutant(
    "Other content is written into the record while a thread runs the former.",
    handler(events.ComputeTask),
    origin="Z23 #7463",
    violates="R31 R44",
    caught_by="reports_its_own_content",
)
def new_content_meets_the_old_thread(
    original: Handler, worker: WorkerState, event: events.ComputeTask
) -> Outcome:
    outcome = original(worker, event)
    task = worker.tasks[event.key]
    worker.journal.set(task, "spec", event.spec)
    worker.journal.set(task, "successor", None)
    return outcome


@mutant(
    "A ready task that is requested again, now with resources, stays where it is queued.",
    value(scheduler, "RESTARTED_BY_REQUEST"),
    origin="Z08 #6711",
    violates="R16 R19",
    caught_by="queued_as_urgently_as_asked no_handler_raises",
)
def ready_task_ignores_new_resources(original: States) -> States:
    return original - {State.READY}


@mutant(
    "A waiting task that is requested again is not known to its dependencies any more.",
    handler(events.ComputeTask),
    origin="#5046",
    violates="R13 R44",
    caught_by="needs_are_known",
)
def request_forgets_its_dependency(
    original: Handler, worker: WorkerState, event: events.ComputeTask
) -> Outcome:
    outcome = original(worker, event)
    for key in event.spec.dependencies:
        worker.tasks[key].needed_by.pop(event.key, None)
    return outcome


@mutant(
    "A task that was done once, and freed since, is taken to be done still.",
    handler(events.ComputeTask),
    origin="#5046",
    violates="R4 R11 R20",
    caught_by="content_is_immutable intent_is_the_schedulers role_fits_state",
)
def task_is_done_for_ever(
    original: Handler, worker: WorkerState, event: events.ComputeTask
) -> Outcome:
    outcome = original(worker, event)
    done = any(change.finish is State.MEMORY for change in worker.story(event.key))
    return Outcome(instructions=outcome.instructions) if done else outcome


@mutant(
    "A request whose dependency nobody is known to hold is an error.",
    handler(events.ComputeTask),
    origin="R22",
    violates="R17 R22 R47",
    caught_by="no_handler_raises",
)
def speculative_request_is_refused(
    original: Handler, worker: WorkerState, event: events.ComputeTask
) -> Outcome:
    for key in event.spec.dependencies:
        if not event.who_has.get(key) and key not in worker.data and key not in worker.actors:
            raise LookupError(f"nobody holds {key}")
    return original(worker, event)


@mutant(
    "A key that is to be forgotten is freed, and its record stays.",
    handler(events.ForgetKeys),
    origin="R42",
    violates="R37 R39 R42",
    caught_by="forgotten_worker_is_empty",
)
def forgetting_is_only_freeing(
    original: object, worker: WorkerState, event: events.ForgetKeys
) -> Outcome:
    return scheduler.on_free_keys(worker, events.FreeKeys(keys=event.keys))


@mutant(
    "Erred tasks are never released.",
    value(scheduler, "LEFT_WHEN_FREED"),
    origin="#4784",
    violates="R14 R37",
    caught_by="state_fits_intent forgotten_worker_is_empty",
)
def erred_task_is_kept_for_ever(original: States) -> States:
    return original - {State.ERROR}


@mutant(
    "A copy that a task here waits for is cancelled when its key is freed.",
    handler(events.FreeKeys),
    origin="O7",
    violates="R20 R40",
    caught_by="compound_state_is_legal",
)
def free_keys_stops_a_needed_copy(
    original: Handler, worker: WorkerState, event: events.FreeKeys
) -> Outcome:
    outcome = original(worker, event)
    copied = [
        task for task in scheduler.existing_tasks(worker, event.keys) if task.state is State.FLIGHT
    ]
    stopped = {task.key: Recommendation(State.CANCELLED) for task in copied}
    others = [key for key in outcome.review if key not in stopped]
    return Outcome({**outcome.recommend, **stopped}, others)


@mutant(
    "Permission to drop a copy withdraws the request to compute.",
    handler(events.RemoveReplicas),
    origin="R39",
    violates="R39",
    caught_by="intent_is_what_was_asked reports_every_end refuses_for_a_reason",
)
def removing_replicas_cancels_compute(
    original: Handler, worker: WorkerState, event: events.RemoveReplicas
) -> Outcome:
    outcome = original(worker, event)
    for task in scheduler.existing_tasks(worker, event.keys):
        worker.journal.set(task, "intent", Intent.NONE)
    return outcome


@mutant(
    "A running task is given away.",
    value(scheduler, "STEALABLE"),
    origin="R34",
    violates="R33 R34",
    caught_by="role_fits_state",
)
def running_task_is_given_away(original: States) -> States:
    return original | USES_INPUTS


@mutant(
    "A task that waits for its copy to fail before it is computed is given away.",
    value(scheduler, "STEALABLE"),
    origin="#4757",
    violates="R32 R34",
    caught_by="no_handler_raises",
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
    original: Handler, worker: WorkerState, event: events.StealRequest
) -> Outcome:
    outcome = original(worker, event)
    answer = StealResponse(key=event.key, state="processing", stimulus_id=event.stimulus_id)
    return Outcome(outcome.recommend, outcome.review, (answer,))


@mutant(
    "A task that was given away loses what it is to compute.",
    handler(events.StealRequest),
    origin="R45",
    violates="R18 R44 R45",
    caught_by="content_is_immutable",
)
def stealing_takes_the_spec(
    original: Handler, worker: WorkerState, event: events.StealRequest
) -> Outcome:
    outcome = original(worker, event)
    task = worker.tasks.get(event.key)
    if task is not None and outcome.recommend:
        worker.journal.set(task, "spec", TaskSpec(key=event.key))
    return outcome


@mutant(
    "Holders are announced, and the missing key is not looked at.",
    handler(events.RefreshWhoHas),
    origin="#6479",
    violates="R22 R47",
    caught_by="somebody_holds_what_is_queued",
)
def announced_holder_changes_nothing(
    original: Handler, worker: WorkerState, event: events.RefreshWhoHas
) -> Outcome:
    original(worker, event)
    return Outcome()


@mutant(
    "A peer leaves, and keys that only it held stay queued.",
    handler(events.RemoveWorker),
    origin="DESIGN",
    violates="R13",
    caught_by="somebody_holds_what_is_queued",
)
def keys_of_a_dead_peer_stay_queued(
    original: Handler, worker: WorkerState, event: events.RemoveWorker
) -> Outcome:
    original(worker, event)
    return Outcome()


@mutant(
    "A request clears what was counted against its dependencies.",
    handler(events.ComputeTask),
    origin="#4439",
    violates="R38",
    caught_by="suspicion_is_never_lost",
)
def request_clears_the_suspicion_of_inputs(
    original: Callable[..., Outcome],
    worker: WorkerState,
    event: events.ComputeTask,
) -> Outcome:
    outcome = original(worker, event)
    for key in event.spec.dependencies:
        worker.journal.set(worker.tasks[key], "suspicion", 0)
    return outcome


@mutant(
    "A task that was given away is still wanted here.",
    handler(events.StealRequest),
    origin="R32",
    violates="R32 R36",
    caught_by="intent_is_what_was_asked everything_comes_to_rest reports_the_last_request",
)
def stolen_task_is_still_wanted(
    original: Handler, worker: WorkerState, event: events.StealRequest
) -> Outcome:
    task = worker.tasks.get(event.key)
    before = task.intent if task is not None else None
    outcome = original(worker, event)
    if task is not None:
        worker.journal.set(task, "intent", before)
    return outcome


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(globals())
