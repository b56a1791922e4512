"""Which properties are due: those that can be broken by what happened, or by a record of some shape."""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from workerfuzz.statemachine.asked import ASKED
from workerfuzz.statemachine.copied import COPIED
from workerfuzz.statemachine.ended import ENDED
from workerfuzz.statemachine.invariants import INVARIANTS
from workerfuzz.statemachine.moved import MOVED
from workerfuzz.statemachine.neighbours import CAN_BREAK
from workerfuzz.statemachine.properties import Property
from workerfuzz.statemachine.shape import Shape
from workerfuzz.statemachine.started import STARTED


def by_kind(properties: Iterable[Property]) -> Mapping[object, tuple[Property, ...]]:
    """Every kind that one of them is about, with all that are."""
    found: dict[object, tuple[Property, ...]] = {}
    for item in properties:
        for kind in item.about:
            found[kind] = (*found.get(kind, ()), item)
    return MappingProxyType(found)


#: Due after an event of a kind, after an instruction of a kind, after a transition (``Change``). Each
#: is given the worker.
DUE_AFTER: Final = by_kind((*ASKED, *COPIED, *ENDED, *STARTED, *MOVED))


@cache
def judged(shape: Shape) -> tuple[tuple[Property, ...], tuple[Property, ...]]:
    """Of a record of this shape: what it breaks by itself, and what it may break with others."""
    return (
        tuple(item for item in INVARIANTS if any(True for _ in item("a record", shape))),
        tuple(item for item, can_be_broken in CAN_BREAK.items() if can_be_broken(shape)),
    )
