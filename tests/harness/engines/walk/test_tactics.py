"""Tactics: what is weighed exists, and what is slow is seldom waited for."""

from collections import Counter

import pytest

from workerfuzz.harness.engines.walk import tactics
from workerfuzz.harness.engines.walk.tactics import DRAWN, NEEDED, TACTICS
from workerfuzz.harness.engines.walk.walk import wander
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster import BY_WORD, CLUSTER_STEPS
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig


@pytest.mark.parametrize("table", ["NEEDED", "RESTLESS", "MORTAL", "FAULTY", "THIEVISH"])
def test_a_table_has_nothing_that_cannot_happen(table: str) -> None:
    assert not set(getattr(tactics, table)).difference(BY_WORD)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_tactic_weighs_every_kind_and_no_run_is_without_any(scope: str) -> None:
    kinds = SCOPES[scope].kinds
    for tactic in DRAWN[scope]:
        for seed in range(50):
            weights = TACTICS[tactic](RandomChooser(seed), kinds)
            assert set(weights) == set(kinds)
            assert sum(weights.values()) > 0


@pytest.mark.parametrize("tactic", DRAWN["cluster"])
def test_what_nothing_gets_far_without_happens_in_every_tactic(tactic: str) -> None:
    for word in NEEDED:
        weights = [
            TACTICS[tactic](RandomChooser(seed), CLUSTER_STEPS)[BY_WORD[word]] for seed in range(50)
        ]
        assert max(weights) > 0


def test_towards_the_end_nothing_is_given_up() -> None:
    run_config = ClusterRunConfig(ClusterConfig(workers=2), ("a", "b", "c"), ("c0",))
    weights = dict.fromkeys(CLUSTER_STEPS, 1)
    given_up: Counter[int] = Counter()
    for seed in range(60):
        world = ClusterWorld(get_cluster("reference"), run_config)
        wander(world, RandomChooser(seed), weights, (90, 90))
        world.close()
        words = [step.word for step in world.steps]
        given_up.update(at // 10 for at, word in enumerate(words) if word in tactics.GIVING_UP)
    assert given_up[5] > 3 * given_up[8] > 0
