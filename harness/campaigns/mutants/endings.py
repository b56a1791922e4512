"""Bugs in what threads and the network report."""

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
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.handlers import Handler, network, threads
from workerfuzz.statemachine.worker.states import Intent, State
from workerfuzz.statemachine.worker.task import TaskState
from workerfuzz.statemachine.worker.transitions import computing
from workerfuzz.statemachine.worker.transitions.outcome import Outcome, Recommendation
from workerfuzz.statemachine.worker.worker_state import WorkerState

States = frozenset[State]


@mutant(
    "A transfer that nobody needs any more ends in an error, and its keys are queued again.",
    called(network, "without_value"),
    origin="Z13 #6699",
    violates="R16 R41",
    caught_by="transitions_are_legal",
)
def cancelled_copy_is_queued_again(
    original: Callable[..., Recommendation], worker: WorkerState, task: TaskState
) -> Recommendation:
    to = original(worker, task)
    return Recommendation(State.FETCH) if task.state is State.CANCELLED else to


@mutant(
    "A busy peer is never asked again.",
    handler(events.RetryBusyWorker),
    origin="#4133",
    violates="R25",
    caught_by="everything_comes_to_rest no_peer_is_left_alone",
)
def busy_peer_stays_busy(
    original: object, worker: WorkerState, event: events.RetryBusyWorker
) -> Outcome:
    return Outcome()


@mutant(
    "Nobody waits for a busy peer.",
    handler(events.GatherDepBusy),
    origin="#4133",
    violates="R25",
    caught_by="everything_comes_to_rest no_peer_is_left_alone",
)
def busy_peer_is_given_up(
    original: Handler, worker: WorkerState, event: events.GatherDepBusy
) -> Outcome:
    outcome = original(worker, event)
    left = [
        instruction
        for instruction in outcome.instructions
        if not isinstance(instruction, do.RetryBusyWorkerLater)
    ]
    return Outcome(outcome.recommend, outcome.review, left)


@mutant(
    "The scheduler is never asked who holds a missing key.",
    handler(events.FindMissing),
    origin="#6479",
    violates="R22 R25 R47",
    caught_by="everything_comes_to_rest",
)
def nobody_asks_for_the_missing(
    original: object, worker: WorkerState, event: events.FindMissing
) -> Outcome:
    return Outcome()


@mutant(
    "The scheduler is asked for ever who holds keys that are here.",
    handler(events.FindMissing),
    origin="#6479",
    violates="R40",
    caught_by="coming_to_rest_ends",
)
def keys_that_are_here_are_asked_for(
    original: object, worker: WorkerState, event: events.FindMissing
) -> Outcome:
    keys = tuple(sorted({*worker.missing, *worker.data}))
    return Outcome(instructions=(do.RequestRefreshWhoHas(keys=keys),)) if keys else Outcome()


@mutant(
    "A thread asks to be run elsewhere that runs for nobody, and is handed back.",
    called(threads, "thread_ended"),
    origin="Z18 #6913 #6685",
    violates="R16 R27",
    caught_by="no_handler_raises scattered_value_is_taken",
)
def resumed_task_is_rescheduled(
    original: Callable[..., Outcome],
    task: TaskState,
    event: events.Event,
    payload: object,
) -> Outcome:
    if isinstance(event, events.Reschedule) and task.state is State.RESUMED:
        return Outcome({task.key: Recommendation(State.RESCHEDULED)})
    return original(task, event, payload)


@mutant(
    "A copy that was cancelled and wanted again is given up when its transfer fails.",
    called(network, "without_value"),
    origin="#5152",
    violates="R16 R29",
    caught_by="no_handler_raises",
)
def revived_copy_is_given_up(
    original: Callable[..., Recommendation], worker: WorkerState, task: TaskState
) -> Recommendation:
    revived = task.state is State.FLIGHT and task.history[-1].start is State.CANCELLED
    to = original(worker, task)
    return Recommendation(State.RELEASED) if revived else to


@mutant(
    "The end of a thread that was freed and requested again is taken for a stale one.",
    handler(events.ExecuteSuccess),
    origin="Z15 #6878 R28",
    violates="R28",
    caught_by="everything_comes_to_rest threads_are_known",
)
def end_of_a_revived_task_is_ignored(
    original: Handler, worker: WorkerState, event: events.ExecuteSuccess
) -> Outcome:
    request = threads.running(worker, event).request
    stale = request is not None and request.run_id != event.run_id
    return Outcome() if stale else original(worker, event)


@mutant(
    "A thread that was freed and requested again names its first run when it leaves its slot.",
    called(computing, "long_running"),
    origin="Z30 #8991",
    violates="R28 R31",
    caught_by="reports_the_last_request",
)
def secession_names_the_first_run(
    original: Callable[..., do.LongRunning], task: TaskState, duration_s: float = 0.0
) -> do.LongRunning:
    told = original(task, duration_s)
    freed = any(change.finish is State.CANCELLED for change in task.history)
    return replace(told, run_id=task.execution.run_id) if task.execution and freed else told


@mutant(
    "A task that was freed tells the scheduler that it left its slot.",
    handler(events.Secede),
    origin="Z20 #6916",
    violates="R27",
    caught_by="every_secession_is_told reports_the_last_request",
)
def freed_task_secedes_aloud(
    original: Handler, worker: WorkerState, event: events.Secede
) -> Outcome:
    outcome = original(worker, event)
    task = worker.tasks[event.key]
    told = (computing.long_running(task),) if task.state in threads.OF_NO_USE else ()
    return Outcome(outcome.recommend, outcome.review, told)


@mutant(
    "The failure of former content is reported for the request that came since.",
    handler(events.ExecuteFailure),
    origin="Z28 #7933",
    violates="R27 R31",
    caught_by="reports_its_own_content reports_the_last_request",
)
def failure_is_booked_on_the_new_run(
    original: Handler, worker: WorkerState, event: events.ExecuteFailure
) -> Outcome:
    request = worker.tasks[event.key].request
    former = worker.tasks[event.key].successor is not None
    outcome = original(worker, event)
    if former and request is not None:
        told = do.TaskErred(key=event.key, run_id=request.run_id, exception=event.exception)
        return Outcome(outcome.recommend, outcome.review, (told,))
    return outcome


@mutant(
    "A thread that fails withdraws the request.",
    handler(events.ExecuteFailure),
    origin="R3",
    violates="R3 R18",
    caught_by="intent_is_the_schedulers reports_every_end failures_name_their_run",
)
def failure_withdraws_the_request(
    original: Handler, worker: WorkerState, event: events.ExecuteFailure
) -> Outcome:
    outcome = original(worker, event)
    worker.journal.set(worker.tasks[event.key], "intent", Intent.NONE)
    return outcome


@mutant(
    "A worker that was paused stays so.",
    handler(events.Unpause),
    origin="#4724",
    violates="R25",
    caught_by="coming_to_rest_ends no_peer_is_left_alone no_thread_is_idle",
)
def pause_never_ends(original: object, worker: WorkerState, event: events.Unpause) -> Outcome:
    return Outcome()


@mutant(
    "What a thread of a freed task returns is stored.",
    called(threads, "thread_ended"),
    origin="R27",
    violates="R8 R16 R27",
    caught_by="no_handler_raises reports_its_own_content scattered_value_is_taken transitions_are_legal",
)
def result_of_a_freed_task_is_kept(
    original: object,
    task: TaskState,
    event: events.Event,
    payload: object,
) -> Outcome:
    return Outcome({task.key: Recommendation(threads.AFTER_THREAD[type(event)], payload)})


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(globals())
