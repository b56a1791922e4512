"""Planted bugs that tests and cases must notice: a fuzzer would not, or notices something else first."""

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from workerfuzz.harness.campaigns.mutants.catalogue import BY_NAME
from workerfuzz.harness.campaigns.mutants.mutant import Mutant, called, handler, mutant, mutants_in
from workerfuzz.statemachine.worker import dispatch, events, machine
from workerfuzz.statemachine.worker.journal import Journal
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import TaskState
from workerfuzz.statemachine.worker.transitions.outcome import Outcome
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: Events that this process has handled, whoever they happened to.
HANDLED: Final = [0]


@mutant(
    "Peers are asked in the order of a set.",
    called(dispatch, "peers_by_urgency"),
    origin="#6620",
    violates="D1",
    caught_by="tests",
)
def order_follows_hashes(original: Any, worker: WorkerState) -> list[str]:
    return list(set(original(worker)))


@mutant(
    "What a worker does depends on what other workers of the process did.",
    called(machine, "handle"),
    origin="D2",
    violates="D2",
    caught_by="tests",
)
def workers_share_a_counter(original: Any, worker: WorkerState, *arguments: Any) -> None:
    HANDLED[0] += 1
    if HANDLED[0] % 7 == 0:
        worker.journal.set(worker, "paused", not worker.paused)
    original(worker, *arguments)


@mutant(
    "A copy of a worker shares its records.",
    called(WorkerState, "copy"),
    origin="D3",
    violates="D3",
    caught_by="tests",
)
def copy_is_shallow(original: Any, worker: WorkerState) -> WorkerState:
    return copy.copy(worker)


@mutant(
    "The second of two events that come together is lost.",
    called(machine, "handle"),
    origin="D4",
    violates="D4",
    caught_by="tests",
)
def second_event_is_lost(original: Any, worker: WorkerState, *arguments: Any) -> None:
    if not worker.changes:
        original(worker, *arguments)


@mutant(
    "What an event wrote before it failed stays.",
    called(Journal, "undo"),
    origin="D5",
    violates="D5",
    caught_by="tests",
)
def nothing_is_undone(original: Any, journal: Journal) -> None:
    journal.commit()


@mutant(
    "A key that was freed is not computed again.",
    handler(events.ComputeTask),
    origin="R20",
    violates="R20",
    caught_by="tests",
)
def freed_key_is_not_computed(
    original: Any, worker: WorkerState, event: events.ComputeTask
) -> Outcome:
    task = worker.tasks.get(event.key)
    return Outcome() if task is not None and task.freed else original(worker, event)


@mutant(
    "A task that is handed back keeps its thread.",
    called(WorkerState, "_give_back"),
    origin="R33",
    violates="R33",
    caught_by="tests",
)
def handed_back_with_its_thread(original: Any, worker: WorkerState, task: TaskState) -> None:
    if worker._cause[1] is not State.RESCHEDULED:
        original(worker, task)


@mutant(
    "Nobody asks about keys that are missing.",
    handler(events.FindMissing),
    origin="R53",
    violates="R52 R53",
    caught_by="tests",
)
def nobody_asks_for_the_missing(
    original: Any, worker: WorkerState, event: events.FindMissing
) -> Outcome:
    return Outcome()


BLUNDERS: Final[tuple[Mutant, ...]] = mutants_in(globals())


@contextmanager
def planted_by_environment() -> Iterator[None]:
    """Everything runs on a model that has the bug which WORKERFUZZ_PLANT names, if it names one."""
    name = os.environ.get("WORKERFUZZ_PLANT")
    if not name:
        yield
        return
    with {**BY_NAME, **{item.name: item for item in BLUNDERS}}[name].planted():
        yield
