"""Universes are enumerated by their cost, each once, and have a text."""

import pytest

from workerfuzz.harness.engines.explore.allowances import BUDGETED
from workerfuzz.harness.engines.explore.combinations import (
    DIMENSIONS,
    BadUniverse,
    combinations,
    parse_universe,
)
from workerfuzz.harness.engines.explore.small_universe import Space
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig


@pytest.mark.parametrize("scope", DIMENSIONS)
def test_the_cheapest_come_first_and_each_once(scope: str) -> None:
    found = [*combinations(scope, 3)]
    assert [combination.cost for combination in found] == sorted(
        combination.cost for combination in found
    )
    assert {combination.cost for combination in found} == {0, 1, 2, 3}
    assert len({*found}) == len(found)
    assert list(combinations(scope, 2)) == [
        combination for combination in found if combination.cost < 3
    ]


def test_all_of_them_end() -> None:
    dearest = sum(item.most - item.least for item in DIMENSIONS["worker"])
    assert max(combination.cost for combination in combinations("worker")) == dearest


def test_what_shows_nothing_new_is_left_out() -> None:
    found = {str(combination) for combination in combinations("cluster", 2)}
    assert "keys=2,workers=2" in found
    assert not any("thefts" in name and "workers" not in name for name in found)
    assert not any("clients=2" in name and "requests" not in name for name in found)


@pytest.mark.parametrize("scope", DIMENSIONS)
def test_a_universe_is_read_as_it_is_written(scope: str) -> None:
    for combination in combinations(scope, 2):
        assert parse_universe(str(combination), scope) == combination


@pytest.mark.parametrize("scope", DIMENSIONS)
def test_every_group_of_steps_has_a_dimension(scope: str) -> None:
    names = {item.name for item in DIMENSIONS[scope]}
    assert {group.name for group in BUDGETED[scope]} <= names
    words = [word for group in BUDGETED[scope] for word in group.words]
    assert len(words) == len({*words})
    assert {*words} <= {kind.word for kind in SCOPES[scope].kinds}


def test_amounts_are_those_of_the_run() -> None:
    space = Space(universe="keys=3,workers=2,threads=2,clients=2,resources=1,requests=2,joins=1")
    config = space.run_config("cluster")
    assert isinstance(config, ClusterRunConfig)
    assert config.keys == ("a", "b", "c")
    assert config.clients == ("c0", "c1")
    assert config.later == 1
    assert (config.config.workers, config.config.worker.nthreads) == (2, 2)
    assert config.config.worker.resources == {"cpu": 1.0}
    assert str(space.allowances("cluster")) == "requests=2, joins=1"
    assert space.described("cluster") == (
        "3 keys, 2 workers, 2 threads, 2 clients, 1 content, 1 resource, 2 requests, 1 join; cost 8"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("keys", 'expected NAME=N, such as keys=2, found "keys"'),
        ("worker=2", 'a universe has no "worker"; did you mean "workers"?'),
        ("zzz=2", 'a universe has no "zzz"; there are keys, workers, threads'),
    ],
)
def test_no_universe_is_described_so(text: str, problem: str) -> None:
    with pytest.raises(BadUniverse) as bad:
        parse_universe(text, "cluster")
    assert str(bad.value).startswith(problem)
