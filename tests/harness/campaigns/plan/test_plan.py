"""Work that is divided adds up, and each shard has runs of its own."""

from typing import Any

import pytest

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan, shards


def budgets(count: int, **limits: Any) -> list[Budget]:
    return [plan.budget for plan in shards(Plan(budget=Budget(**limits)), count)]


def test_shards_have_consecutive_seeds() -> None:
    assert [plan.seed for plan in shards(Plan(seed=7), 3)] == [7, 8, 9]


def test_one_shard_is_the_plan() -> None:
    plan = Plan(seed=7, budget=Budget(profile="deep"))
    assert shards(plan, 1) == [plan]


def test_runs_are_divided() -> None:
    assert [budget.runs for budget in budgets(3, runs=11)] == [4, 4, 3]
    assert sum(budget.most_runs or 0 for budget in budgets(3)) == Budget().most_runs


def test_no_shard_is_idle() -> None:
    assert [budget.runs for budget in budgets(4, runs=2)] == [1, 1]


def test_cpu_time_is_divided_and_wall_time_is_not() -> None:
    assert budgets(2, seconds=60.0, cpu_s=10.0) == [Budget(60.0, 5.0)] * 2


@pytest.mark.parametrize("limits", [{"seconds": 1.0}, {"cpu_s": 1.0}])
def test_time_limits_no_runs(limits: dict[str, float]) -> None:
    assert [budget.most_runs for budget in budgets(2, **limits)] == [None, None]
