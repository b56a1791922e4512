"""Whole clusters with equal fingerprints continue alike; so do a cluster and its copy."""

from collections.abc import Iterator

import pytest
from examples.owned import changing

from workerfuzz.harness.engines.explore.small_universe import PLAIN_GRAPHS
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.reference.cluster import ReferenceCluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.scopes import CLUSTER
from workerfuzz.harness.worlds.violation import ImpossibleStep
from workerfuzz.strategies.choosers import Enumeration, RandomChooser
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import Step, parse

REFERENCE = get_cluster("reference")
SMALL = ClusterRunConfig(ClusterConfig(), ("a", "b"), ("c0",), 1, PLAIN_GRAPHS)

#: Kinds of step that fill mailboxes, which makes it less likely to come to the same place again.
RARELY = {"submit": 6, "find-missing": 8, "dies": 8, "pause": 4, "unpause": 2, "replicate": 4}


@pytest.fixture
def fresh() -> Iterator[ClusterWorld]:
    """Copies of it are timed while it is open."""
    world = ClusterWorld(REFERENCE, SMALL)
    yield world
    world.close()


def wander(world: ClusterWorld, chooser: RandomChooser, count: int) -> Iterator[Step]:
    """Random steps, each as it is about to happen."""
    for _ in range(count):
        kind = chooser.pick(world.possible())
        if chooser.integer(1, RARELY.get(kind.word, 1)) == 1:
            step = world.draw(kind, chooser)
            yield step
            world.apply(step)


def met_again(
    fresh: ClusterWorld, seed: int, pairs: int
) -> Iterator[tuple[ClusterWorld, ClusterWorld]]:
    """Worlds with equal fingerprints that different steps led to."""
    chooser, known = RandomChooser(f"met again {seed}"), dict[object, ClusterWorld]()
    while pairs:
        world = fresh.copy()
        for _ in wander(world, chooser, chooser.integer(2, 24)):
            other = known.setdefault(world.fingerprint(), world.copy())
            if other.steps != world.steps:
                pairs -= 1
                yield other.copy(), world.copy()
                break


def possible(world: ClusterWorld) -> dict[str, Step]:
    drawn = (world.draw(kind, chooser) for kind in world.possible() for chooser in Enumeration())
    return {str(step): step for step in drawn}


@pytest.mark.parametrize("seed", range(8))
def test_equal_fingerprints_continue_alike(seed: int, fresh: ClusterWorld) -> None:
    """Every step is possible in both or in neither, and leads both to equal fingerprints again."""
    chooser = RandomChooser(seed)
    for one, other in met_again(fresh, seed, 6):
        assert possible(one).keys() == possible(other).keys()
        for text, step in possible(one).items():
            after, otherwise = one.copy(), other.copy()
            effects = [world.apply(step) for world in (after, otherwise)]
            assert effects[0].transitions == effects[1].transitions, text
            assert after.fingerprint() == otherwise.fingerprint(), text
        for step in wander(one, chooser, 40):
            other.apply(step)
        assert one.fingerprint() == other.fingerprint()
        one.finish()
        other.finish()


@pytest.mark.parametrize("seed", range(15))
def test_a_copy_continues_alike_and_on_its_own(seed: int) -> None:
    """D3, for a scheduler, its workers, and all that is under way."""
    chooser = RandomChooser(f"copy {seed}")
    original = ClusterWorld(REFERENCE, CLUSTER.draw(chooser))
    for _ in wander(original, chooser, chooser.integer(0, 80)):
        pass
    copy, untouched = original.copy(), original.fingerprint()
    assert vars(original).keys() == vars(copy).keys()
    take_everything(copy)
    assert not own(copy).keys() & own(original).keys()
    taken = list(wander(copy, chooser, 40))
    assert original.fingerprint() == untouched
    for step in taken:
        original.apply(step)
    assert (original.steps, original.where()) == (copy.steps, copy.where())
    assert original.fingerprint() == copy.fingerprint()
    copy.finish()
    original.finish()
    assert original.call_count == copy.call_count
    original.close()


def take_everything(world: ClusterWorld) -> None:
    """Let a copy have what it shares until something happens to it."""
    cluster = world.cluster
    assert isinstance(cluster, ReferenceCluster)
    cluster._own_scheduler()
    for worker in cluster.processes:
        cluster._own_process(worker)


def own(world: ClusterWorld) -> dict[int, object]:
    """Return all of a world that may change; requests, with the amounts they take, do not."""
    cluster = world.cluster
    assert isinstance(cluster, ReferenceCluster)
    workers = [process.worker.worker for process in cluster.processes.values()]
    threads = [task.execution for worker in workers for task in worker.tasks.values()]
    lasting = [execution.resources for execution in threads if execution is not None]
    return changing(
        world, [world.subject, world._possible, *lasting, *(state.last for state in workers)]
    )


SWAPPED = {"w0": "w1", "w1": "w0"}


def test_names_of_workers_can_be_exchanged(fresh: ClusterWorld) -> None:
    """As long as no name decides who is asked, the same with other names is the same."""
    compared = 0
    for seed in range(60):
        chooser = RandomChooser(f"names {seed}")
        one, other = fresh.copy(), fresh.copy()
        for step in wander(one, chooser, 30):
            try:
                other.apply(step.renamed(SWAPPED))
            except ImpossibleStep:
                break
            again = one.copy()
            again.apply(step)
            if again.fingerprint(SWAPPED) != other.fingerprint():
                break
            assert again.fingerprint() == other.fingerprint(SWAPPED)
            compared += again.fingerprint() != other.fingerprint()
    assert compared > 50


def world_after(fresh: ClusterWorld, lines: str) -> ClusterWorld:
    """``!`` delivers from the client to the scheduler, ``?`` from there to w0, ``.`` back."""
    world = fresh.copy()
    for line in lines.split("; "):
        world.apply(parse(SHORT.get(line, line), BY_WORD))
    return world


SHORT = {
    "!": "deliver c0->scheduler",
    "?": "deliver scheduler->w0",
    ".": "deliver w0->scheduler",
    "submit": "submit c0 a want a",
}

#: Ways to clusters that do not continue alike, if only because they are judged differently.
APART = {
    "content": ("submit; !", "submit c0 a#1 want a; !"),
    "mail": ("submit", "submit; submit"),
    "wanted": ("submit c0 a b(a) want b; !", "submit c0 a b(a) want a,b; !"),
    "arrived": ("submit; !", "submit; !; ?"),
    "paused": ("find-missing w0", "pause w0"),
    "seceded": ("submit; !; ?", "submit; !; ?; secede w0 a"),
    "failed": ("submit; !; ?; succeed w0 a", "submit; !; ?; fail w0 a"),
    "what failed once": (
        "submit; !; ?; fail w0 a; release c0 a",
        "submit; !; ?; succeed w0 a; release c0 a",
    ),
    "dead": ("find-missing w1", "dies w1"),
    "noticed": ("dies w1", "dies w1; notice w1"),
    "stolen": ("submit; !; steal a w1", "submit; !; steal a w1; ?"),
    "options": ("submit; !", "submit c0 a[retries=1] want a; !"),
    "input": ("submit c0 a b(a) want b; !", "submit c0 a b want a,b; !"),
    "scattered where": ("scatter c0 a@w0", "scatter c0 a@w1"),
}


@pytest.mark.parametrize("pair", APART.values(), ids=APART)
def test_what_makes_a_difference_is_told_apart(pair: tuple[str, str], fresh: ClusterWorld) -> None:
    one, other = (world_after(fresh, lines) for lines in pair)
    assert one.fingerprint() != other.fingerprint()


def test_numbers_are_only_told_apart(fresh: ClusterWorld) -> None:
    """Run ids, confirmations, editions and graphs go on counting; what they count comes again."""
    again = "submit; !; ?; succeed w0 a; .; deliver scheduler->c0; release c0 a; !; ?; ."
    once, twice = (world_after(fresh, "; ".join([again] * times)) for times in (2, 3))
    assert not once.cluster.keys()
    assert not twice.cluster.keys()
    assert once.fingerprint() == twice.fingerprint()
    once, twice = (
        world_after(once.copy(), lines) for lines in ("submit; !; ?", f"{again}; submit; !; ?")
    )
    assert once.fingerprint() == twice.fingerprint()


def test_the_order_of_what_has_nothing_to_do_with_each_other_is_left_out(
    fresh: ClusterWorld,
) -> None:
    one, other = (world_after(fresh, lines) for lines in ("submit; pause w1", "pause w1; submit"))
    assert one.fingerprint() == other.fingerprint()
