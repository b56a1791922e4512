"""Clusters of Dask can be explored: copies go on alike, and so do those with equal fingerprints."""

import importlib.util
import random
from collections.abc import Iterator, Mapping, Sequence

import pytest

from workerfuzz.harness.engines.explore.explore import Exploration, Way
from workerfuzz.harness.engines.explore.reduction import PROGRESS
from workerfuzz.harness.engines.explore.small_universe import Space
from workerfuzz.harness.engines.explore.visited import CopyableWorld
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.dask.cluster.cluster import DaskCluster
from workerfuzz.harness.subjects.dask.cluster.fingerprint import EXCLUDED, LEFT_OUT, TURNS
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.worker import Step, parse

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason='needs distributed: pip install "workerfuzz[dask]"',
)

DASK = get_cluster("dask")


class Merging(Exploration):
    """Notes the ways that led to one state."""

    def __init__(self, space: Space) -> None:
        super().__init__(
            DASK,
            space.run_config("cluster"),
            space.allowances("cluster"),
            distinct=True,
            reduced=True,
        )
        self.first: dict[bytes, Way] = {}
        self.pairs: list[tuple[Sequence[Step], Sequence[Step]]] = []

    def arrive(self, world: CopyableWorld, way: Way) -> Iterator[Violation]:
        former = self.first.setdefault(self.visited.mark(world), way)
        if former is not way:
            self.pairs.append((former.steps(), way.steps()))
        return super().arrive(world, way)


#: Universes, and how many states are looked at.
UNIVERSES: Mapping[str, str] = {
    "withdrawals": "keys=1,requests=2,withdrawals=1",
    "faults": "keys=1,workers=2,faults=1",
    "deaths": "keys=2,workers=2,deaths=1",
}


@pytest.mark.parametrize("universe", UNIVERSES.values(), ids=UNIVERSES)
def test_what_is_merged_continues_alike(universe: str) -> None:
    """A sample of pairs, each made anew from its steps, does the same in 50 random steps."""
    space = Space(universe=universe)
    merging = Merging(space)
    merging.most_states = 100
    for _ in merging.violations():
        pass
    assert len(merging.pairs) > 10
    chooser = random.Random(universe)
    for one, other in chooser.sample(merging.pairs, 6):
        with opened(space) as first, opened(space) as second:
            for world, steps in ((first, one), (second, other)):
                for step in steps:
                    world.apply(step)
            continue_alike(first, second, 50)


def opened(space: Space) -> ClusterWorld:
    config = space.run_config("cluster")
    assert isinstance(config, ClusterRunConfig)
    return ClusterWorld(DASK, config)


def continue_alike(first: ClusterWorld, second: ClusterWorld, count: int) -> None:
    """Both do the same, step by step, unless they break."""
    chooser = RandomChooser("alike")
    for _ in range(count):
        assert first.possible() == second.possible()
        step = first.draw(chooser.pick(first.possible()), chooser)
        done = [outcome(world, step) for world in (first, second)]
        assert done[0] == done[1], step
        if done[0][:1] == ["broken"]:
            return
    assert first.fingerprint() == second.fingerprint()


def wander(world: ClusterWorld, chooser: RandomChooser, count: int) -> None:
    """Take random steps; nobody dies or leaves, since too much is known to break then."""
    for _ in range(count):
        kinds = [kind for kind in world.possible() if kind.word not in {"dies", "disconnect"}]
        world.apply(world.draw(chooser.pick(kinds), chooser))


def outcome(world: ClusterWorld, step: Step) -> list[str]:
    try:
        return world.apply(step).lines()
    except Violation as violation:
        return ["broken", violation.property, violation.counterexample]


@pytest.mark.parametrize("seed", range(5))
def test_a_copy_continues_alike_and_on_its_own(seed: int) -> None:
    chooser = RandomChooser(f"copy {seed}")
    with opened(Space(universe="keys=3,workers=2")) as original:
        wander(original, chooser, 25)
        copy, untouched = original.copy(), original.fingerprint()
        assert copy.fingerprint() == untouched
        wander(copy, chooser, 10)
        assert original.fingerprint() == untouched
        continue_alike(original, original.copy(), 30)


def world_after(lines: str) -> ClusterWorld:
    """``*`` lets everything go on that is under way."""
    world = opened(Space(universe="keys=3,workers=2,threads=2"))
    for line in lines.split("; "):
        if line != "*":
            world.apply(parse(line, BY_WORD))
        while line == "*" and (
            kinds := [kind for kind in world.possible() if kind.word in PROGRESS]
        ):
            world.apply(world.draw(kinds[0], RandomChooser(0)))
    return world


#: Something that leaves nothing but ids, times and statistics; the second time, no duration is new.
AGAIN = "submit c0 a[on=w0] want a; *; release c0 a; *"


def test_ids_clocks_and_statistics_are_no_difference() -> None:
    """But for the number of tasks so far, by which the scheduler lets workers take turns."""
    worlds = [world_after("; ".join([AGAIN] * times)) for times in (2, 3, 2 + TURNS)]
    two, three, many = (world.fingerprint() for world in worlds)
    assert two == many != three
    for world in worlds:
        world.close()


#: Ways to clusters that differ in something small.
APART: Mapping[str, tuple[str, str]] = {
    "a duration is known": (AGAIN, "find-missing w0"),
    "content": ("submit c0 a want a", "submit c0 a#1 want a"),
    "arrived": ("submit c0 a want a", "submit c0 a want a; deliver c0->scheduler"),
    "paused": ("find-missing w0", "pause w0"),
    "who": ("scatter c0 a@w0", "scatter c0 a@w1"),
    "a steal request": (
        "submit c0 a b c want a,b,c; deliver c0->scheduler; release c0 a",
        "submit c0 a b c want a,b,c; deliver c0->scheduler; release c0 b",
    ),
}


@pytest.mark.parametrize("pair", APART.values(), ids=APART)
def test_what_makes_a_difference_is_told_apart(pair: tuple[str, str]) -> None:
    with world_after(pair[0]) as one, world_after(pair[1]) as other:
        assert one.fingerprint() != other.fingerprint()


def test_a_stale_entry_of_a_heap_counts() -> None:
    """A heap keeps what was taken out of it until it comes to its turn."""
    with world_after("submit c0 a b want a,b; deliver c0->scheduler") as world:
        cluster = world.cluster
        assert isinstance(cluster, DaskCluster)
        one, other = cluster.scheduler.tasks.values()
        heap, found = cluster.scheduler.queued, [world.fingerprint()]
        for change in (lambda: heap.add(one), lambda: heap.add(other), lambda: heap.discard(other)):
            change()
            cluster._parts.clear()  # it does not know of it
            found.append(world.fingerprint())
        assert len({*found}) == len(found)


def test_each_exclusion_has_one_reason() -> None:
    names = [name for names in EXCLUDED.values() for name in names]
    assert sorted(names) == sorted(LEFT_OUT)


def test_names_of_workers_can_be_exchanged() -> None:
    swapped = {"w0": "w1", "w1": "w0"}
    with world_after("scatter c0 a@w0") as one, world_after("scatter c0 a@w1") as other:
        assert one.fingerprint(swapped) == other.fingerprint()
        assert other.fingerprint(swapped) == one.fingerprint()
