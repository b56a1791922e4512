"""Shards of one system are taken together, and different systems apart."""

from dataclasses import replace

from examples.accounts import EXPECTED, account, tally

from workerfuzz.harness.campaigns.shard.result import Point, Reading, ShardResult
from workerfuzz.harness.report.groups import Group, groups, steps_per_second


def of_worker(seed: int) -> ShardResult:
    """Result of a shard that fuzzed one worker."""
    done = account(seed, version="0.1", expected=[], cannot={"steal": "nobody to steal"})
    done.plan = replace(done.plan, subject="reference", scope="worker")
    return done


def alone(account: ShardResult) -> Group:
    (group,) = groups([account])
    return group


def test_shards_of_one_system_are_added_up() -> None:
    first, second = groups([account(1), of_worker(2), account(3)])
    assert (first.name, len(first.shards)) == ("clusters of dask 2026.8.0", 2)
    assert (second.name, len(second.shards)) == ("reference 0.1", 1)
    assert first.done.runs == 40
    assert first.done.edges["worker ready -> executing"] == 74
    assert second.cannot == {"steal": "nobody to steal"}


def test_releases_are_kept_apart() -> None:
    assert len(groups([account(1), account(1, version="2025.1.0")])) == 2


def test_edges_are_told_by_party() -> None:
    group = alone(account())
    assert [str(edges) for edges in group.participants()] == ["worker 3 of 4", "scheduler 0 of 2"]
    assert group.open() == [EXPECTED[3], *EXPECTED[4:]]


def test_edges_that_nobody_expected_do_not_count_among_those_that_are_known() -> None:
    surprising = tally(edges={"worker waiting -> ready": 1, "worker memory -> flight": 1})
    worker, _ = alone(account(counters={"swarm": surprising})).participants()
    assert str(worker) == "worker 1 of 4"
    assert worker.counts["worker memory -> flight"] == 1


def test_edges_are_counted_where_nobody_knows_which_there_are() -> None:
    assert [str(edges) for edges in alone(of_worker(1)).participants()] == ["worker 3"]


def test_rarest_edges_come_first() -> None:
    assert alone(account()).rarest(2) == [
        ("worker executing -> memory", 2),
        ("worker ready -> executing", 37),
    ]


def test_speed_is_that_of_late() -> None:
    def at(seconds: float, steps: int) -> Point:
        return Point(seconds, {"swarm": Reading(1, steps, 0, 0, 0)})

    assert steps_per_second(account(curve=[])) == 0
    assert steps_per_second(account(curve=[at(0.0, 0)])) == 0
    assert steps_per_second(account(curve=[at(2.0, 100), at(4.0, 400)])) == 100
    slow_once = [at(100.0, 100), at(105.0, 200), at(115.0, 5200), at(116.0, 5201)]
    assert steps_per_second(account(curve=slow_once)) == (5201 - 200) / 11
