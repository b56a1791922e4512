"""Names and numbers in a fingerprint: what two of them have in common, not what they happen to be.

Run ids and their like are told apart and no more. Peers may be called by each other's names.
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.statemachine.worker.task import Priority

#: Everybody is called by their own name.
OWN_NAMES: Final[Mapping[Any, Any]] = MappingProxyType({})


class Canonical:
    """Makes one fingerprint; each number gets another one by the order in which it comes up.

    Attributes:
        names: other names, and values that tell a name, by what they are now.
        ranks: priorities by what they are now, where only their order matters.
        settled: run ids whose end was reported: that makes a difference.
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
        self._others: dict[object, int] = {}

    def name(self, name: Any) -> Any:
        """What a peer, or a value, is called."""
        return self.names.get(name, name)

    def peers(self, names: Iterable[str]) -> tuple[str, ...]:
        """Peers whose order means nothing."""
        if not self.names:
            return tuple(sorted(names))
        called = self.names
        return tuple(sorted([called.get(name, name) for name in names]))

    def sorted(self, names: Iterable[str]) -> list[str]:
        """Peers in the order of the names that they get."""
        return sorted(names, key=self.name)

    def priority(self, priority: Priority) -> Priority:
        """A priority, next to others."""
        return self.ranks.get(priority, priority)

    def run(self, run_id: int) -> int:
        """A run id; negative where its end was reported."""
        number = self._runs.setdefault(run_id, len(self._runs))
        return ~number if run_id in self.settled else number

    def number(self, of: str, number: int) -> int:
        """A number of another kind."""
        return self._others.setdefault((of, number), len(self._others))
