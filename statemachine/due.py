"""Properties of a worker, gone through only as far as they can be broken in its situation."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import chain
from typing import Any

from workerfuzz.statemachine.properties import Property

#: What properties may be about, told from what they are given.
Kinds = Callable[..., Hashable]


class Look:
    """Comes before the properties, is given what they are given, and finds nothing but what is due."""

    __slots__ = ("_all", "_due")

    def __init__(self, everything: "Due") -> None:
        self._all = everything
        self._due: tuple[Property, ...] = ()

    def check(self, *given: Any) -> Iterable[str]:
        everything = self._all
        kinds = everything.kinds(*given)
        self._due = everything.known.get(kinds) or everything.about(kinds)
        return ()

    def __iter__(self) -> Iterator[Property]:
        return iter(self._due)


class Due(tuple[Property, ...]):  # noqa: SLOT001 - a tuple can have no slots of its own
    """All of them; who goes through them, and checks each as it comes, is given those that are due.

    What is due is known once the first that comes, a ``Look``, was checked.
    """

    kinds: Kinds
    known: dict[Hashable, tuple[Property, ...]]

    def __new__(cls, items: Iterable[Property], kinds: Kinds) -> "Due":
        self = super().__new__(cls, items)
        self.kinds, self.known = kinds, {}
        return self

    def __iter__(self) -> Iterator[Property]:
        look: Any = Look(self)
        return chain((look,), look)

    def about(self, kinds: Any) -> tuple[Property, ...]:
        """Those that are about one of these kinds, or about none."""
        self.known[kinds] = due = tuple(
            item
            for item in super().__iter__()
            if not item.about or any(kind in item.about for kind in kinds)
        )
        return due
