"""Bugs in what follows from the end of a transfer, or of a task: what is used, counted, said."""

from collections.abc import Callable, Iterable
from typing import Final

from workerfuzz.harness.campaigns.mutants.mutant import (
    Mutant,
    called,
    handler,
    mutant,
    mutants_in,
    row,
    value,
)
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.handlers import Handler, network
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.states import State as S
from workerfuzz.statemachine.worker.task import ABSENT, Failure, TaskState
from workerfuzz.statemachine.worker.transitions import computing, settling
from workerfuzz.statemachine.worker.transitions.outcome import Action, Outcome, Recommendation
from workerfuzz.statemachine.worker.worker_state import WorkerState

States = frozenset[State]


def hold_on(worker: WorkerState, peer: str, keys: Iterable[str]) -> None:
    """The peer counts as a holder of these keys again."""
    for key in keys:
        if peer not in worker.tasks[key].who_has:
            worker._add_holder(worker.tasks[key], peer)


@mutant(
    "A peer that did not send a key is asked for it again.",
    handler(events.GatherDepSuccess),
    origin="#4784",
    violates="R38",
    caught_by="absent_peers_hold_nothing",
)
def liar_is_believed(
    original: Handler, worker: WorkerState, event: events.GatherDepSuccess
) -> Outcome:
    held = [key for key, task in worker.tasks.items() if event.worker in task.who_has]
    outcome = original(worker, event)
    hold_on(worker, event.worker, held)
    return outcome


@mutant(
    "A key may fail to be copied once more than the limit says.",
    called(network, "without_value"),
    origin="#4439",
    violates="R38",
    caught_by="failing_copies_err_at_the_limit",
)
def limit_is_one_too_high(
    original: Callable[..., Recommendation], worker: WorkerState, task: TaskState
) -> Recommendation:
    to = original(worker, task)
    allowed = task.suspicion <= worker.config.suspicious_limit
    return Recommendation(S.FETCH) if to.state is S.ERROR and allowed else to


@mutant(
    "A task that fails because a dependency did seems to have failed itself.",
    called(settling, "inherit"),
    called(computing, "inherit"),
    origin="#6705",
    violates="R38",
    caught_by="failures_name_their_cause",
)
def inherited_failure_names_no_cause(original: Callable[..., Failure], task: TaskState) -> Failure:
    inherited = original(task)
    return Failure(inherited.exception)


@mutant(
    "A value that arrives is dropped, because the task was requested meanwhile, and is computed.",
    value(network, "TAKES_VALUE"),
    origin="R10",
    violates="R10",
    caught_by="what_arrives_is_used",
)
def copy_of_a_requested_key_is_dropped(original: States) -> States:
    return original - {S.RESUMED}


@mutant(
    "When a peer is busy, the scheduler is asked about the keys that others have time for.",
    called(network, "waits_for_busy_peers"),
    origin="#4793",
    violates="R25",
    caught_by="questions_are_to_the_point",
)
def busy_peer_asks_about_other_keys(
    original: Callable[..., bool], worker: WorkerState, task: TaskState
) -> bool:
    return not original(worker, task)


@mutant(
    "When a transfer fails that was to bring several keys, only the first is tried elsewhere.",
    called(network, "ended_without"),
    origin="#4133",
    violates="R13 R25",
    caught_by="flight_comes_from_somebody transfer_ends_for_all_its_keys",
)
def only_the_first_key_leaves_its_flight(
    original: Callable[..., dict[str, Recommendation]],
    worker: WorkerState,
    tasks: list[TaskState],
) -> dict[str, Recommendation]:
    return original(worker, tasks[:1])


@mutant(
    "An actor is stored like any value.",
    row(S.EXECUTING, S.MEMORY),
    origin="R48",
    violates="R48",
    caught_by="actors_stay_here",
)
def actor_is_stored_as_data(
    original: Action, worker: WorkerState, task: TaskState, result: object
) -> Outcome:
    outcome = original(worker, task, result)
    if task.key in worker.actors:
        actor = worker.journal.drop(worker.actors, task.key)
        worker.journal.put(worker.data, task.key, actor)
    return outcome


@mutant(
    "The result of a thread replaces what was scattered while it ran.",
    row(S.EXECUTING, S.MEMORY),
    origin="DESIGN",
    violates="R18 R40",
    caught_by="scattered_value_wins sizes_are_those_told",
)
def result_outranks_the_scattered_value(
    original: Action, worker: WorkerState, task: TaskState, result: object
) -> Outcome:
    worker.journal.set(task, "scattered", ABSENT)
    return original(worker, task, result)


MUTANTS: Final[tuple[Mutant, ...]] = mutants_in(globals())
