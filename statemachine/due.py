"""Which of the properties about something that happened are due: those that it can have broken."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.statemachine.asked import ASKED
from workerfuzz.statemachine.copied import COPIED
from workerfuzz.statemachine.ended import ENDED
from workerfuzz.statemachine.moved import MOVED
from workerfuzz.statemachine.properties import Property
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
