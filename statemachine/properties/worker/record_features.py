"""One record by itself: all about it that takes few values, and which indexes know its key.

Workers have many records and records few shapes, so that what holds of a shape is found out once.
"""

from typing import NamedTuple

from workerfuzz.statemachine.worker.states import Intent, State
from workerfuzz.statemachine.worker.task import ABSENT, TaskState
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: States that say less than what is held and what comes after it.
_COMPOUND = frozenset({State.CANCELLED, State.RESUMED})


class RecordFeatures(NamedTuple):
    """Features of one record after an event, next to the indexes of its worker.

    Attributes:
        needed_here: tasks here wait for its value.
        held: peers are known to hold its value.
        previous, next: of cancelled and resumed; otherwise None.
        seceded: its thread left its slot; None where it holds no thread.
        asked: the peer that it is coming from was asked for it; None where it comes from nobody.
        scattered: a scattered value waits.
        specified, requested: it has a spec, a request.
        depends: its spec names dependencies.
        takes: its request takes resources.
        queued: it stands in every queue of its state; None where it is queued nowhere.
        ended: where its story ends.
        contiguous: the last two chapters of its story are.
        stored: how many values are stored under its key.
        executing, long_running, in_flight, missing: the index of that name knows its key.
    """

    state: State
    intent: Intent
    doomed: bool
    needed_here: bool
    held: bool
    previous: State | None
    next: State | None
    seceded: bool | None
    asked: bool | None
    scattered: bool
    specified: bool
    depends: bool
    requested: bool
    takes: bool
    queued: bool | None
    ended: State
    contiguous: bool
    stored: int
    executing: bool
    long_running: bool
    in_flight: bool
    missing: bool

    @classmethod
    def of(cls, worker: WorkerState, task: TaskState) -> "RecordFeatures":
        key, state, story = task.key, task.state, task.history
        spec, request, execution, peer = task.spec, task.request, task.execution, task.coming_from
        compound = state in _COMPOUND
        return tuple.__new__(
            cls,
            (
                state,
                task.intent,
                task.doomed,
                bool(task.needed_by),
                bool(task.who_has),
                task.previous if compound else None,
                task.next if compound else None,
                None if execution is None else execution.seceded,
                None if peer is None else asked_for(worker, peer, key),
                task.scattered is not ABSENT,
                spec is not None,
                spec is not None and bool(spec.dependencies),
                request is not None,
                request is not None and bool(request.resources),
                None if task.queued_at is None else stands_in_its_queues(worker, task),
                story[-1].finish if story else State.RELEASED,
                len(story) < 2 or story[-2].finish is story[-1].start,
                (key in worker.data) + (key in worker.actors),
                key in worker.executing,
                key in worker.long_running,
                key in worker.in_flight,
                key in worker.missing,
            ),
        )


def asked_for(worker: WorkerState, peer: str, key: str) -> bool:
    """A transfer from the peer is open, and names the key."""
    transfer = worker.transfers.get(peer)
    return transfer is not None and key in transfer.keys


def stands_in_its_queues(worker: WorkerState, task: TaskState) -> bool:
    """Under its priority, in each queue of its state."""
    assert task.queued_at is not None
    if task.state is State.READY:
        return (task.queued_at, task.key) in worker.ready
    if task.state is State.CONSTRAINED:
        return (task.queued_at, task.key) in worker.constrained
    return all(
        (task.queued_at, task.key) in worker.data_needed.get(peer, ()) for peer in task.who_has
    )
