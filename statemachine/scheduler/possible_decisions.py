"""Index of possible decisions, updated per touched key: going over all tasks costs more."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final, TypeAlias

from workerfuzz.statemachine.scheduler import messages
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState

#: Workers that a decision about a key could name now; none where there is no such key.
Workers: TypeAlias = Callable[[SchedulerState, str], Iterator[str]]

#: Messages after which all could be otherwise: a worker came, went, is paused, or runs again.
ABOUT_WORKERS: Final = frozenset(
    {
        messages.Join, messages.Lose, messages.Running, messages.Rebuild, messages.Retire,
        messages.ManageMemory,
    }
)  # fmt: skip


class PossibleDecisions(Collection[tuple[str, str]]):
    """Every (key, worker) that one kind of decision could name; sorted."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._by_key: dict[str, tuple[str, ...]] = {}

    def copy(self) -> "PossibleDecisions":
        """The same, kept up to date apart from these."""
        other = PossibleDecisions(self._workers)
        other._by_key = self._by_key.copy()
        return other

    def renew(self, scheduler: SchedulerState, touched: Iterable[str] | None) -> None:
        """Look again at keys that messages touched, or, with None, at all there are and were."""
        for key in [*self._by_key, *scheduler.tasks] if touched is None else touched:
            found = tuple(self._workers(scheduler, key))
            if found:
                self._by_key[key] = found
            else:
                self._by_key.pop(key, None)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((key, it) for key in sorted(self._by_key) for it in sorted(self._by_key[key]))

    def __contains__(self, pair: object) -> bool:
        return isinstance(pair, tuple) and pair[1] in self._by_key.get(pair[0], ())

    def __len__(self) -> int:
        return sum(map(len, self._by_key.values()))

    def __bool__(self) -> bool:
        return bool(self._by_key)
