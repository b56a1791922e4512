"""Clusters that went through anything and came to rest: only what is wrong is found, nothing else."""

import random

import pytest
from examples.dumps import model

from workerfuzz.harness.diagnose.known_shapes import RestingWorld, rest_shape
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.drain import judge
from workerfuzz.harness.worlds.scopes import CLUSTER
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.choosers import RandomChooser

#: Runs of which some come to rest with something broken, and most with nothing.
SEEDS = range(8, 20)


def at_rest(seed: int) -> RestingWorld | None:
    """Take random steps and come to rest; None where a handler raises or it never rests."""
    chooser, choice = RandomChooser(seed), random.Random(seed)
    world = RestingWorld(get_cluster("dask"), CLUSTER.draw(chooser))
    with world:
        try:
            for _ in range(choice.randint(20, 120)):
                kinds = world.possible()
                if not kinds:
                    break
                world.apply(world.draw(choice.choice(kinds), chooser))
            world.finish()
        except Violation:
            return None
        world.noted.clear()
        judge(world)
    return world if world.dump is not None else None


@pytest.mark.parametrize("seed", SEEDS)
def test_what_contradicts_itself_is_broken(seed: int) -> None:
    world = at_rest(seed)
    if world is None:
        return  # nothing to diagnose: it did not come to rest
    assert world.dump is not None
    shape = rest_shape(model(world.dump))
    broken = {item.name for item, _ in world.noted}
    if not broken:
        assert (shape.chains, shape.broken) == ((), ())
    if "wanted_keys_resolve" in broken:
        assert shape.chains
    if "holders_are_agreed_on" in broken:
        assert "holding_is_agreed_on" in shape.broken
