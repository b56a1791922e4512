"""Limits on steps of each kind in one explored run; they make its runs finite."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from workerfuzz.strategies.worker import Step

#: How much of each allowance was used up on the way to a state.
Spent = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many steps of these kinds, taken together.

    Attributes:
        words: of the kinds.
    """

    name: str
    times: int
    words: tuple[str, ...]


#: Kinds that share an allowance, by what is explored. Kinds that are in none happen as often as they
#: can: each of them ends something, or goes on with it.
GROUPS: Final[Mapping[str, tuple[Allowance, ...]]] = MappingProxyType(
    {
        "worker": (
            Allowance("requests", 2, ("compute-task", "acquire-replicas", "update-data")),
            Allowance(
                "withdrawals",
                1,
                ("free-keys", "forget-keys", "remove-replicas", "steal-request", "cancel-compute"),
            ),
            Allowance(
                "faults",
                1,
                (
                    "execute-failure", "reschedule", "secede", "pause", "remove-worker",
                    "refresh-who-has", "gather-dep-busy", "gather-dep-network-failure",
                    "gather-dep-failure",
                ),
            ),
        ),
        "cluster": (
            Allowance("requests", 1, ("submit", "scatter")),
            Allowance("withdrawals", 0, ("release", "cancel", "retry")),
            Allowance("deaths", 1, ("dies",)),
            Allowance("thefts", 1, ("steal",)),
            Allowance("pauses", 1, ("pause",)),
            Allowance("breaks", 1, ("break",)),
            Allowance(
                "faults",
                0,
                (
                    "fail", "reschedule", "secede", "spoil", "refuse", "garble", "join",
                    "find-missing", "replicate", "drop", "store",
                    "gather-on-worker", "overflow", "recompute", "retire", "manage-memory",
                    "disconnect",
                ),
            ),
        ),
    }
)  # fmt: skip


#: The same for universes that are enumerated by their cost, where nothing is allowed unless it is paid
#: for. A worker's pause is a fault here as well.
BUDGETED: Final[Mapping[str, tuple[Allowance, ...]]] = MappingProxyType(
    {
        "worker": GROUPS["worker"],
        "cluster": (
            Allowance("requests", 0, ("submit", "scatter", "store", "retry")),
            Allowance("withdrawals", 0, ("release", "cancel", "disconnect")),
            Allowance(
                "faults",
                0,
                (
                    "fail", "reschedule", "secede", "spoil", "refuse", "garble", "break",
                    "find-missing", "overflow", "recompute",
                ),
            ),
            Allowance("deaths", 0, ("dies",)),
            Allowance("thefts", 0, ("steal",)),
            Allowance("copies", 0, ("replicate", "drop", "gather-on-worker", "manage-memory")),
            Allowance("pauses", 0, ("pause", "retire")),
            Allowance("joins", 0, ("join",)),
        ),
    }
)  # fmt: skip


class UnknownAllowance(ValueError):
    """No kind of step, and no group of them, has that name; says what may have been meant."""


class Allowances:
    """Steps that are still allowed, given those that have happened.

    Attributes:
        items: those that allow anything; ``Spent`` counts in this order.
    """

    def __init__(self, items: Sequence[Allowance]) -> None:
        self.items = [item for item in items if item.times]
        self._never = {word for item in items if not item.times for word in item.words}
        self._place = {word: place for place, item in enumerate(self.items) for word in item.words}

    @property
    def start(self) -> Spent:
        """Nothing has happened."""
        return (0,) * len(self.items)

    def after(self, spent: Spent, kind: type[Step]) -> Spent | None:
        """Return the counts after one more step of that kind; None if it is not allowed."""
        if kind.word in self._never:
            return None
        place = self._place.get(kind.word)
        if place is None:
            return spent
        if spent[place] == self.items[place].times:
            return None
        return (*spent[:place], spent[place] + 1, *spent[place + 1 :])

    def __str__(self) -> str:
        return ", ".join(f"{item.name}={item.times}" for item in self.items)


def allowances(
    scope: str,
    kinds: Sequence[type[Step]],
    changed: Mapping[str, int] = MappingProxyType({}),
    among: Mapping[str, tuple[Allowance, ...]] = GROUPS,
) -> Allowances:
    """Those of a scope.

    Args:
        kinds: every kind of step there.
        changed: other numbers, by the name of a group, or by the word of a kind, which then has an
            allowance to itself.
        among: groups, by scope.

    Raises:
        UnknownAllowance: there is none of that name.
    """
    groups = among[scope]
    names, words = [group.name for group in groups], [kind.word for kind in kinds]
    for name in changed:
        if name not in names and name not in words:
            near = difflib.get_close_matches(name, [*names, *words], n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"groups are {', '.join(names)}"
            raise UnknownAllowance(f'no kind of step, and no group of them, is "{name}"; {hint}')
    return Allowances([*_rest(groups, changed), *_alone(words, changed)])


def _rest(groups: Sequence[Allowance], changed: Mapping[str, int]) -> Iterator[Allowance]:
    """Groups, without the kinds that are counted alone."""
    for group in groups:
        words = tuple(word for word in group.words if word not in changed)
        yield Allowance(group.name, changed.get(group.name, group.times), words)


def _alone(words: Sequence[str], changed: Mapping[str, int]) -> Iterator[Allowance]:
    for word in words:
        if word in changed:
            yield Allowance(word, changed[word], (word,))
