"""Which properties are due: those that can be broken by what happened, or by a record of some shape."""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from workerfuzz.statemachine.properties.after_dispatch import STARTED
from workerfuzz.statemachine.properties.after_execution import ENDED
from workerfuzz.statemachine.properties.after_scheduler_message import ASKED
from workerfuzz.statemachine.properties.after_transfer import COPIED
from workerfuzz.statemachine.properties.after_transition import MOVED
from workerfuzz.statemachine.properties.property import Property
from workerfuzz.statemachine.properties.record_features import RecordFeatures
from workerfuzz.statemachine.properties.records import INVARIANTS
from workerfuzz.statemachine.properties.relations import CAN_BREAK


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
def judged(shape: RecordFeatures) -> tuple[tuple[Property, ...], tuple[Property, ...]]:
    """Of a record of this shape: what it breaks by itself, and what it may break with others."""
    return (
        tuple(item for item in INVARIANTS if any(True for _ in item("a record", shape))),
        tuple(item for item, can_be_broken in CAN_BREAK.items() if can_be_broken(shape)),
    )
