"""The comparison of the walk with its tactics, on generated mutants."""

import math
from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.fixture
def power(benchmark_module: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark_module("power")


def test_the_walk_is_compared_with_the_best_tactic_of_each_mutant(power: ModuleType) -> None:
    found = {
        "walk": {"m1": 4.0, "m2": 1.0, "m3": None, "m4": None},
        "swarm": {"m1": 1.0, "m2": 2.0, "m3": 5.0, "m4": None},
        "grown": {"m1": 2.0, "m2": None, "m3": None, "m4": None},
    }
    # 4, 1/2, and a budget of 10 to 5; nobody noticed the last one
    assert power.ratio_to_best(found, 10.0) == pytest.approx((4 * 0.5 * 2) ** (1 / 3))


def test_nothing_noticed_is_no_ratio(power: ModuleType) -> None:
    assert math.isnan(power.ratio_to_best({"walk": {"m": None}, "swarm": {"m": None}}, 10.0))


def test_a_search_that_was_given_up_counts_with_its_budget(power: ModuleType) -> None:
    assert power.row("swarm", {"m1": None, "m2": 1.0, "m3": None}, 12.0).split() == [
        "swarm", "12.00", "33%", "33%",
    ]  # fmt: skip


def test_each_tactic_of_a_scope_is_an_arm(power: ModuleType) -> None:
    assert power.arms("scheduler")[0] == "walk"
    assert {"returned", "grown", "mortal"} < {*power.arms("dask-scheduler")}
    assert "returned" not in power.arms("worker")


def test_mutants_are_searched_for_with_one_tactic(
    power: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    power.main(["--of", "worker", "--sample", "1", "--cpu", "0.3", "--who", "swarm"])
    output = capsys.readouterr().out
    assert output.splitlines()[1].split()[0] == "swarm"
