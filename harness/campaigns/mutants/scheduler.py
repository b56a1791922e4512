"""Mutants of the scheduler, and of what lies between it and the workers."""

from collections.abc import Callable, Iterable
from typing import Final

from workerfuzz.harness.campaigns.mutants.mutant import (
    Mutant,
    PatchPoint,
    called,
    handler,
    mutant,
    mutants_in,
)
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, CallResult, Envelope
from workerfuzz.harness.subjects.reference import cluster as reference_cluster
from workerfuzz.harness.subjects.reference.cluster import ReferenceCluster
from workerfuzz.statemachine.scheduler import (
    client_requests,
    machine,
    messages,
    placement,
    table,
    target_state,
)
from workerfuzz.statemachine.scheduler.client_requests import NoticeStatus, Options
from workerfuzz.statemachine.scheduler.handlers import clients, decisions, worker_processes, workers
from workerfuzz.statemachine.scheduler.outcome import SchedulerOutcome, SchedulerRecommendation
from workerfuzz.statemachine.scheduler.participants import WorkerRecord
from workerfuzz.statemachine.scheduler.placement import place
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import SchedulerFailure, SchedulerTask
from workerfuzz.statemachine.worker import events, instructions
from workerfuzz.statemachine.worker.handlers import Handler, threads
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.statemachine.worker.transitions.outcome import Outcome
from workerfuzz.statemachine.worker.worker_state import WorkerState


def message(kind: type) -> PatchPoint:
    """Return the handler of a message."""
    return PatchPoint(machine, "HANDLERS", kind)


@mutant(
    "A report counts under whatever run id it is made.",
    called(workers, "running"),
    origin="#7463",
    violates="R28",
    caught_by="holders_agree",
)
def stale_run_counts(
    original: object,
    state: SchedulerState,
    worker: str,
    key: str,
    run_id: int | None,
) -> SchedulerTask | None:
    task = state.tasks.get(key)
    return task if task is not None and task.processing_on == worker else None


@mutant(
    "Reports of a worker count about a key that it was told to release.",
    called(workers, "reported_task"),
    origin="O7",
    violates="R39",
    caught_by="holders_agree",
)
def past_is_believed(
    original: object,
    state: SchedulerState,
    worker: str,
    key: str,
) -> SchedulerTask | None:
    return state.tasks.get(key)


@mutant(
    "What a dead worker held is still believed to be there.",
    called(worker_processes, "forget_worker"),
    origin="#6390",
    violates="R31",
    caught_by="holders_agree removed_workers_are_not_named",
)
def dead_worker_still_holds(
    original: Callable[..., bool], task: SchedulerTask, worker: str
) -> bool:
    held = dict(task.who_has)
    changed = original(task, worker)
    task.who_has.update(held)
    return changed


@mutant(
    "The tasks of a dead worker are not given to anybody else.",
    message(messages.Lose),
    origin="#5480",
    violates="R31",
    caught_by="processing_has_a_worker",
)
def dead_worker_keeps_its_tasks(
    original: Callable[..., SchedulerOutcome],
    state: SchedulerState,
    worker: str,
    report: messages.Lose,
) -> SchedulerOutcome:
    outcome = original(state, worker, report)
    outcome.recommend = {}
    return outcome


@mutant(
    "The first worker that dies takes its tasks with it.",
    called(worker_processes, "after_death"),
    origin="allowed_failures",
    violates="R31",
    caught_by="failures_have_a_cause tries_are_counted",
)
def first_death_is_the_last(
    original: object,
    state: SchedulerState,
    task: SchedulerTask,
) -> SchedulerRecommendation:
    return SchedulerRecommendation(
        SchedulerTaskState.ERRED, SchedulerFailure("a worker died", task.key)
    )


@mutant(
    "Tasks that wait for a failed one go on waiting.",
    PatchPoint(table, "TRANSITIONS", (SchedulerTaskState.PROCESSING, SchedulerTaskState.ERRED)),
    PatchPoint(machine, "TRANSITIONS", (SchedulerTaskState.PROCESSING, SchedulerTaskState.ERRED)),
    origin="a wanted key behind a failed one",
    violates="R46",
    caught_by="released_for_a_reason waiting_for_a_reason memory_has_a_holder processing_has_its_inputs",
)
def failure_is_not_passed_on(
    original: Callable[..., Iterable[str]],
    state: SchedulerState,
    task: SchedulerTask,
    failure: SchedulerFailure | None,
) -> Iterable[str]:
    original(state, task, failure)
    return ()


@mutant(
    "A value that is lost while it is needed is not made again.",
    PatchPoint(machine, "TRANSITIONS", (SchedulerTaskState.MEMORY, SchedulerTaskState.RELEASED)),
    origin="found in 2026.8.0",
    violates="R31",
    caught_by="released_for_a_reason waiting_for_a_reason memory_has_a_holder processing_has_its_inputs"
    " unused_records_go",
)
def lost_value_is_not_made_again(
    original: Callable[..., Iterable[str]],
    state: SchedulerState,
    task: SchedulerTask,
    failure: SchedulerFailure | None,
) -> Iterable[str]:
    original(state, task, failure)
    return ()


@mutant(
    "Nobody looks at the queue when a worker has room.",
    called(machine, "next_queued"),
    origin="#7348",
    violates="R30",
    caught_by="no_room_is_left room_is_not_left_idle",
)
def queue_stands_still(original: object, state: SchedulerState) -> SchedulerTask | None:
    return None


@mutant(
    "A worker that joins is not given what waits for one.",
    message(messages.Join),
    origin="bulk_schedule_unrunnable_after_adding_worker",
    violates="R30",
    caught_by="no_worker_is_overlooked able_workers_are_not_overlooked",
)
def newcomer_is_overlooked(
    original: Callable[..., SchedulerOutcome],
    state: SchedulerState,
    worker: str,
    report: messages.Join,
) -> SchedulerOutcome:
    outcome = original(state, worker, report)
    outcome.review = ()
    return outcome


@mutant(
    "Clients are not told that a key is finished.",
    called(SchedulerState, "tell_wanting"),
    origin="a result() that never returns",
    violates="R46",
    caught_by="wanted_keys_resolve",
)
def finish_is_kept_secret(
    original: Callable[..., None],
    state: SchedulerState,
    task: SchedulerTask,
    status: NoticeStatus,
    reason: str = "",
) -> None:
    if status is not NoticeStatus.FINISHED:
        original(state, task, status, reason)


@mutant(
    "The last copy of a value may be dropped.",
    called(decisions, "spare_holders"),
    called(reference_cluster, "spare_holders"),
    origin="the active memory manager",
    violates="R31",
    caught_by="last_copy_is_kept",
)
def last_copy_is_dropped(original: object, state: SchedulerState, key: str) -> Iterable[str]:
    task = state.tasks.get(key)
    return list(task.who_has) if task is not None else []


@mutant(
    "What failed stays so when a client wants another try.",
    message(client_requests.Retry),
    origin="stimulus_retry",
    violates="R38",
    caught_by="wanted_keys_resolve failed_inputs_are_tried_again",
)
def another_try_is_refused(
    original: object,
    state: SchedulerState,
    client: str,
    request: client_requests.Retry,
) -> SchedulerOutcome:
    return SchedulerOutcome()


@mutant(
    "A worker is not told that it can release a value.",
    called(SchedulerState, "free"),
    origin="a worker that never forgets",
    violates="R39",
    caught_by="holders_are_agreed_on",
)
def nobody_is_told_to_let_go(
    original: object,
    state: SchedulerState,
    task: SchedulerTask,
    worker: str,
) -> None:
    state.drop_holder(task, worker)


@mutant(
    "A key that is submitted again with other content keeps the former one.",
    called(clients, "renew"),
    origin="#9506",
    violates="R28",
    caught_by="finished_keys_have_the_right_value",
)
def former_content_is_kept(
    original: Callable[..., SchedulerTask],
    state: SchedulerState,
    spec: TaskSpec,
    options: Options,
) -> SchedulerTask:
    known = state.tasks.get(spec.key)
    kept = known.spec if known is not None and known.spec is not None else spec
    return original(state, kept if kept.dependencies == spec.dependencies else spec, options)


@mutant(
    "Those who did not cancel are not told when others are cancelled with it.",
    message(client_requests.Cancel),
    origin="stimulus_cancel",
    violates="R46",
    caught_by="wanted_keys_resolve finished_keys_have_the_right_value",
)
def others_are_not_told_of_a_cancel(
    original: Callable[..., SchedulerOutcome],
    state: SchedulerState,
    client: str,
    request: client_requests.Cancel,
) -> SchedulerOutcome:
    before = len(state.outbox)
    outcome = original(state, client, request)
    state.outbox[before:] = [
        message for message in state.outbox[before:] if message.receiver == client
    ]
    return outcome


@mutant(
    "The inputs of a task are not looked at before it is given to a worker.",
    called(target_state, "_under_way"),
    origin="#8703",
    violates="R31",
    caught_by="released_for_a_reason waiting_for_a_reason memory_has_a_holder processing_has_its_inputs",
)
def inputs_are_taken_for_granted(
    original: Callable[..., SchedulerTaskState],
    state: SchedulerState,
    task: SchedulerTask,
) -> SchedulerTaskState:
    if task.state is SchedulerTaskState.WAITING and not task.renewed:
        return place(state, task).state
    return original(state, task)


@mutant(
    "Every batch of a worker arrives twice.",
    called(ReferenceCluster, "deliver"),
    origin="a stream that is reconnected",
    violates="R28",
    caught_by="no_handler_raises",
)
def batches_arrive_twice(
    original: Callable[..., CallResult],
    cluster: ReferenceCluster,
    envelope: Envelope,
) -> CallResult:
    if envelope.receiver == SCHEDULER:
        return original(cluster, envelope)
    first, again = original(cluster, envelope), original(cluster, envelope)
    return CallResult([*first.envelopes, *again.envelopes], [*first.actions, *again.actions])


@mutant(
    "What a worker says of copies that it has is lost on the way.",
    called(ReferenceCluster, "deliver"),
    origin="a message that is lost",
    violates="R31",
    caught_by="holders_are_agreed_on",
)
def copies_are_not_heard_of(
    original: Callable[..., CallResult],
    cluster: ReferenceCluster,
    envelope: Envelope,
) -> CallResult:
    heard = tuple(
        message for message in envelope.messages if not isinstance(message, instructions.AddKeys)
    )
    return original(cluster, envelope._replace(messages=heard))


@mutant(
    "The messages of one batch arrive in reverse order.",
    called(ReferenceCluster, "deliver"),
    origin="two streams instead of one",
    violates="R28",
    caught_by="no_handler_raises",
)
def batches_are_upside_down(
    original: Callable[..., CallResult],
    cluster: ReferenceCluster,
    envelope: Envelope,
) -> CallResult:
    turned = envelope._replace(messages=tuple(reversed(envelope.messages)))
    return original(cluster, turned)


@mutant(
    "A request to compute a task is lost on the way.",
    called(ReferenceCluster, "deliver"),
    origin="a message that is lost",
    violates="R46",
    caught_by="wanted_keys_resolve",
)
def second_request_is_lost(
    original: Callable[..., CallResult],
    cluster: ReferenceCluster,
    envelope: Envelope,
) -> CallResult:
    kept = tuple(
        message
        for message in envelope.messages
        if not (isinstance(message, events.ComputeTask) and message.request.run_id == 2)
    )
    return original(cluster, envelope._replace(messages=kept))


@mutant(
    "A task may be computed anywhere, whatever it is restricted to.",
    called(placement, "able_workers"),
    origin="worker restrictions",
    violates="R30",
    caught_by="tasks_go_where_they_may",
)
def restrictions_are_ignored(
    original: object, state: SchedulerState, task: SchedulerTask
) -> Iterable[WorkerRecord]:
    return list(state.workers.values())


@mutant(
    "What a worker says of a pause is not written down.",
    message(messages.Running),
    origin="worker-status-change",
    violates="R30",
    caught_by="paused_workers_are_given_nothing",
)
def word_of_a_pause_is_lost(
    original: object, state: SchedulerState, worker: str, report: messages.Running
) -> SchedulerOutcome:
    return SchedulerOutcome()


@mutant(
    "A worker is given one task more than it has room for.",
    called(placement, "has_room"),
    origin="#7348",
    violates="R30",
    caught_by="room_is_not_exceeded room_is_for_what_may_wait",
)
def room_is_one_more(
    original: Callable[..., bool], state: SchedulerState, worker: WorkerRecord
) -> bool:
    first = next(iter(worker.processing), None)
    if first is None:
        return original(state, worker)
    left = worker.copy()
    del left.processing[first]
    left.seceded.pop(first, None)
    return original(state, left)


@mutant(
    "Nobody looks at the queue when a task leaves its slot.",
    called(machine, "next_queued"),
    origin="2022.10.0: Scheduler.handle_long_running",
    violates="R30",
    caught_by="room_is_not_left_idle",
)
def slot_that_is_left_stays_empty(
    original: Callable[..., SchedulerTask | None], state: SchedulerState
) -> SchedulerTask | None:
    return None if state.cause == "LongRunning" else original(state)


@mutant(
    "A failure takes none of the tries that are left.",
    message(instructions.TaskErred),
    origin="retries",
    violates="R38",
    caught_by="tries_are_counted",
)
def tries_never_end(
    original: Callable[..., SchedulerOutcome],
    state: SchedulerState,
    worker: str,
    report: instructions.TaskErred,
) -> SchedulerOutcome:
    outcome = original(state, worker, report)
    task = state.tasks.get(report.key)
    if task is not None:
        task.retries_left = task.options.retries
    return outcome


@mutant(
    "A task is given to worker after worker, however many die of it.",
    called(worker_processes, "after_death"),
    origin="allowed_failures",
    violates="R31",
    caught_by="tries_are_counted",
)
def deaths_are_forgiven(
    original: object, state: SchedulerState, task: SchedulerTask
) -> SchedulerRecommendation:
    return SchedulerRecommendation(SchedulerTaskState.WAITING)


@mutant(
    "A task that was in memory is as suspect as before.",
    PatchPoint(machine, "TRANSITIONS", (SchedulerTaskState.PROCESSING, SchedulerTaskState.MEMORY)),
    origin="suspicion",
    violates="R31",
    caught_by="fresh_tries_are_complete",
)
def suspicion_outlives_success(
    original: Callable[..., Iterable[str]],
    state: SchedulerState,
    task: SchedulerTask,
    failure: SchedulerFailure | None,
) -> Iterable[str]:
    suspicion = task.suspicion
    review = original(state, task, failure)
    task.suspicion = suspicion
    return review


@mutant(
    "What is more urgent to the user is less urgent to workers.",
    message(client_requests.Submit),
    origin="priority",
    violates="R18",
    caught_by="priorities_are_passed_on priority_is_of_the_user",
)
def priorities_are_upside_down(
    original: Callable[..., SchedulerOutcome],
    state: SchedulerState,
    client: str,
    request: client_requests.Submit,
) -> SchedulerOutcome:
    outcome = original(state, client, request)
    for spec in request.specs:
        task = state.tasks.get(spec.key)
        if task is not None and task.state is SchedulerTaskState.RELEASED:
            task.priority = (task.options.priority, *task.priority[1:])
    return outcome


@mutant(
    "Another try is one of the task itself, and not of its inputs.",
    message(client_requests.Retry),
    origin="stimulus_retry",
    violates="R38",
    caught_by="failed_inputs_are_tried_again",
)
def inputs_are_not_tried_again(
    original: Callable[..., SchedulerOutcome],
    state: SchedulerState,
    client: str,
    request: client_requests.Retry,
) -> SchedulerOutcome:
    again = original(state, client, request).recommend
    return SchedulerOutcome(
        {key: recommendation for key, recommendation in again.items() if key in request.keys}
    )


@mutant(
    "A notice does not say which graphs had arrived: its client takes a late one for an answer.",
    called(SchedulerState, "tell"),
    origin="client.py, Client._handle_cancelled_keys",
    violates="R46",
    caught_by="late_answers_end_nothing",
)
def notices_do_not_say_what_they_answer(
    original: object,
    state: SchedulerState,
    client: str,
    *told: str,
) -> None:
    key, status, *reason = told
    notice = client_requests.ClientNotice(key, NoticeStatus(status), "".join(reason))
    state.outbox.append(messages.SchedulerMessage(client, notice))


@mutant(
    "A failure is reported as a wish to be rescheduled: the task runs, and fails, for ever.",
    handler(events.ExecuteFailure),
    origin="the message that ends a run",
    violates="R38",
    caught_by="runs_are_reported_as_they_ended",
)
def failure_is_taken_for_a_reschedule(
    original: object, worker: WorkerState, event: events.ExecuteFailure
) -> Outcome:
    return threads.on_reschedule(worker, events.Reschedule(key=event.key, run_id=event.run_id))


@mutant(
    "A value that is freed while its worker is paused stays, and can be read.",
    handler(events.ForgetKeys),
    origin="values that were freed are read",
    violates="R37",
    caught_by="freed_values_are_gone state_fits_intent",
)
def paused_worker_keeps_what_is_freed(
    original: Handler, worker: WorkerState, event: events.ForgetKeys
) -> Outcome:
    outcome = original(worker, event)
    return Outcome(review=outcome.review) if worker.paused else outcome


@mutant(
    "A worker goes on to count on a peer that it was told to be gone.",
    handler(events.RemoveWorker),
    origin="nobody counts on a worker that was removed",
    violates="R39",
    caught_by="removed_peers_are_not_counted_on absent_peers_hold_nothing",
)
def removed_peer_is_counted_on(
    original: object, worker: WorkerState, event: events.RemoveWorker
) -> Outcome:
    return Outcome()


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(vars())
