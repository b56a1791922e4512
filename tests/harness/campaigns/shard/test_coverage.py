"""Names of everything that was reached, and of everything that was not."""

import pytest

from workerfuzz.harness.campaigns.shard.coverage import COVERAGES, SUSPICION, expected
from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects import get, get_cluster
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.statemachine.worker.edges import COMPOUND, DETOURS, EDGES


def test_everything_there_is_to_reach_has_a_name() -> None:
    names = expected("worker", get("reference"))
    assert len(names) == len(EDGES) + len(DETOURS) + len(COMPOUND) + 1
    assert len(set(names)) == len(names)
    assert "worker flight -> resumed" in names
    assert "detour error -> waiting" in names
    assert "cancelled holding executing, then waiting" in names
    assert SUSPICION in names


def test_edges_of_a_cluster_are_those_of_both_kinds_of_party() -> None:
    names = expected("cluster", get_cluster("reference"))
    assert "worker flight -> memory" in names
    assert "scheduler waiting -> processing" in names


@pytest.mark.parametrize("scope", ["worker", "cluster"])
def test_a_walk_is_counted_under_these_names(scope: str) -> None:
    coverage = COVERAGES[scope]()
    subject = get("reference") if scope == "worker" else get_cluster("reference")
    worlds = [
        walk(subject, str(seed), lambda _: coverage.watch, SCOPES[scope]) for seed in range(30)
    ]
    tally = coverage.tally()
    assert tally.watched == sum(tally.taken.values()) == sum(len(world.steps) for world in worlds)
    assert set(tally.edges) | set(tally.reached) <= set(expected(scope, subject))
    assert all(tally.possible[word] >= count for word, count in tally.taken.items())
    assert max(tally.possible.values()) <= tally.watched
