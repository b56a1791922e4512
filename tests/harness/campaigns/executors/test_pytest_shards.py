"""A test suite of several processes shares out its shards."""

import pytest

from workerfuzz.harness.campaigns.executors.pytest_shards import places, plans
from workerfuzz.harness.campaigns.plan.targets import Target

TARGETS = [Target("reference", "worker"), Target("reference", "cluster"), Target("dask", "cluster")]


def test_each_shard_fuzzes_everything_and_has_its_own_seed() -> None:
    shards = [plans(TARGETS, 60.0, 7, place) for place in range(4)]
    for place, selected in enumerate(shards):
        assert {(plan.subject, plan.scope) for plan in selected} == {
            target.system for target in TARGETS
        }
        assert {plan.seed for plan in selected} == {7 + place}
        assert [plan.budget.seconds for plan in selected] == [20.0] * 3
    assert [plans[0].subject for plans in shards] == ["reference", "reference", "dask", "reference"]
    assert shards[1][0].scope == "cluster"


@pytest.mark.parametrize(
    ("tests", "shards", "found"),
    [
        (0, 1, [0]),
        (100, 1, [0]),
        (0, 3, [0, 1, 2]),
        (2, 3, [0, 1, 2]),  # less than two for each process: one to each in turn
        (3, 3, [0, 2, 4]),
        (38, 2, [0, 5]),
        (1000, 8, [0, 31, 62, 93, 124, 155, 186, 217]),
    ],
)
def test_every_process_begins_with_a_shard(tests: int, shards: int, found: list[int]) -> None:
    assert places(tests, shards) == found


def test_who_wants_small_chunks_gets_them() -> None:
    assert places(1000, 3, chunk=1) == [0, 2, 4]
    assert places(1000, 3, chunk=5) == [0, 5, 10]


def test_there_is_always_a_place() -> None:
    for shards in range(1, 9):
        for tests in range(100):
            assert places(tests, shards)[-1] < tests + shards
