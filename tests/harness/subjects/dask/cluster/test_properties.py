"""Properties of a worker's resources, for releases that do not check them."""

from types import SimpleNamespace
from typing import Any

import pytest

from workerfuzz.harness.subjects.dask.failures import resources_are_taken
from workerfuzz.harness.subjects.dask.instrumentation import RecordedTransition


def task(key: str, **needs: float) -> Any:
    return SimpleNamespace(key=key, resource_restrictions=needs)


def worker(left: float, running: list[Any], *transitions: RecordedTransition) -> Any:
    """With two units of one resource."""
    return SimpleNamespace(
        total_resources={"cpu": 2.0},
        available_resources={"cpu": left},
        all_running_tasks=running,
        transitions=list(transitions),
    )


def begins(key: str, start: str) -> RecordedTransition:
    return RecordedTransition(key, start, "executing", "executing")


@pytest.mark.parametrize(
    ("left", "running"),
    [
        (2.0, []),
        (1.0, [task("a", cpu=1.0), task("b")]),
        (0.0, [task("a", cpu=0.5), task("b", cpu=1.5)]),
    ],
)
def test_what_is_taken_is_not_left(left: float, running: list[Any]) -> None:
    observed = worker(left, running, begins("a", "constrained"))
    assert list(resources_are_taken.check(observed)) == []


def test_a_task_that_begins_without_its_resource_is_named() -> None:
    running = [task("a", cpu=1.0), task("b"), task("c", cpu=1.0)]
    observed = worker(1.0, running, begins("b", "ready"), begins("c", "ready"))
    assert list(resources_are_taken.check(observed)) == ["c, ready -> executing, took no cpu"]


def test_a_task_that_begins_where_too_little_is_left_hides_nothing() -> None:
    observed = worker(0.0, [task("b", cpu=1.0)], begins("b", "constrained"))
    assert list(resources_are_taken.check(observed)) == [
        "0 of 2 cpu are left; running tasks need 1"
    ]


@pytest.mark.parametrize(("left", "running"), [(1.0, []), (3.0, [task("a")])])
def test_a_resource_that_does_not_come_back_or_comes_twice_is_told(
    left: float, running: list[Any]
) -> None:
    observed = worker(left, running, RecordedTransition("a", "executing", "memory", "memory"))
    text = f"{left:g} of 2 cpu are left; running tasks need 0"
    assert list(resources_are_taken.check(observed)) == [text]
