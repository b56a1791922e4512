"""Reduced and full exploration find the same violations, in universes where all runs were made."""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import pytest

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.cases.triage.signature import signature
from workerfuzz.harness.engines.explore.explore import Exploration, every_step
from workerfuzz.harness.engines.explore.reduction import commute, participants, uses_first_keys
from workerfuzz.harness.engines.explore.small_universe import Space
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.going_on import GOING_ON
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.worker import parse

REFERENCE = get_cluster("reference")


def explored(universe: str, *, reduced: bool) -> tuple[Exploration, set[tuple[str, ...]]]:
    """With the distinct violations that were found."""
    space = Space(universe=universe)
    exploration = Exploration(
        REFERENCE, space.run_config("cluster"), space.allowances("cluster"), reduced=reduced
    )
    found = {signature(violation).bug for violation in exploration.violations()}
    assert exploration.is_complete
    return exploration, found


#: Planted bugs, each with a universe that is explored in full in a second or so.
PLANTED: Mapping[str, str] = {
    "nothing": "keys=1,workers=2,pauses=1",
    "dead-worker-keeps-its-tasks": "keys=1,workers=2,deaths=1",
    "nobody-is-told-to-let-go": "keys=2,workers=2",
    "failure-is-kept-secret": "keys=1,faults=1",
    "revived-task-starts-again": "keys=1,requests=2,withdrawals=1",
    "freeing-takes-the-thread-away": "keys=1,requests=2,withdrawals=1",
}

#: The same of larger ones.
IN_LARGER: Mapping[str, str] = {
    "nothing": "keys=2,workers=2,requests=2",
    "dead-worker-keeps-its-tasks": "keys=1,workers=2,deaths=1,pauses=1",
    "copies-are-not-heard-of": "keys=2,workers=2,deaths=1",
    "nobody-is-told-to-let-go": "keys=2,workers=2,deaths=1",
    "failure-is-kept-secret": "keys=2,workers=2,faults=1",
}


@pytest.mark.parametrize(("name", "universe"), PLANTED.items())
def test_what_is_reduced_finds_the_same(name: str, universe: str) -> None:
    bug = nullcontext() if name == "nothing" else named(name).planted()
    with bug:
        full, everything = explored(universe, reduced=False)
        less, found = explored(universe, reduced=True)
    assert found == everything
    assert bool(found) == (name not in {"nothing", "copies-are-not-heard-of"})
    assert less.transitions < full.transitions
    assert less.states <= full.states


@pytest.mark.slow
@pytest.mark.parametrize(("name", "universe"), IN_LARGER.items())
def test_what_is_reduced_finds_the_same_in_larger_universes(name: str, universe: str) -> None:
    test_what_is_reduced_finds_the_same(name, universe)


def test_steps_that_commute_lead_to_the_same() -> None:
    """Taken in either order, in worlds that random steps led to."""
    compared = 0
    for seed in range(6):
        chooser = RandomChooser(f"commute {seed}")
        with ClusterWorld(REFERENCE, Space(keys=2).run_config("cluster")) as world:
            for _ in range(12):
                world.apply(world.draw(chooser.pick(world.possible()), chooser))
            compared += sum(1 for _ in pairs_that_commute(world))
    assert compared > 50


def pairs_that_commute(world: ClusterWorld) -> Any:
    steps = [step for kind in world.possible() for step in every_step(world, kind)][:24]
    for place, one in enumerate(steps):
        for other in steps[:place]:
            if commute(participants(one, world), participants(other, world)):
                first, second = world.copy(), world.copy()
                for step in (one, other):
                    first.apply(step)
                for step in (other, one):
                    second.apply(step)
                assert first.fingerprint() == second.fingerprint(), (str(one), str(other))
                yield one, other


@pytest.mark.parametrize(
    ("line", "is_first"),
    [
        ("submit c0 a want a", True),
        ("submit c0 b want b", False),
        ("submit c0 a b(a) want b", True),
        ("submit c0 a c(a) want c", False),
    ],
)
def test_of_new_keys_the_first_ones_are_used(line: str, is_first: bool) -> None:
    config = Space(universe="keys=3").run_config("cluster")
    with ClusterWorld(REFERENCE, config) as world:
        assert uses_first_keys(parse(line, BY_WORD), world) == is_first
        world.apply(parse("submit c0 b want b", BY_WORD))
        assert uses_first_keys(parse("submit c0 c want c", BY_WORD), world)


def test_a_run_goes_on_behind_a_violation_that_leaves_the_world_sound() -> None:
    """A known bug does not hide what comes after it."""
    universe = "keys=1,faults=1"
    with named("failure-is-kept-secret").planted():
        ended, found = explored(universe, reduced=True)
        with GOING_ON.behind(lambda violation: None):
            gone_on, nothing = explored(universe, reduced=True)
    assert found
    assert not nothing
    assert gone_on.states > ended.states


def test_clients_that_leave_and_come_back_are_explored_in_full_and_reduced() -> None:
    spaces = [
        Space(
            universe="keys=1,workers=1,clients=2,requests=0,withdrawals=1",
            reduced=reduced,
            allowed=(("disconnect", 1), ("store", 1)),
        )
        for reduced in (False, True)
    ]
    states = []
    for space in spaces:
        exploration = Exploration(
            get_cluster("reference"),
            space.run_config("cluster"),
            space.allowances("cluster"),
            reduced=space.reduced,
        )
        assert not list(exploration.violations())
        assert exploration.is_complete
        states.append(exploration.states)
    assert 0 < states[1] <= states[0]
