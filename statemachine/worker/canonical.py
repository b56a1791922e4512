"""Canonical names and numbers in a fingerprint: equal for states that differ in labels alone.

Run ids and their like are told apart and no more. Peers may be called by each other's names.
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

from workerfuzz.statemachine.worker.task import Priority

T = TypeVar("T")

#: No name is replaced.
OWN_NAMES: Final[Mapping[Any, Any]] = MappingProxyType({})


class Canonical:
    """Replaces names and numbers in one fingerprint; numbers by the order in which they come up.

    Attributes:
        names: canonical names, and values that contain one, by present name.
        ranks: canonical priorities by present one, where only their order matters.
        settled: run ids whose end was reported.
    """

    def __init__(
        self,
        names: Mapping[Any, Any] = OWN_NAMES,
        ranks: Mapping[Priority, Priority] = OWN_NAMES,
        settled: Collection[int] = (),
    ) -> None:
        self.names = names
        self.ranks = ranks
        self.settled = settled
        self._runs: dict[int, int] = {}
        self._others: dict[tuple[str, int], int] = {}

    def name(self, name: T) -> T:
        """Return the canonical name of a peer or a value."""
        found: T = self.names.get(name, name)
        return found

    def peers(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return peers whose order has no meaning."""
        if not self.names:
            return tuple(sorted(names))
        called = self.names
        return tuple(sorted([called.get(name, name) for name in names]))

    def sorted(self, names: Iterable[str]) -> list[str]:
        """Return peers in the order of their canonical names."""
        return sorted(names, key=self.name)

    def priority(self, priority: Priority) -> Priority:
        """Return the rank of a priority."""
        return self.ranks.get(priority, priority)

    def run(self, run_id: int) -> int:
        """Return the number of a run id; negative where its end was reported."""
        number = self._runs.setdefault(run_id, len(self._runs))
        return ~number if run_id in self.settled else number

    def number(self, of: str, number: int) -> int:
        """Return the canonical number of another kind of identifier."""
        return self._others.setdefault((of, number), len(self._others))


class LocalNumbers(Canonical):
    """Numbers within a part of a fingerprint, by which the part can be kept."""

    def __init__(self, names: Mapping[Any, Any] = OWN_NAMES) -> None:
        super().__init__(names)
        self._priorities: dict[Priority, int] = {}

    def priority(self, priority: Priority) -> Priority:
        """Return the number of a priority; its rank is one of the whole."""
        return (self._priorities.setdefault(priority, len(self._priorities)),)

    @property
    def priorities(self) -> Iterable[Priority]:
        """Priorities that were numbered."""
        return self._priorities

    def in_numbers_of(self, whole: Canonical) -> tuple[tuple[object, ...], ...]:
        """Return everything that was numbered here, in the order of its numbers, in those of another."""
        return (
            tuple([whole.run(run) for run in self._runs]),
            tuple([whole.number(*other) for other in self._others]),
            tuple([whole.priority(priority) for priority in self._priorities]),
        )
