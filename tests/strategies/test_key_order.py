"""Keys in an order in which each depends on earlier ones only."""

import pytest

from workerfuzz.strategies.key_order import Cycle, ordered
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import KEYS


def of(*lines: str) -> tuple[str, ...]:
    return ordered(map(parse, lines), KEYS)


def test_the_usual_order_stays() -> None:
    assert of("compute-task z needs u@a", "free-keys w") == KEYS


def test_other_keys_follow_by_name() -> None:
    assert of("update-data q a") == (*KEYS, "a", "q")


def test_dependencies_come_first() -> None:
    assert of("compute-task u needs z@a") == ("v", "w", "x", "y", "z", "u")
    assert of("compute-task a needs b@a", "compute-task b needs c@a") == (*KEYS, "c", "b", "a")


def test_a_circle_is_told() -> None:
    with pytest.raises(Cycle, match=r"^keys depend on each other: b -> c -> b$"):
        of("compute-task b needs c", "compute-task c needs b", "compute-task a needs b")
