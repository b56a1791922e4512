"""R11: letting go of a key first, and requesting it then, ends as requesting it directly does."""

import pytest

from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.worker.drain import drain
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.states import State
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.worker.from_scheduler import ComputeTask
from workerfuzz.strategies.worker.run_config import draw_run_config


def run_to_a_request(seed: int) -> tuple[WorkerWorld, ComputeTask]:
    """A random run, and a request that could come next."""
    chooser = RandomChooser(f"again {seed}")
    world = WorkerWorld(ReferenceSubject(), draw_run_config(chooser))
    for _ in range(chooser.integer(1, 40)):
        world.apply(world.draw(chooser.pick(world.possible()), chooser))
    return world, ComputeTask.draw(world, chooser)


def under_way(world: WorkerWorld) -> list[str]:
    """Return the keys that were requested and are kept; a dropped value comes again if needed."""
    return [key for key in sorted(world.live) if world.view.state(key) is not State.RELEASED]


def outcome(world: WorkerWorld, keys: list[str]) -> dict[str, State | None]:
    """Return the states in which these keys end once the environment is honest."""
    drain(world)
    return {key: world.view.state(key) for key in keys}


@pytest.mark.parametrize("seed", range(150))
def test_beginning_again_ends_in_the_same_states(seed: int) -> None:
    directly, request = run_to_a_request(seed)
    keys = [*under_way(directly), request.key]
    again = directly.copy()
    again.handle_event(events.FreeKeys(keys=(request.key,)))
    directly.apply(request)
    again.apply(request)
    assert outcome(again, keys) == outcome(directly, keys)
    assert again.view.state(request.key) in (State.MEMORY, State.ERROR)
