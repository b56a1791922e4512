"""The table at the end says what was aimed at, and judges only what was measured."""

from collections.abc import Callable
from types import ModuleType

import pytest

Import = Callable[[str], ModuleType]


@pytest.mark.parametrize(
    ("made", "values", "is_met"),
    [
        ("at_most", [4.0, 5.0, 9.0], True),
        ("at_most", [4.0, 5.1, 5.2], False),
        ("at_least", [1.0, 5.0, 9.0], True),
        ("at_least", [1.0, 4.9, 9.0], False),
        ("at_least", [], None),
    ],
)
def test_median_is_judged(
    benchmark_module: Import, made: str, values: list[float], is_met: bool | None
) -> None:
    aim = getattr(benchmark_module("aims"), made)("cost", 5, values)
    assert aim.met is is_met
    assert aim.aim == f"{made.replace('_', ' ')} 5"
    assert (aim.measured == "nothing measured") is (not values)


def test_all_of_them_are_to_be_as_they_should(benchmark_module: Import) -> None:
    aims = benchmark_module("aims")
    assert [aims.all_of("x", "all", good, 3).met for good in (3, 2)] == [True, False]
    assert aims.all_of("x", "all", 0, 0).met is None


def test_table_counts_what_was_reached(benchmark_module: Import) -> None:
    aims = benchmark_module("aims")
    judged_aims = [aims.at_most("a", 1, [1]), aims.at_most("b", 1, [2]), aims.Aim("c", "", "7")]
    lines = aims.summary(judged_aims).splitlines()
    assert [line.split()[-1] for line in lines] == ["reached", "yes", "NO", "-", "reached"]
    assert lines[-1] == "1 of 2 aims are reached"
