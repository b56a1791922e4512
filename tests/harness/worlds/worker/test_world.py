"""The world of one worker: what it allows, what it notices, and what it demands in the end."""

import pytest
from examples.snapshots import snapshot

from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.harness.worlds.worker.world import SWEEP_EVERY, WorkerWorld
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.handlers import network
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.transitions.outcome import Recommendation
from workerfuzz.statemachine.worker.worker_state import WorkerState
from workerfuzz.strategies import worker
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.worker.run_config import RunConfig


@pytest.fixture
def world() -> WorkerWorld:
    return WorkerWorld(ReferenceSubject(), RunConfig())


def take(world: WorkerWorld, *lines: str) -> list[str]:
    """Return the effect of the last of these steps."""
    effect = None
    for line in lines:
        effect = world.apply(worker.parse(line))
    assert effect is not None
    return effect.lines()


def test_effect_is_net_sorted_and_in_the_order_issued(world: WorkerWorld) -> None:
    assert take(world, "compute-task y needs x@b z@a") == [
        "x: - -> flight",
        "y: - -> waiting",
        "z: - -> flight",
        "! gather-dep a z",
        "! gather-dep b x",
    ]


IMPOSSIBLE = {
    "execute-success x": "x is not running",
    "secede x": "x is not running",
    "gather-dep-busy a": "no transfer from a is open",
    "gather-dep-success b z": "b was not asked for z",
    "retry-busy-worker a": "the worker does not wait for a to be idle",
    "unpause": "the worker is not paused",
    "compute-task y spec=1": "y was requested with other content and not freed since",
    "compute-task v cpu=1": "this worker has no cpu=1",
}


@pytest.mark.parametrize(("line", "reason"), IMPOSSIBLE.items(), ids=IMPOSSIBLE)
def test_impossible_step_says_why_and_changes_nothing(
    world: WorkerWorld, line: str, reason: str
) -> None:
    take(world, "compute-task y needs x@b")
    assert isinstance(world.view, ReferenceWorker)
    before = snapshot(world.view.worker)
    with pytest.raises(ImpossibleStep) as impossible:
        take(world, line)
    assert str(impossible.value) == reason
    assert snapshot(world.view.worker) == before
    assert len(world.steps) == 1


def test_possible_kinds_follow_what_is_outstanding(world: WorkerWorld) -> None:
    def words() -> set[str]:
        return {kind.word for kind in world.possible()}

    assert "execute-success" not in words()
    take(world, "compute-task x")
    assert {"execute-success", "secede"} <= words()
    take(world, "secede x")
    assert "secede" not in words()
    take(world, "pause")
    assert "unpause" in words()
    assert "pause" not in words()


@pytest.mark.parametrize("seed", range(10))
def test_possible_is_up_to_date(seed: int) -> None:
    """Possible kinds that are remembered by situation are those that each kind says itself."""
    chooser = RandomChooser(seed)
    world = WorkerWorld(ReferenceSubject(), RunConfig())
    for _ in range(80):
        kinds = tuple(kind for kind in worker.WORKER_STEPS if kind.is_possible(world))
        assert world.possible() == kinds
        world.apply(world.draw(chooser.pick(kinds), chooser))


def test_a_copy_goes_its_own_way(world: WorkerWorld) -> None:
    take(world, "compute-task x")
    other = world.copy()
    take(other, "execute-success x")
    assert world.view.state("x") is State.EXECUTING
    assert other.view.state("x") is State.MEMORY


def test_sweep_notices_a_task_that_no_step_touched(world: WorkerWorld) -> None:
    """A record is corrupted behind everybody's back; steps elsewhere find out within one sweep."""
    take(world, "acquire-replicas x@a")
    assert isinstance(world.view, ReferenceWorker)
    world.view.worker.tasks["x"].coming_from = None
    with pytest.raises(Violation) as violation:
        take(world, *["steal-request u"] * SWEEP_EVERY)
    assert violation.value.property in {"holds_what_its_state_says", "flight_comes_from_somebody"}
    assert len(violation.value.steps) == SWEEP_EVERY


def test_rest_notices_a_worker_that_never_asks_again(
    world: WorkerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workerfuzz.statemachine.worker import events, machine
    from workerfuzz.statemachine.worker.transitions.outcome import Outcome

    handlers = {**machine.HANDLERS, events.FindMissing: lambda _worker, _event: Outcome()}
    monkeypatch.setattr(machine, "HANDLERS", handlers)
    take(world, "compute-task y needs x")
    with pytest.raises(Violation) as violation:
        world.finish()
    assert violation.value.at_rest
    assert violation.value.property == "everything_comes_to_rest"
    assert "x is missing" in violation.value.counterexample


def test_what_nobody_brought_is_no_value(
    world: WorkerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transfer that broke stores nothing, and neither does a thread that failed."""
    monkeypatch.setattr(network, "without_value", lambda *_: Recommendation(State.MEMORY, "new"))
    take(world, "acquire-replicas x@a")
    with pytest.raises(Violation) as violation:
        take(world, "gather-dep-network-failure a")
    assert violation.value.property == "reports_values_that_were_brought"
    assert violation.value.counterexample == "x is 'new', which nobody brought"


def test_a_worker_is_held_to_the_limits_that_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own word for them counts nothing."""
    monkeypatch.setattr(
        ReferenceSubject, "worker", lambda *_: ReferenceWorker(WorkerState(WorkerConfig()))
    )
    world = WorkerWorld(ReferenceSubject(), RunConfig(WorkerConfig(nthreads=2)))
    with pytest.raises(Violation) as violation:
        take(world, "compute-task y", "compute-task z")
    assert violation.value.property == "no_thread_is_idle"
