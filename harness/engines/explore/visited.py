"""Visited states: worlds with equal fingerprints, and what was left to be done on reaching them."""

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol, Self, TypeAlias

from workerfuzz.harness.engines.explore.allowances import Spent
from workerfuzz.harness.worlds.scopes import World
from workerfuzz.strategies.worker import Step

#: Stands for a fingerprint, in every process.
Mark: TypeAlias = bytes

#: Size of a mark, in bytes.
SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class PossibleStep:
    """A step that is possible, and its text, by which it is compared: some steps have no hash."""

    text: str
    step: Step = field(compare=False)

    @classmethod
    def of(cls, step: Step) -> "PossibleStep":
        return cls(str(step), step)


#: Steps that need not be taken from a state: they were, before a step that commutes with them.
Sleeping: TypeAlias = frozenset[PossibleStep]

AWAKE: Final[Sleeping] = frozenset()


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
        is_cheaper: something is to be done there that was not done before.
        sleeping: steps that need not be taken.
        only: the steps that are to be taken; None: all others.
    """

    is_new: bool
    is_cheaper: bool
    sleeping: Sleeping = AWAKE
    only: Sleeping | None = None


KNOWN: Final = Visit(is_new=False, is_cheaper=False)

#: A state was met: what was spent on the way, and what need not be done there, in canonical names.
Record: TypeAlias = tuple[Spent, Sleeping]


class VisitedStates:
    """States that were met.

    A part of a fingerprint is digested once, because many states share a record. Of worlds that differ
    in names alone the smallest mark counts for all.

    Args:
        renamings: ways to exchange names; the first changes none.

    Attributes:
        records: by mark, the meetings that others do not make superfluous.
    """

    def __init__(self, renamings: Sequence[Mapping[str, str]]) -> None:
        self.renamings = renamings
        self.records: dict[Mark, list[Record]] = {}
        self._digests: dict[Hashable, bytes] = {}
        self._alike: dict[Mark, tuple[Mark, Mapping[str, str]]] = {}

    def __len__(self) -> int:
        return len(self.records)

    def meet(self, world: CopyableWorld, spent: Spent, sleeping: Sleeping = AWAKE) -> Visit:
        """A world, what was spent on the way to it, and what need not be done there."""
        mark, names = self.canonical(world)
        asleep = renamed(sleeping, names)
        before = self.records.setdefault(mark, [])
        as_cheap = [known for cost, known in before if not_more(cost, spent)]
        if any(known <= asleep for known in as_cheap):
            return KNOWN
        is_new, only = not before, None
        if as_cheap:
            missing = as_cheap[0].intersection(*as_cheap[1:])
            only, asleep = missing - asleep, missing & asleep
            if not only:
                return KNOWN
            back = {other: name for name, other in names.items()}
            only, sleeping = renamed(only, back), renamed(asleep, back)
        before[:] = [
            visit for visit in before if not (not_more(spent, visit[0]) and asleep <= visit[1])
        ]
        before.append((spent, asleep))
        return Visit(is_new, is_cheaper=True, sleeping=sleeping, only=only)

    def mark(self, world: CopyableWorld) -> Mark:
        """Equal for worlds that are the same state."""
        return self.canonical(world)[0]

    def canonical(self, world: CopyableWorld) -> tuple[Mark, Mapping[str, str]]:
        """Return the mark of a world, and the canonical names in the one with that mark."""
        plain, *others = self.renamings
        own = self._digested(world.fingerprint(plain))
        if not others:
            return own, plain
        found = self._alike.get(own)
        if found is None:
            marks = [(own, 0)]
            for place, names in enumerate(others, 1):
                marks.append((self._digested(world.fingerprint(names)), place))
            mark, place = min(marks)
            found = self._alike[own] = (mark, self.renamings[place])
        return found

    def _digested(self, fingerprint: tuple[Hashable, ...]) -> Mark:
        digests, found = self._digests, hashlib.blake2b(digest_size=SIZE)
        for part in fingerprint:
            digest = digests.get(part)
            if digest is None:
                text = repr(part).encode()
                digest = digests[part] = hashlib.blake2b(text, digest_size=SIZE).digest()
            found.update(digest)
        return found.digest()


def renamed(steps: Sleeping, names: Mapping[str, str]) -> Sleeping:
    """The same steps of a world with other names."""
    if not names or not steps:
        return steps
    return frozenset(PossibleStep.of(step.step.renamed(names)) for step in steps)


def not_more(one: Spent, other: Spent) -> bool:
    """Of no allowance more was spent."""
    return all(mine <= theirs for mine, theirs in zip(one, other, strict=True))
