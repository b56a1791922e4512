"""The record of the last event."""

from examples.events_of import compute

from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.event_record import NOTHING
from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.states import Intent, State
from workerfuzz.statemachine.worker.worker_state import WorkerState


def test_it_says_what_the_event_was_and_what_the_records_were_before() -> None:
    worker = WorkerState()
    handle_stimulus(worker, events.UpdateData(values={"x": 1}))
    free = events.FreeKeys(keys=("x",))
    handle_stimulus(worker, free)
    task = worker.tasks["x"]
    assert worker.last.event is free
    assert (task.state, worker.last.was(task, "state")) == (State.RELEASED, State.MEMORY)
    assert worker.last.was(task, "intent") is Intent.NONE
    assert worker.last.lost(worker.data) == {"x": 1}
    assert worker.last.told(do.ReleaseWorkerData) == [do.ReleaseWorkerData(key="x")]


def test_nothing_happened_to_a_copy_nor_after_a_refusal() -> None:
    worker = WorkerState()
    handle_stimulus(worker, compute("x", 1))
    assert worker.copy().last is NOTHING
    handle_stimulus(worker, compute("y", 2), compute("z", 3))
    assert worker.last.event is None
