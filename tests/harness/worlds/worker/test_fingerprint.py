"""Worlds with equal fingerprints continue alike; so do a world and its copy."""

from collections.abc import Iterator

import pytest
from examples.owned import changing
from examples.smallest import smallest
from examples.tiny import Tiny

from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.harness.worlds.violation import ImpossibleStep
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker.worker_state import WorkerState
from workerfuzz.strategies import worker
from workerfuzz.strategies.choosers import Enumeration, RandomChooser
from workerfuzz.strategies.worker import Step
from workerfuzz.strategies.worker.run_config import RunConfig, draw_run_config

SUBJECT = ReferenceSubject()


def world_after(*lines: str, run_config: RunConfig | None = None) -> WorkerWorld:
    world = WorkerWorld(SUBJECT, run_config)
    for line in lines:
        world.apply(worker.parse(line))
    return world


def wander(world: WorkerWorld, chooser: RandomChooser, count: int) -> Iterator[Step]:
    """Random steps, each as it is about to happen."""
    for _ in range(count):
        step = world.draw(chooser.pick(world.possible()), chooser)
        yield step
        world.apply(step)


def met_again(seed: int, pairs: int) -> Iterator[tuple[WorkerWorld, WorkerWorld]]:
    """Worlds with equal fingerprints that different steps led to."""
    chooser, known = RandomChooser(f"met again {seed}"), dict[object, WorkerWorld]()
    while pairs:
        world = WorkerWorld(SUBJECT, smallest())
        for _ in wander(world, chooser, chooser.integer(1, 12)):
            other = known.setdefault(world.fingerprint(), world.copy())
            if other.steps != world.steps:
                pairs -= 1
                yield other.copy(), world.copy()
                break


def possible(world: WorkerWorld) -> set[Step]:
    return {world.draw(kind, chooser) for kind in world.possible() for chooser in Enumeration()}


@pytest.mark.parametrize("seed", range(8))
def test_equal_fingerprints_continue_alike(seed: int) -> None:
    """Every step is possible in both or in neither, and leads both to equal fingerprints again."""
    chooser = RandomChooser(seed)
    for one, other in met_again(seed, 6):
        assert possible(one) == possible(other)
        for step in possible(one):
            after, otherwise = one.copy(), other.copy()
            effects = [world.apply(step).changes for world in (after, otherwise)]
            assert effects[0] == effects[1], step
            assert after.fingerprint() == otherwise.fingerprint(), step
        for step in wander(one, chooser, 30):
            other.apply(step)
        assert one.fingerprint() == other.fingerprint()
        one.finish()
        other.finish()
        assert one.fingerprint() == other.fingerprint()


@pytest.mark.parametrize("seed", range(25))
def test_a_copy_continues_alike_and_on_its_own(seed: int) -> None:
    """D3, for a worker with its surroundings and all that judges it."""
    chooser = RandomChooser(f"copy {seed}")
    original = WorkerWorld(SUBJECT, draw_run_config(chooser))
    for _ in wander(original, chooser, chooser.integer(0, 40)):
        pass
    copy, untouched = original.copy(), original.fingerprint()
    assert vars(original).keys() == vars(copy).keys()
    assert not own(copy).keys() & own(original).keys()
    taken = list(wander(copy, chooser, 30))
    assert original.fingerprint() == untouched
    for step in taken:
        original.apply(step)
    assert (original.steps, original.where()) == (copy.steps, copy.where())
    assert original.fingerprint() == copy.fingerprint()
    copy.finish()
    original.finish()
    assert original.call_count == copy.call_count


def own(world: WorkerWorld) -> dict[int, object]:
    """Return all of a world that may change; a request, with the amounts it takes, does not."""
    threads = [task.execution for task in reference(world).tasks.values()]
    return changing(
        world, [SUBJECT, *(execution.resources for execution in threads if execution is not None)]
    )


def reference(world: WorkerWorld) -> WorkerState:
    assert isinstance(world.view, ReferenceWorker)
    return world.view.worker


def test_names_of_peers_can_be_exchanged() -> None:
    """As long as no name decides who is asked, the same with other names is the same."""
    compared = 0
    for seed in range(60):
        chooser = RandomChooser(f"names {seed}")
        one, other = WorkerWorld(SUBJECT, smallest()), WorkerWorld(SUBJECT, smallest())
        for step in wander(one, chooser, 12):
            try:
                other.apply(step.renamed(SWAPPED))
            except ImpossibleStep:
                break
            again = one.copy()
            again.apply(step)
            if again.fingerprint(SWAPPED) != other.fingerprint():
                assert is_decided_by_name(again)
                break
            assert again.fingerprint() == other.fingerprint(SWAPPED)
            compared += again.fingerprint() != other.fingerprint()
    assert compared > 100


SWAPPED = {"a": "b", "b": "a"}


def is_decided_by_name(world: WorkerWorld) -> bool:
    """A key is copied from one of two peers that hold it."""
    return any(
        task.coming_from and len(task.who_has) > 1 for task in reference(world).tasks.values()
    )


#: Ways to worlds that do not continue alike, if only because they are judged differently.
APART = {
    "content": ("compute-task x", "compute-task x spec=1"),
    "priority": ("pause; compute-task x", "pause; compute-task x priority=1"),
    "actor": ("compute-task x", "compute-task x actor"),
    "intent": ("compute-task x needs y", "compute-task x needs y; acquire-replicas y"),
    "holder": ("pause; acquire-replicas x@a", "pause; acquire-replicas x@b"),
    "size": ("acquire-replicas x:40@a", "acquire-replicas x:60@a"),
    "seceded": ("compute-task x", "compute-task x; secede x"),
    "freed": ("compute-task x; free-keys x", "compute-task x; forget-keys x"),
    "paused": ("find-missing", "pause"),
    "suspicion": (
        "acquire-replicas x@a; gather-dep-failure a; pause; acquire-replicas x@a",
        "pause; acquire-replicas x@a",
    ),
    "value": (
        "acquire-replicas x@a; gather-dep-success a x",
        "acquire-replicas x@a; update-data x; gather-dep-success a x",
    ),
    "asked about": ("acquire-replicas x", "acquire-replicas x; find-missing"),
    "busy": (
        "acquire-replicas x@a; gather-dep-network-failure a",
        "acquire-replicas x@a; gather-dep-busy a; refresh-who-has x",
    ),
    "reported": (
        "compute-task x; free-keys x; compute-task x",
        "compute-task x; execute-success x; free-keys x; compute-task x",
    ),
    "successor": (
        "compute-task x; free-keys x; compute-task x",
        "compute-task x; free-keys x; compute-task x spec=1",
    ),
}


@pytest.mark.parametrize("pair", APART.values(), ids=APART)
def test_what_makes_a_difference_is_told_apart(pair: tuple[str, str]) -> None:
    one, other = (world_after(*lines.split("; ")) for lines in pair)
    assert one.fingerprint() != other.fingerprint()


#: Ways to the same world.
TOGETHER = {
    "run ids": (
        "pause; compute-task x; unpause; execute-success x",
        "pause; compute-task x; compute-task x; compute-task x; unpause; execute-success x",
    ),
    "order": (
        "acquire-replicas x@a; acquire-replicas y@b",
        "acquire-replicas y@b; acquire-replicas x@a",
    ),
    "past": (
        "compute-task x; execute-success x",
        "pause; find-missing; unpause; compute-task x; execute-success x",
    ),
}


@pytest.mark.parametrize("pair", TOGETHER.values(), ids=TOGETHER)
def test_what_makes_no_difference_is_left_out(pair: tuple[str, str]) -> None:
    one, other = (world_after(*lines.split("; ")) for lines in pair)
    assert one.fingerprint() == other.fingerprint()


def test_a_record_that_changed_behind_everybodys_back_is_told_apart() -> None:
    """It is going to be judged when it is touched: a world where that has happened is another one."""
    one, other = (world_after("acquire-replicas x@a") for _ in range(2))
    for world in (one, other):
        reference(world).tasks["x"].suspicion = 1
    other.sweep()
    assert one.fingerprint() != other.fingerprint()
    assert one.fingerprint() == one.copy().fingerprint()


def test_a_subject_that_cannot_be_copied_says_so() -> None:
    world = WorkerWorld(Tiny())
    for refused in (world.copy, world.fingerprint):
        with pytest.raises(SubjectUnavailable) as unavailable:
            refused()
        assert str(unavailable.value) == 'subject "plain" cannot be copied, and so not explored'
