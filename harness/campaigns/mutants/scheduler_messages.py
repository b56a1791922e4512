"""Bugs in what is written down of a message of the scheduler, and in how it is answered."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from workerfuzz.harness.campaigns.mutants.mutant import (
    Mutant,
    called,
    handler,
    mutant,
    mutants_in,
    value,
)
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.handlers import Handler, scheduler
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.states import State as S
from workerfuzz.statemachine.worker.task import TaskSpec, TaskState
from workerfuzz.statemachine.worker.transitions.outcome import Outcome, Recommendation
from workerfuzz.statemachine.worker.worker_state import WorkerState

States = frozenset[State]


@mutant(
    "A request for copies is not written down.",
    handler(events.AcquireReplicas),
    origin="#6479",
    violates="R3 R39",
    caught_by="intent_is_what_was_asked",
)
def replicas_are_not_wanted(
    original: Handler, worker: WorkerState, event: events.AcquireReplicas
) -> Outcome:
    before = {key: worker.ensure(key).intent for key in event.who_has}
    outcome = original(worker, event)
    for key, intent in before.items():
        worker.journal.set(worker.tasks[key], "intent", intent)
    return outcome


@mutant(
    "The record of a key that is not wanted any more goes with its value.",
    handler(events.FreeKeys),
    origin="R37",
    violates="R37 R39 R41",
    caught_by="only_the_doomed_are_forgotten",
)
def freed_key_is_forgotten(
    original: object, worker: WorkerState, event: events.FreeKeys
) -> Outcome:
    return scheduler.on_forget_keys(worker, events.ForgetKeys(keys=event.keys))


@mutant(
    "A task that is to be forgotten when its thread ends stays so although it is requested again.",
    handler(events.ComputeTask),
    origin="#4721",
    violates="R28 R42",
    caught_by="state_fits_intent",
)
def request_does_not_save_the_doomed(
    original: Handler, worker: WorkerState, event: events.ComputeTask
) -> Outcome:
    doomed = worker.ensure(event.key).doomed
    outcome = original(worker, event)
    worker.journal.set(worker.tasks[event.key], "doomed", doomed)
    return outcome


@mutant(
    "A request for a key whose value is here is not answered.",
    called(scheduler, "answer_request"),
    origin="#4724",
    violates="R20 R40",
    caught_by="done_is_told_again",
)
def value_that_is_here_is_not_reported(
    original: Callable[..., Outcome],
    worker: WorkerState,
    task: TaskState,
    other_content: bool,
) -> Outcome:
    outcome = original(worker, task, other_content)
    return Outcome(outcome.recommend) if task.state is S.MEMORY else outcome


@mutant(
    "What was copied under former content counts as the value of the new one.",
    called(scheduler, "answer_request"),
    origin="R44",
    violates="R31 R44",
    caught_by="former_value_goes",
)
def old_value_counts_for_new_content(
    original: Callable[..., Outcome],
    worker: WorkerState,
    task: TaskState,
    other_content: bool,
) -> Outcome:
    return original(worker, task, False)


@mutant(
    "A task that erred stays so when it is requested again.",
    value(scheduler, "RESTARTED_BY_REQUEST"),
    origin="#4800",
    violates="R20 R50",
    caught_by="a_request_is_another_try",
)
def erred_task_stays_erred(original: States) -> States:
    return original - {S.ERROR}


Tries = Mapping[str, Recommendation]


@mutant(
    "A dependency that could not be copied fails every later request.",
    called(scheduler, "another_try"),
    origin="#4439",
    violates="R38",
    caught_by="a_request_is_another_try",
)
def failed_copy_gets_no_further_try(original: object, worker: WorkerState, spec: TaskSpec) -> Tries:
    return {}


@mutant(
    "A copy that a task here waits with, or runs with, is dropped when it may be.",
    called(WorkerState, "is_in_use"),
    origin="#7490",
    violates="R39",
    caught_by="replicas_go_unless_used",
)
def replica_in_use_is_dropped(original: object, worker: WorkerState, task: TaskState) -> bool:
    return False


@mutant(
    "Peers that the scheduler does not name any more are still taken for holders.",
    called(WorkerState, "set_holders"),
    origin="#4360",
    violates="R40",
    caught_by="holders_are_what_was_told",
)
def holders_are_merged(
    original: Callable[..., None],
    worker: WorkerState,
    task: TaskState,
    peers: Iterable[str],
) -> None:
    original(worker, task, (*peers, *task.who_has))


@mutant(
    "A value that is scattered while a thread or a transfer is held is lost.",
    handler(events.UpdateData),
    origin="DESIGN",
    violates="R18 R40",
    caught_by="scattered_value_is_kept",
)
def scattered_value_is_lost(
    original: Handler, worker: WorkerState, event: events.UpdateData
) -> Outcome:
    before = {key: worker.ensure(key).scattered for key in event.values}
    outcome = original(worker, event)
    for key, scattered in before.items():
        worker.journal.set(worker.tasks[key], "scattered", scattered)
    return outcome


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(globals())
