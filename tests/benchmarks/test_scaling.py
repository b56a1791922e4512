"""Shards cost what they cost only if they did all of their work."""

from collections.abc import Callable
from types import ModuleType

import pytest

pytest.importorskip("distributed")

Import = Callable[[str], ModuleType]


def test_two_processes_beside_one(benchmark_module: Import) -> None:
    (aim,) = benchmark_module("scaling").scaling(2, 1)
    assert aim.aim == "at least 1.7"
    assert float(aim.measured.split()[0]) > 0


def test_tiny_shards_cost_something_whoever_carries_them(benchmark_module: Import) -> None:
    scaling = benchmark_module("scaling")
    *aims, table = scaling.carrying(2)
    heads, *rows = table.splitlines()
    assert heads.split()[0] == "carried"
    assert len(rows) == len(aims) == len(scaling.CARRIERS)
    assert [row.partition("  ")[0] for row in rows] == [
        "in this process", "processes, 2 at a time", "a Dask cluster, 2 at a time",
    ]  # fmt: skip
    assert all(float(row.split()[-1]) > 0 for row in rows)


def test_shards_have_seeds_of_their_own(benchmark_module: Import) -> None:
    plans = [plan for turn in range(2) for plan in benchmark_module("scaling").plans_of(2, 7, turn)]
    assert [plan.seed for plan in plans] == [0, 1, 2, 3]
    assert {plan.budget.most_runs for plan in plans} == {7}


def test_lost_runs_are_no_time_won(benchmark_module: Import) -> None:
    scaling = benchmark_module("scaling")
    with pytest.raises(RuntimeError, match=r"^0 of 6 runs were made; \[\]$"):
        scaling.timed(lambda plans: [], scaling.plans_of(2, 3))
