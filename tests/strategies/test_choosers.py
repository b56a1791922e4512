"""The three ways to choose offer the same, and the enumeration leaves nothing out."""

from workerfuzz.harness.subjects.reference import ReferenceSubject
from workerfuzz.harness.worlds.worker import WorkerWorld
from workerfuzz.strategies.choosers import Enumeration, RandomChooser
from workerfuzz.strategies.steps.from_scheduler import FreeKeys
from workerfuzz.strategies.universe import Universe


def test_random_choices_follow_from_the_seed() -> None:
    one, other = RandomChooser("a"), RandomChooser("a")
    assert [one.integer(0, 99) for _ in range(50)] == [other.integer(0, 99) for _ in range(50)]
    assert {RandomChooser(seed).pick("abc") for seed in range(50)} == set("abc")


def test_enumeration_makes_every_choice_once() -> None:
    drawn = [
        (first, chooser.integer(0, first))
        for chooser in Enumeration()
        for first in [chooser.integer(0, 2)]
    ]
    assert drawn == [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)]


def test_enumeration_draws_every_step_of_a_kind() -> None:
    world = WorkerWorld(ReferenceSubject(), Universe(keys=("x", "y"), peers=("a",)))
    drawn = {str(FreeKeys.draw(world, chooser)) for chooser in Enumeration()}
    assert drawn == {"free-keys x", "free-keys y", "free-keys x y"}
