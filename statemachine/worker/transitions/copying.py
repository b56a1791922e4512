"""Into fetch, flight, missing, cancelled and resumed: the way of a copy, and what holds on to it."""

from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import TaskState
from workerfuzz.statemachine.worker.transitions.outcome import Outcome, Recommendation
from workerfuzz.statemachine.worker.worker_state import WorkerState


def to_fetch(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """Queue a task to be copied, or record that nobody holds it.

    The peer is chosen later, in ``dispatch.start_transfers``, so that keys held by the same peer
    travel together.
    """
    if not task.who_has:
        return Outcome(recommend={task.key: Recommendation(State.MISSING)})
    worker.move(task, State.FETCH)
    return Outcome()


def to_missing(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """Wanted, but nobody is known to hold it; ``FindMissing`` asks the scheduler."""
    worker.move(task, State.MISSING)
    return Outcome()


def start_flight(worker: WorkerState, task: TaskState, peer: object) -> Outcome:
    """Hold a transfer that ``dispatch.start_transfers`` opened."""
    assert isinstance(peer, str)
    worker.move(task, State.FLIGHT)
    worker.take_transfer(task, peer)
    return Outcome()


def resume_flight(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """The transfer that is still open is wanted again (R29)."""
    worker.move(task, State.FLIGHT)
    return Outcome()


def to_cancelled(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """Nobody wants it as it is; wait until the thread or the transfer comes back (R26)."""
    worker.move(task, State.CANCELLED)
    return Outcome()


def to_resumed(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """Wanted again, but in another way than what it holds can give: that has to come back first."""
    worker.move(task, State.RESUMED)
    return Outcome()
