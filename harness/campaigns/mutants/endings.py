"""Bugs in what threads and the network report."""

from collections.abc import Iterable
from typing import Any, Final

from workerfuzz.harness.campaigns.mutants.mutant import (
    Mutant,
    called,
    handler,
    mutant,
    mutants_in,
    value,
)
from workerfuzz.statemachine import events
from workerfuzz.statemachine import instructions as do
from workerfuzz.statemachine.handlers import network, threads
from workerfuzz.statemachine.states import Intent, State
from workerfuzz.statemachine.task import ABSENT, Failure, TaskState
from workerfuzz.statemachine.transitions.outcome import Outcome, To
from workerfuzz.statemachine.worker import WorkerState

States = frozenset[State]


@mutant(
    "A peer that did not send a key is still taken for a holder.",
    handler(events.GatherDepSuccess),
    origin="#4784",
    violates="R38",
    caught_by="?",
)
def dead_source_is_kept(
    original: Any, worker: WorkerState, event: events.GatherDepSuccess
) -> Outcome:
    asked = worker.transfers[event.worker].keys
    outcome: Outcome = original(worker, event)
    for key in asked:
        task = worker.tasks[key]
        worker.set_holders(task, (*task.who_has, event.worker))
    return outcome


@mutant(
    "A peer that cannot be reached is still taken for a holder of other keys.",
    handler(events.GatherDepNetworkFailure),
    origin="#4784",
    violates="R4 R38",
    caught_by="?",
)
def dead_peer_holds_the_rest(
    original: Any, worker: WorkerState, event: events.GatherDepNetworkFailure
) -> Outcome:
    tasks = network.close_transfer(worker, event.worker)
    for task in tasks:
        worker.drop_holder(task, event.worker)
    return Outcome(network.ended_without(worker, tasks))


@mutant(
    "A failure to copy a key is not counted.",
    called(network, "suspect"),
    origin="#4439",
    violates="R38",
    caught_by="?",
)
def failure_to_copy_is_not_counted(original: Any, worker: WorkerState, task: TaskState) -> None:
    """Nothing is counted."""


@mutant(
    "A key that is to be computed here is suspected as well.",
    called(network, "suspect"),
    origin="R38",
    violates="R10 R38",
    caught_by="?",
)
def computed_key_is_suspected(original: Any, worker: WorkerState, task: TaskState) -> None:
    worker.journal.set(task, "suspicion", task.suspicion + 1)


@mutant(
    "A key gets one failure more than the limit says.",
    called(network, "without_value"),
    origin="R38",
    violates="R38",
    caught_by="?",
)
def limit_is_one_too_high(original: Any, worker: WorkerState, task: TaskState) -> To:
    to: To = original(worker, task)
    return To(State.FETCH) if task.suspicion == worker.config.suspicious_limit else to


@mutant(
    "A transfer that nobody needs any more ends in an error, and there is no edge.",
    called(network, "without_value"),
    origin="Z13 #6699",
    violates="R16 R41",
    caught_by="?",
)
def cancelled_copy_is_queued_again(original: Any, worker: WorkerState, task: TaskState) -> To:
    return To(State.FETCH) if task.state is State.CANCELLED else original(worker, task)


@mutant(
    "Data that nobody needs any more is stored when it arrives.",
    value(network, "TAKES_VALUE"),
    origin="#4784",
    violates="R8 R16",
    caught_by="transitions_are_legal",
)
def unwanted_data_is_stored(original: States) -> States:
    return original | {State.CANCELLED}


@mutant(
    "A value that arrives for a key that is to be computed by now is thrown away.",
    value(network, "TAKES_VALUE"),
    origin="R10",
    violates="R10",
    caught_by="?",
)
def copy_of_a_requested_key_is_dropped(original: States) -> States:
    return original - {State.RESUMED}


@mutant(
    "Of the keys of a transfer that failed, only the first is looked at.",
    called(network, "ended_without"),
    origin="#4133",
    violates="R13 R25",
    caught_by="?",
)
def only_the_first_key_leaves_its_flight(
    original: Any, worker: WorkerState, tasks: Iterable[TaskState]
) -> dict[str, To]:
    return dict(list(original(worker, tasks).items())[:1])


@mutant(
    "A busy peer is never asked again.",
    handler(events.RetryBusyWorker),
    origin="#4133",
    violates="R25",
    caught_by="everything_comes_to_rest",
)
def busy_peer_stays_busy(
    original: Any, worker: WorkerState, event: events.RetryBusyWorker
) -> Outcome:
    return Outcome()


@mutant(
    "Nobody waits for a busy peer.",
    handler(events.GatherDepBusy),
    origin="#4133",
    violates="R25",
    caught_by="everything_comes_to_rest",
)
def busy_peer_is_given_up(
    original: Any, worker: WorkerState, event: events.GatherDepBusy
) -> Outcome:
    outcome: Outcome = original(worker, event)
    left = [it for it in outcome.instructions if not isinstance(it, do.RetryBusyWorkerLater)]
    return Outcome(outcome.recommend, outcome.review, left)


@mutant(
    "When a peer is busy, the scheduler is asked about the keys of other peers.",
    called(network, "waits_for_busy_peers"),
    origin="#4793",
    violates="R40",
    caught_by="?",
)
def busy_peer_asks_about_other_keys(original: Any, worker: WorkerState, task: TaskState) -> bool:
    return not original(worker, task)


@mutant(
    "The scheduler is never asked who holds a missing key.",
    handler(events.FindMissing),
    origin="#6479",
    violates="R22 R47",
    caught_by="everything_comes_to_rest",
)
def nobody_asks_for_the_missing(
    original: Any, worker: WorkerState, event: events.FindMissing
) -> Outcome:
    return Outcome()


@mutant(
    "The scheduler is asked for ever who holds a key that is here.",
    handler(events.FindMissing),
    origin="#6479",
    violates="R8",
    caught_by="coming_to_rest_ends",
)
def keys_that_are_here_are_asked_for(
    original: Any, worker: WorkerState, event: events.FindMissing
) -> Outcome:
    keys = tuple(task.key for task in worker.tasks.values() if task.intent is Intent.FETCH)
    return Outcome(instructions=(do.RequestRefreshWhoHas(keys=keys),)) if keys else Outcome()


@mutant(
    "What a thread of a freed task returns is stored.",
    called(threads, "thread_ended"),
    origin="R27",
    violates="R8 R16 R27",
    caught_by="transitions_are_legal",
)
def result_of_a_freed_task_is_kept(
    original: Any, task: TaskState, event: events.Event, payload: object
) -> Outcome:
    return Outcome({task.key: To(threads.AFTER_THREAD[type(event)], payload)})


@mutant(
    "A thread that asks to be run elsewhere is rescheduled although its task was freed.",
    called(threads, "thread_ended"),
    origin="Z18 #6913 #6685",
    violates="R16 R27",
    caught_by="no_handler_raises",
)
def freed_task_is_rescheduled(
    original: Any, task: TaskState, event: events.Event, payload: object
) -> Outcome:
    if isinstance(event, events.Reschedule):
        return Outcome({task.key: To(State.RESCHEDULED)})
    return original(task, event, payload)  # type: ignore[no-any-return]  # an Outcome


@mutant(
    "The end of a thread that was freed and requested again is taken for a stale one.",
    handler(events.ExecuteSuccess),
    origin="Z15 #6878 R28",
    violates="R28",
    caught_by="everything_comes_to_rest",
)
def end_of_a_revived_task_is_ignored(
    original: Any, worker: WorkerState, event: events.ExecuteSuccess
) -> Outcome:
    request = threads.running(worker, event).request
    stale = request is not None and request.run_id != event.run_id
    return Outcome() if stale else original(worker, event)


@mutant(
    "The failure of former content is the failure of what was requested since.",
    called(threads, "thread_ended"),
    origin="Z28 #7933",
    violates="R31 R28",
    caught_by="?",
)
def failure_of_other_content_counts(
    original: Any, task: TaskState, event: events.Event, payload: object
) -> Outcome:
    if isinstance(payload, Failure) and task.successor is not None:
        return Outcome({task.key: To(State.ERROR, payload)})
    return original(task, event, payload)  # type: ignore[no-any-return]  # an Outcome


@mutant(
    "A thread that was freed and requested again names its first run when it leaves its slot.",
    handler(events.Secede),
    origin="Z30 #8991",
    violates="R28",
    caught_by="reports_the_last_request",
)
def secession_names_the_first_run(
    original: Any, worker: WorkerState, event: events.Secede
) -> Outcome:
    outcome: Outcome = original(worker, event)
    task = worker.tasks[event.key]
    assert task.request is not None
    worker.journal.set(task.request, "run_id", event.run_id)
    return outcome


@mutant(
    "A freed task tells the scheduler that it left its slot.",
    value(threads, "OF_NO_USE"),
    origin="Z20 #6916",
    violates="R27",
    caught_by="?",
)
def freed_task_secedes_aloud(original: States) -> States:
    return original - {State.CANCELLED}


@mutant(
    "A thread that fails withdraws the request.",
    handler(events.ExecuteFailure),
    origin="R3",
    violates="R3 R18",
    caught_by="intent_is_the_schedulers",
)
def failure_withdraws_the_request(
    original: Any, worker: WorkerState, event: events.ExecuteFailure
) -> Outcome:
    outcome: Outcome = original(worker, event)
    worker.journal.set(worker.tasks[event.key], "intent", Intent.NONE)
    return outcome


@mutant(
    "A worker that was paused stays so.",
    handler(events.Unpause),
    origin="#4724",
    violates="R25",
    caught_by="coming_to_rest_ends",
)
def pause_never_ends(original: Any, worker: WorkerState, event: events.Unpause) -> Outcome:
    return Outcome()


@mutant(
    "A thread may report for a run that it was not started for.",
    called(threads, "running"),
    origin="R31",
    violates="R31",
    caught_by="?",
)
def any_thread_may_report(original: Any, worker: WorkerState, event: Any) -> TaskState:
    return worker.tasks[event.key]


@mutant(
    "A value scattered while a thread ran is dropped when the thread ends.",
    called(threads, "thread_ended"),
    origin="DESIGN",
    violates="R25",
    caught_by="?",
)
def computed_value_beats_scattered(
    original: Any, task: TaskState, event: events.Event, payload: object
) -> Outcome:
    task.scattered = ABSENT
    return original(task, event, payload)  # type: ignore[no-any-return]  # an Outcome


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(globals())
