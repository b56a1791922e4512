"""Counts of the checks of properties. Counting costs, so that only some runs are counted."""

from collections.abc import Iterator
from contextlib import contextmanager

from workerfuzz.statemachine.properties.property import CHECKS, AnyProperty


@contextmanager
def counted(counts: dict[str, int]) -> Iterator[None]:
    """While this lasts, each check of a property is counted under the property's name."""

    def count(item: AnyProperty) -> None:
        counts[item.name] = counts.get(item.name, 0) + 1

    before, CHECKS.observer = CHECKS.observer, count
    try:
        yield
    finally:
        CHECKS.observer = before
