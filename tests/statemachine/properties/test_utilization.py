"""Threads, resources, transfers and sizes are judged by what the environment of a worker counts."""

from collections.abc import Callable
from typing import Any

import pytest

from workerfuzz.harness.subjects.dask.worker.worker import EXEMPT
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.properties import any_worker
from workerfuzz.statemachine.properties.property import properties_in
from workerfuzz.statemachine.properties.utilization import UTILIZATION, UtilizationObservation
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.worker_state import Transfer, WorkerState
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig

Lie = Callable[[WorkerState], None]


def world_after(*steps: str, **config: Any) -> WorkerWorld:
    world = WorkerWorld(ReferenceSubject(), RunConfig(WorkerConfig(**config)))
    for step in steps:
        world.apply(parse(step))
    return world


def broken(world: WorkerWorld) -> dict[str, str]:
    observation = UtilizationObservation(world.view, world)
    return {item.name: text for item in UTILIZATION for text in list(item.check(observation))[:1]}


def model(world: WorkerWorld) -> WorkerState:
    assert isinstance(world.view, ReferenceWorker)
    return world.view.worker


def test_a_healthy_worker_breaks_nothing() -> None:
    world = world_after(
        "compute-task x cpu=1", "compute-task y", "compute-task z needs w@a", resources={"cpu": 2}
    )
    assert broken(world) == {}
    world.close()


@pytest.mark.parametrize(
    ("steps", "lie", "expected"),
    [
        (
            ("compute-task x",),
            lambda worker: worker.executing.clear(),
            {"threads_are_known": "x: a thread in a slot, the worker knows of no thread"},
        ),
        (
            ("compute-task x cpu=1",),
            lambda worker: worker.available_resources.update(cpu=2),
            {"resources_are_conserved": "cpu: 2 left, should be 1"},
        ),
        (
            ("acquire-replicas x@a",),
            lambda worker: worker.transfers.update(a=Transfer(("y",), 1)),
            {"transfers_are_known": "a was asked for ['x'], the worker knows of ['y']"},
        ),
    ],
)
def test_a_worker_that_believes_otherwise_is_noticed(
    steps: tuple[str, ...], lie: Lie, expected: dict[str, str]
) -> None:
    world = world_after(*steps, resources={"cpu": 2})
    lie(model(world))
    assert broken(world) == expected
    world.close()


def test_slots_and_resources_are_those_of_threads_that_run() -> None:
    """Whatever the worker believes to be paused, executing, or left."""
    world = world_after("compute-task x cpu=1", nthreads=2, resources={"cpu": 2})
    world.requests["y"] = world.requests["x"]
    world.states.update(y=State.CONSTRAINED, z=State.READY)
    assert broken(world) == {
        "no_thread_is_idle": "z is ready, and 1 slots are free",
        "resources_hold_up_no_other": "y is constrained, and all that it takes is free",
    }
    world.paused = True
    assert broken(world) == {}
    world.close()


@pytest.mark.parametrize(
    ("limits", "is_idle"),
    [
        ({}, True),
        ({"transfer_message_nbytes": 100}, True),
        ({"transfer_incoming_nbytes": 150}, False),
        ({"transfer_count": 1, "transfer_throttle_nbytes": 0}, False),
    ],
)
def test_a_peer_is_left_alone_only_where_a_limit_says_so(
    limits: dict[str, int], is_idle: bool
) -> None:
    world = world_after("acquire-replicas x:60@a", "acquire-replicas y:110@b", **limits)
    assert ("b" in world.gathering) is is_idle
    assert broken(world) == {}
    world.close()


def test_a_pause_that_the_worker_misses_is_noticed() -> None:
    world = world_after("pause")
    model(world).paused = False
    with pytest.raises(Violation, match="Execute of x") as raised:
        world.apply(parse("compute-task x"))
    assert raised.value.property == "nothing_starts_while_paused"
    world.close()


def test_what_dask_does_not_promise_is_there_and_has_a_reason() -> None:
    names = {item.name for item in (*UTILIZATION, *properties_in(vars(any_worker)))}
    assert EXEMPT.keys() <= names
    assert all(EXEMPT.values())
