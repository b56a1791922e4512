"""Choices by Hypothesis. A module of its own: importing Hypothesis costs as much as all the rest."""

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class HypothesisChooser:
    """Chooses by Hypothesis, which therefore can shrink and replay what was chosen."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data

    def pick(self, items: Sequence[T]) -> T:
        return items[self.integer(0, len(items) - 1)]

    def integer(self, low: int, high: int) -> int:
        if low == high:
            return low
        return self.data.draw(st.integers(low, high))
