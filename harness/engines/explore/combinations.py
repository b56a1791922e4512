"""Universes by their cost: how much there is of everything, and how often steps of a group happen."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import Final, TypeAlias

from workerfuzz.harness.cases.format.spelling import counted

#: Amounts of a universe, by the name of the dimension.
Amounts: TypeAlias = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something of which a universe has more or less. Each one more costs 1.

    Attributes:
        unit: in the singular.
        least: costs nothing.
        is_useful: a universe with so much of it may show what one with less does not.
    """

    name: str
    unit: str
    least: int
    most: int
    is_useful: Callable[[int, Amounts], bool] = lambda amount, amounts: True


def of_two_workers(amount: int, amounts: Amounts) -> bool:
    """It takes two workers, one of which may join later."""
    return amounts["workers"] + amounts["joins"] > 1


#: By scope. A universe without a request has nothing that could go wrong.
DIMENSIONS: Final[Mapping[str, tuple[Dimension, ...]]] = MappingProxyType(
    {
        "worker": (
            Dimension("keys", "key", 1, 3),
            Dimension("peers", "peer", 1, 2),
            Dimension("threads", "thread", 1, 2, lambda amount, amounts: amounts["keys"] > 1),
            Dimension("requests", "request", 1, 4),
            Dimension("withdrawals", "withdrawal", 0, 3),
            Dimension("faults", "fault", 0, 3),
        ),
        "cluster": (
            Dimension("keys", "key", 1, 3),
            Dimension("workers", "worker", 1, 3),
            Dimension("threads", "thread", 1, 2, lambda amount, amounts: amounts["keys"] > 1),
            Dimension("clients", "client", 1, 2, lambda amount, amounts: amounts["requests"] > 1),
            Dimension("contents", "content", 1, 2, lambda amount, amounts: amounts["requests"] > 1),
            Dimension("restrictions", "restriction", 0, 1, of_two_workers),
            Dimension("resources", "resource", 0, 1, lambda amount, amounts: amounts["keys"] > 1),
            Dimension("requests", "request", 1, 4),
            Dimension(
                "withdrawals",
                "withdrawal",
                0,
                3,
                lambda amount, amounts: amount <= 2 * amounts["requests"],
            ),
            Dimension("faults", "fault", 0, 3),
            Dimension(
                "deaths", "death", 0, 3,
                lambda amount, amounts: amount <= amounts["workers"] + amounts["joins"],
            ),
            Dimension(
                "thefts", "theft", 0, 2,
                lambda amount, amounts: of_two_workers(amount, amounts) and amounts["keys"] > 1,
            ),
            Dimension("copies", "replication", 0, 2, of_two_workers),
            Dimension("pauses", "pause", 0, 2),
            Dimension("joins", "join", 0, 2),
        ),
    }
)  # fmt: skip


class BadUniverse(ValueError):
    """No universe is described so; says what was expected."""


@dataclass(frozen=True, slots=True)
class Combination:
    """One universe: an amount of everything.

    Attributes:
        amounts: of every dimension of the scope, in their order.
    """

    scope: str
    amounts: tuple[tuple[str, int], ...]

    @property
    def cost(self) -> int:
        least = {item.name: item.least for item in DIMENSIONS[self.scope]}
        return sum(amount - least[name] for name, amount in self.amounts)

    @property
    def is_useful(self) -> bool:
        """Return True unless a cheaper one has the same runs."""
        amounts = dict(self.amounts)
        return all(
            amounts[dimension.name] == dimension.least
            or dimension.is_useful(amounts[dimension.name], amounts)
            for dimension in DIMENSIONS[self.scope]
        )

    def __str__(self) -> str:
        """As ``--universe`` takes it; what costs nothing is left out, but for the keys."""
        least = {item.name: item.least for item in DIMENSIONS[self.scope]}
        words = [
            f"{name}={amount}"
            for name, amount in self.amounts
            if amount != least[name] or name == "keys"
        ]
        return ",".join(words)

    @property
    def words(self) -> str:
        """In words: ``2 keys, 2 workers, 1 request, 1 death``."""
        units = {item.name: item.unit for item in DIMENSIONS[self.scope]}
        return ", ".join(counted(amount, units[name]) for name, amount in self.amounts if amount)


def combinations(scope: str, most: int | None = None) -> Iterator[Combination]:
    """Yield all universes of a scope, the cheapest first; those of up to that cost."""
    dimensions = DIMENSIONS[scope]
    dearest = sum(item.most - item.least for item in dimensions)
    for cost in count() if most is None else range(most + 1):
        if cost > dearest:
            return
        for amounts in spent_on(dimensions, cost):
            found = Combination(scope, amounts)
            if found.is_useful:
                yield found


def spent_on(dimensions: tuple[Dimension, ...], cost: int) -> Iterator[tuple[tuple[str, int], ...]]:
    """Yield every way to spend exactly so much."""
    if not dimensions:
        if not cost:
            yield ()
        return
    first, *others = dimensions
    for amount in range(first.least, min(first.most, first.least + cost) + 1):
        for rest in spent_on(tuple(others), cost - amount + first.least):
            yield ((first.name, amount), *rest)


def parse_universe(text: str, scope: str) -> Combination:
    """Parse ``keys=2,workers=2,deaths=1``. Raises BadUniverse."""
    amounts = {item.name: item.least for item in DIMENSIONS[scope]}
    for word in text.split(","):
        match = re.fullmatch(r"([a-z]+)=([0-9]{1,2})", word.strip())
        if match is None:
            raise BadUniverse(f'expected NAME=N, such as keys=2, found "{word}"')
        name = match[1]
        if name not in amounts:
            near = difflib.get_close_matches(name, amounts, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"there are {', '.join(amounts)}"
            raise BadUniverse(f'a universe has no "{name}"; {hint}')
        amounts[name] = int(match[2])
    return Combination(scope, tuple(amounts.items()))
