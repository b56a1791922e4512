"""Everybody has the same turns, and what is said of them is right."""

from collections.abc import Callable
from types import ModuleType

import pytest

Import = Callable[[str], ModuleType]


@pytest.fixture
def timing(benchmark_module: Import) -> ModuleType:
    return benchmark_module("timing")


def test_each_program_does_each_part_once_a_round(timing: ModuleType) -> None:
    done: list[tuple[str, int]] = []

    def program(name: str, cost: float) -> Callable[[int], float]:
        def once(part: int) -> float:
            done.append((name, part))
            return cost + part

        return once

    costs = timing.alternate({"one": program("one", 1), "other": program("other", 2)}, 2, 2)
    assert done == [
        ("one", 0), ("other", 0), ("other", 1), ("one", 1),  # warms up
        ("other", 0), ("one", 0), ("one", 1), ("other", 1),
        ("one", 0), ("other", 0), ("other", 1), ("one", 1),
    ]  # fmt: skip
    assert costs == {"one": [1, 2, 1, 2], "other": [2, 3, 2, 3]}


def test_costs_are_compared_turn_by_turn(timing: ModuleType) -> None:
    assert timing.ratios([1, 3], [2, 2]) == [0.5, 1.5]
    assert timing.excess([1, 3], [2, 2]) == [-1, 1]


def test_spread_is_the_median_and_the_quartiles(timing: ModuleType) -> None:
    assert timing.spread([1, 2, 3, 4, 5, 6, 7]) == "4.00 (2.00 to 6.00)"
    assert timing.spread([3], 0) == "3 (3 to 3)"


def test_table_aligns_the_first_column_to_the_left(timing: ModuleType) -> None:
    assert timing.table(("", "us"), [("one", 1), ("other", 20)]) == (
        "       us\none     1\nother  20"
    )
