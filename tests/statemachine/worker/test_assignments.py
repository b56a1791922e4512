"""R21: what was assigned to workers that are still alive can be read from their records."""

from examples.events_of import compute

from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.assignments import rebuild
from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.worker_state import WorkerState


def test_assignments_are_rebuilt_whatever_their_state() -> None:
    one, other = WorkerState(), WorkerState()
    handle_stimulus(one, compute("x", 1), compute("y", 2, priority=(3,), x="b"))
    handle_stimulus(one, events.ExecuteSuccess(key="x", run_id=1, value=1))
    handle_stimulus(other, compute("v", 3), compute("z", 4, y="a"))
    handle_stimulus(other, events.ExecuteFailure(key="v", run_id=3))
    found = rebuild({"one": one, "other": other})
    assert {key: item.worker for key, item in found.items()} == {
        "v": "other",
        "x": "one",
        "y": "one",
        "z": "other",
    }
    assert found["y"].spec.dependencies == ("x",)
    assert found["y"].request.priority == (3,)


def test_what_was_freed_is_not_assigned_and_the_latest_request_counts() -> None:
    one, other = WorkerState(), WorkerState()
    handle_stimulus(one, compute("x", 1), compute("y", 2), events.FreeKeys(keys=("y",)))
    handle_stimulus(other, compute("x", 3))
    found = rebuild({"one": one, "other": other})
    assert {key: item.worker for key, item in found.items()} == {"x": "other"}
    assert one.tasks["y"].spec == compute("y", 2).spec  # freed, not forgotten


def test_content_that_waits_for_a_thread_is_what_was_assigned() -> None:
    worker = WorkerState()
    handle_stimulus(worker, compute("x", 1), events.FreeKeys(keys=("x",)), compute("x", 2, spec=1))
    assert rebuild({"one": worker})["x"].spec.run_spec == 1
