"""Every way in which an event can be refused, and every way in which the model could be wrong."""

import pytest
from examples.events_of import compute
from examples.snapshots import snapshot

from workerfuzz.statemachine.worker import events, machine
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.errors import (
    ContradictoryRecommendations,
    InvalidEvent,
    TransitionsDoNotEnd,
)
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import Request, TaskSpec, TaskState
from workerfuzz.statemachine.worker.transitions.outcome import Outcome, Recommendation
from workerfuzz.statemachine.worker.worker_state import WorkerState

REFUSED = {
    "a run id is used twice": (compute("z", 2), "run id 2 of z is not above 2"),
    "more than there is": (
        compute("z", 3, resources={"gpu": 3}),
        "z takes gpu=3, more than this worker has",
    ),
    "other content, not freed": (
        compute("x", 3, spec=1),
        "x was requested with other content and not freed since",
    ),
    "success of another run": (
        events.ExecuteSuccess(key="x", run_id=7, value=1),
        "x was started with run id 1, not 7",
    ),
    "failure of what does not run": (
        events.ExecuteFailure(key="y", run_id=2),
        "y is not running",
    ),
    "reschedule of the unknown": (events.Reschedule(key="q", run_id=1), "q is not running"),
    "no transfer": (events.GatherDepBusy(worker="c"), "no transfer from c is open"),
    "a value that nobody asked for": (
        events.GatherDepSuccess(worker="b", values={"q": 1}),
        "b was not asked for q",
    ),
    "a peer that was not busy": (events.RetryBusyWorker(worker="b"), "b was not busy"),
    "no event that we know": (Event(), "a worker does not know what Event is"),
}


@pytest.fixture
def worker() -> WorkerState:
    """x runs; y waits for w, which b is sending."""
    worker = WorkerState(WorkerConfig(nthreads=1, resources={"gpu": 2}))
    handle_stimulus(worker, compute("x", 1), compute("y", 2, w="b"))
    return worker


@pytest.mark.parametrize(("event", "message"), REFUSED.values(), ids=REFUSED)
def test_event_is_refused_and_nothing_changes(
    worker: WorkerState, event: Event, message: str
) -> None:
    before = snapshot(worker)
    with pytest.raises(InvalidEvent) as refused:
        handle_stimulus(worker, event)
    assert str(refused.value) == message
    assert snapshot(worker) == before


def test_seceding_twice_is_refused(worker: WorkerState) -> None:
    handle_stimulus(worker, events.Secede(key="x", run_id=1))
    with pytest.raises(InvalidEvent, match="x has seceded already"):
        handle_stimulus(worker, events.Secede(key="x", run_id=1))


MALFORMED = {
    "itself": (lambda: TaskSpec(key="x", dependencies=("x",)), "x depends on itself"),
    "twice": (lambda: TaskSpec(key="x", dependencies=("y", "y")), "names a dependency twice"),
    "nothing": (lambda: Request(run_id=1, resources={"gpu": 0}), "must be positive, not 0"),
    "stranger": (
        lambda: events.ComputeTask(
            spec=TaskSpec(key="x"), request=Request(run_id=1), who_has={"q": ("a",)}
        ),
        "q is not a dependency of x",
    ),
    "size": (
        lambda: events.ExecuteSuccess(key="x", run_id=1, value=None, nbytes=-1),
        "the size of x is negative: -1",
    ),
}


@pytest.mark.parametrize(("make", "message"), MALFORMED.values(), ids=MALFORMED)
def test_event_validates_itself(make: object, message: str) -> None:
    assert callable(make)
    with pytest.raises(InvalidEvent, match=message):
        make()


def planted(monkeypatch: pytest.MonkeyPatch, outcome: Outcome) -> None:
    """Make FindMissing recommend something."""
    handlers = dict(machine.HANDLERS)
    handlers[events.FindMissing] = lambda _worker, _event: outcome
    monkeypatch.setattr(machine, "HANDLERS", handlers)


def test_contradiction_is_an_error_never_an_overwrite(
    worker: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R12: y goes to released and wants x cancelled; x was to become rescheduled."""

    def contradict(worker: WorkerState, task: TaskState, payload: object) -> Outcome:
        return Outcome(recommend={"x": Recommendation(State.CANCELLED)})

    table = {**machine.TRANSITIONS, (State.WAITING, State.RELEASED): contradict}
    monkeypatch.setattr(machine, "TRANSITIONS", table)
    planted(
        monkeypatch,
        Outcome(
            recommend={"y": Recommendation(State.RELEASED), "x": Recommendation(State.RESCHEDULED)}
        ),
    )
    before = snapshot(worker)
    message = "x was to become rescheduled, and now cancelled"
    with pytest.raises(ContradictoryRecommendations, match=message):
        handle_stimulus(worker, events.FindMissing())
    assert snapshot(worker) == before


def test_transitions_that_go_in_circles_are_an_error(
    worker: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R12: bounded."""

    def bounce(worker: WorkerState, task: TaskState, payload: object) -> Outcome:
        return Outcome(recommend={task.key: Recommendation(State.RELEASED)})

    table = {**machine.TRANSITIONS, (State.WAITING, State.RELEASED): bounce}
    monkeypatch.setattr(machine, "TRANSITIONS", table)
    planted(monkeypatch, Outcome(recommend={"y": Recommendation(State.RELEASED)}))
    with pytest.raises(TransitionsDoNotEnd, match="FindMissing: still going to released with y"):
        handle_stimulus(worker, events.FindMissing())
