"""Visited states: worlds with equal fingerprints, and the allowances spent on reaching them."""

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, Protocol, Self

from workerfuzz.harness.engines.explore.allowances import Spent
from workerfuzz.harness.worlds.scopes import World

#: Stands for a fingerprint: a number for each of its parts.
Mark = tuple[int, ...]


class CopyableWorld(World, Protocol):
    """A world that can be explored."""

    def copy(self) -> Self:
        """Return a copy that continues alike, and shares nothing that changes."""

    def fingerprint(self, names: Mapping[str, str], /) -> tuple[Hashable, ...]:
        """Return plain data, equal for worlds that continue alike; keys and addresses renamed."""


class Visit(NamedTuple):
    """A world was met.

    Attributes:
        is_new: no world before continues alike.
        is_cheaper: none of those before had as much of its allowances left.
    """

    is_new: bool
    is_cheaper: bool


class VisitedStates:
    """States that were met.

    A part of a fingerprint is kept once and has a number, because many states share a record. Of worlds
    that differ in names alone the smallest mark counts for all.

    Args:
        renamings: ways to exchange names; the first changes none.
    """

    def __init__(self, renamings: Sequence[Mapping[str, str]]) -> None:
        self.renamings = renamings
        self._numbers: dict[Hashable, int] = {}
        self._alike: dict[Mark, Mark] = {}
        self._spent: dict[Mark, list[Spent]] = {}

    def __len__(self) -> int:
        return len(self._spent)

    def meet(self, world: CopyableWorld, spent: Spent) -> Visit:
        """A world, and what was spent on the way to it."""
        before = self._spent.setdefault(self.mark(world), [])
        if any(not_more(known, spent) for known in before):
            return Visit(is_new=False, is_cheaper=False)
        is_new = not before
        before[:] = [known for known in before if not not_more(spent, known)]
        before.append(spent)
        return Visit(is_new, is_cheaper=True)

    def mark(self, world: CopyableWorld) -> Mark:
        """Equal for worlds that are the same state."""
        plain, *others = self.renamings
        own = self._numbered(world.fingerprint(plain))
        found = self._alike.get(own)
        if found is None:
            marks = (self._numbered(world.fingerprint(names)) for names in others)
            found = self._alike[own] = min((own, *marks))
        return found

    def _numbered(self, fingerprint: tuple[Hashable, ...]) -> Mark:
        numbers = self._numbers
        return tuple([numbers.setdefault(part, len(numbers)) for part in fingerprint])


def not_more(one: Spent, other: Spent) -> bool:
    """Of no allowance more was spent."""
    return all(mine <= theirs for mine, theirs in zip(one, other, strict=True))
