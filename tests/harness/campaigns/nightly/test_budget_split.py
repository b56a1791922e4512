"""The budget of a night is shared out evenly, spent wholly, and never twice."""

import time
from collections import Counter
from itertools import islice

import pytest

from workerfuzz.harness.campaigns.nightly.budget_split import (
    MOST_SHARDS,
    SHARD_RUNS,
    SHARD_S,
    BudgetSplit,
    rounds,
)
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.result import ShardResult

TARGETS = [Target("reference", "worker"), Target("reference", "cluster"), Target("dask", "cluster")]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time passes when a test says so."""
    time_s = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: time_s[0])
    return time_s


def night(budget: Budget, jobs: int = 1) -> Night:
    this_night = Night(7, "2026-11-25T00:00:00+00:00", budget, targets=TARGETS)
    this_night.rounds = rounds(budget, len(TARGETS), jobs)
    return this_night


def plans(budget: Budget, jobs: int = 1) -> list[Plan]:
    return [plan for _, plan in BudgetSplit(night(budget, jobs), jobs).plans()]


def shares(plans: list[Plan], what: str) -> Counter[str]:
    spent = Counter[str]()
    for plan in plans:
        spent[f"{plan.subject} {plan.scope}"] += getattr(plan.budget, what)
    return spent


@pytest.mark.parametrize(("runs", "jobs"), [(300, 1), (100_000, 2), (7, 2), (1, 1), (3, 8)])
def test_all_runs_are_shared_out(runs: int, jobs: int) -> None:
    found = plans(Budget(runs=runs), jobs)
    counter = shares(found, "runs")
    assert sum(counter.values()) == runs
    assert all(0 < (plan.budget.runs or 0) <= SHARD_RUNS for plan in found)
    if runs % 6 == 0:
        assert max(counter.values()) == min(counter.values())


def test_cpu_time_is_shared_out() -> None:
    found = plans(Budget(cpu_s=6000), 2)
    assert set(shares(found, "cpu_s").values()) == {2000}
    assert all((plan.budget.cpu_s or 0) <= SHARD_S for plan in found)
    assert len(found) % 2 == 0


def test_wall_time_is_taken_by_turns_until_it_is_over(clock: list[float]) -> None:
    found = []
    for _, plan in BudgetSplit(night(Budget(seconds=8000))).plans():
        found.append(plan)
        clock[0] += plan.budget.seconds or 0
    assert clock[0] == pytest.approx(9000)
    assert max(shares(found, "seconds").values()) == pytest.approx(8000 / 3)
    assert all((plan.budget.seconds or 0) <= SHARD_S for plan in found)


def test_time_that_is_lost_on_the_way_cuts_the_last_ones_short(clock: list[float]) -> None:
    found = []
    for _, plan in BudgetSplit(night(Budget(seconds=100))).plans():
        found.append(plan)
        clock[0] += (plan.budget.seconds or 0) + 40
    assert len(found) == 3, "everything has a turn, however little time there is"


def test_two_processes_have_twice_the_time(clock: list[float]) -> None:
    first = list(
        islice((plan for _, plan in BudgetSplit(night(Budget(seconds=60), 2), 2).plans()), 6)
    )
    assert [plan.budget.seconds for plan in first] == [20.0] * 6


def test_no_two_shards_of_any_nights_have_the_same_seed() -> None:
    seeds = [plan.seed for plan in plans(Budget(runs=100_000))]
    assert len(set(seeds)) == len(seeds)
    assert {seed // MOST_SHARDS for seed in seeds} == {7}


def account(plan: Plan, runs: int, seconds: float = 0.0) -> ShardResult:
    tallies = {"swarm": Counters(runs=runs, seconds=seconds)}
    return ShardResult(plan, counters=tallies, runs=plan.first + runs, seconds=seconds)


def test_a_shard_goes_on_with_the_run_after_its_last() -> None:
    this_night = night(Budget(runs=300))
    whole = dict(BudgetSplit(this_night).plans())
    done = {(0, 1): account(whole[0, 1], 100), (1, 1): account(whole[1, 1], 30)}
    rest = dict(BudgetSplit(this_night, results=done, parts=list(done)).plans())
    assert list(rest) == [(1, 2), (2, 1)]
    assert (rest[1, 2].first, rest[1, 2].budget.runs) == (30, 70)
    assert rest[1, 2].seed == whole[1, 1].seed
    done[1, 2] = account(rest[1, 2], 69)
    again = dict(BudgetSplit(this_night, results=done, parts=list(done)).plans())
    assert (again[1, 3].first, again[1, 3].budget.runs) == (99, 1)
    done[1, 3] = account(again[1, 3], 1)
    assert list(dict(BudgetSplit(this_night, results=done, parts=list(done)).plans())) == [(2, 1)]


def test_a_shard_that_nobody_can_read_is_done_again_beside_it() -> None:
    this_night = night(Budget(runs=300))
    rest = dict(BudgetSplit(this_night, parts=[(1, 1)]).plans())
    assert list(rest) == [(1, 2), (0, 1), (2, 1)]
    assert (rest[1, 2].first, rest[1, 2].budget.runs) == (0, 100)


def test_what_is_left_of_time_is_used_and_no_more() -> None:
    this_night = night(Budget(seconds=60))
    plan = BudgetSplit(this_night).plan_of(0)
    done = {(0, 1): account(plan, 5, seconds=19.8), (1, 1): account(plan, 5, seconds=11.0)}
    sharing = BudgetSplit(this_night, spent_s=40.0, results=done, parts=list(done))
    assert sharing.left().seconds == 20.0
    part, rest = next(iter(sharing.plans()))
    assert (part, rest.first, rest.budget.seconds) == ((1, 2), 5, 9.0)


def test_what_is_left_is_told_for_each_limit() -> None:
    this_night = night(Budget(cpu_s=60, runs=300))
    done = {(0, 1): account(Plan(), 40, seconds=10.0)}
    left = BudgetSplit(this_night, results=done, parts=list(done)).left()
    assert (left.cpu_s, left.runs) == (50.0, 260)
