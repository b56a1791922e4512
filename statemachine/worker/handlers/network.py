"""Handlers of ended transfers, and of the timers that belong to them.

Source: distributed 2026.8.0, worker_state_machine.py, ``_handle_gather_dep_success``
and its siblings, ``_handle_find_missing``, ``_handle_retry_busy_worker``
"""

from collections.abc import Iterable
from typing import Final

from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.errors import InvalidEvent
from workerfuzz.statemachine.worker.states import Intent, State
from workerfuzz.statemachine.worker.task import ABSENT, Failure, TaskState
from workerfuzz.statemachine.worker.transitions.outcome import Outcome, Recommendation
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: States in which the value of a transfer is stored.
TAKES_VALUE: Final = frozenset({State.FLIGHT, State.RESUMED})


def close_transfer(worker: WorkerState, peer: str) -> list[TaskState]:
    """The tasks that were asked for; raises InvalidEvent where no transfer is open."""
    if peer not in worker.transfers:
        raise InvalidEvent(f"no transfer from {peer} is open")
    return [worker.tasks[key] for key in worker.close_transfer(peer).keys]


def on_gather_dep_success(worker: WorkerState, event: events.GatherDepSuccess) -> Outcome:
    """Store the values that are wanted. A peer that did not send a key does not hold it."""
    asked = worker.transfers.get(event.worker)
    for key in event.values:
        if asked is None or key not in asked.keys:
            raise InvalidEvent(f"{event.worker} was not asked for {key}")
    recommend: dict[str, Recommendation] = {}
    for task in close_transfer(worker, event.worker):
        if task.key not in event.values:
            suspect(worker, task)
            worker.drop_holder(task, event.worker)
            recommend[task.key] = without_value(worker, task)
        elif task.state in TAKES_VALUE:
            recommend[task.key] = Recommendation(State.MEMORY, event.values[task.key])
        else:
            recommend[task.key] = Recommendation(State.RELEASED)
    return Outcome(recommend)


def on_gather_dep_busy(worker: WorkerState, event: events.GatherDepBusy) -> Outcome:
    """Try other holders; without any, ask the scheduler, and that peer again later."""
    tasks = close_transfer(worker, event.worker)
    worker.journal.put(worker.busy_workers, event.worker, None)
    stuck = [task.key for task in tasks if waits_for_busy_peers(worker, task)]
    asks: list[do.Instruction] = [do.RetryBusyWorkerLater(worker=event.worker)]
    if stuck:
        asks.append(do.RequestRefreshWhoHas(keys=tuple(sorted(stuck))))
    return Outcome(ended_without(worker, tasks), instructions=asks)


def waits_for_busy_peers(worker: WorkerState, task: TaskState) -> bool:
    """A copy is wanted, and nobody who holds it may be asked now (#4793)."""
    return task.state is State.FLIGHT and all(peer in worker.busy_workers for peer in task.who_has)


def on_gather_dep_network_failure(
    worker: WorkerState, event: events.GatherDepNetworkFailure
) -> Outcome:
    """Drop an unreachable peer as a holder, of the requested keys and of all others."""
    tasks = close_transfer(worker, event.worker)
    held = sorted(worker.has_what.get(event.worker, ()))
    for key in held:
        worker.drop_holder(worker.tasks[key], event.worker)
    return Outcome(ended_without(worker, tasks), review=held)


def on_gather_dep_failure(worker: WorkerState, event: events.GatherDepFailure) -> Outcome:
    """Nobody knows which of the keys would not deserialise: each is suspected, and retried alone."""
    tasks = close_transfer(worker, event.worker)
    for task in tasks:
        suspect(worker, task)
    return Outcome(ended_without(worker, tasks))


def suspect(worker: WorkerState, task: TaskState) -> None:
    """Count one failure to copy a key, unless it is going to be computed here (R38)."""
    if task.intent is not Intent.COMPUTE:
        worker.journal.set(task, "suspicion", task.suspicion + 1)


def ended_without(worker: WorkerState, tasks: Iterable[TaskState]) -> dict[str, Recommendation]:
    return {task.key: without_value(worker, task) for task in tasks}


def without_value(worker: WorkerState, task: TaskState) -> Recommendation:
    """Return the next state of a task whose transfer ended without its value."""
    if task.state is not State.FLIGHT:
        return Recommendation(State.RELEASED)
    if task.scattered is not ABSENT:
        return Recommendation(State.MEMORY)
    if task.suspicion >= worker.config.suspicious_limit:
        return Recommendation(State.ERROR, Failure(f"{task.key} could not be copied"))
    return Recommendation(State.FETCH)


def on_find_missing(worker: WorkerState, event: events.FindMissing) -> Outcome:
    """Ask the scheduler about every key that nobody is known to hold."""
    if not worker.missing:
        return Outcome()
    return Outcome(instructions=(do.RequestRefreshWhoHas(keys=tuple(sorted(worker.missing))),))


def on_retry_busy_worker(worker: WorkerState, event: events.RetryBusyWorker) -> Outcome:
    """A peer may be asked again."""
    if event.worker not in worker.busy_workers:
        raise InvalidEvent(f"{event.worker} was not busy")
    worker.journal.drop(worker.busy_workers, event.worker)
    return Outcome()
