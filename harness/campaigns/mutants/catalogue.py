"""Every mutant, and how to find one by its name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.campaigns.mutants import (
    asked,
    bookkeeping,
    copied,
    endings,
    records,
    requests,
    starting,
    transitions,
)
from workerfuzz.harness.campaigns.mutants.mutant import Mutant
from workerfuzz.harness.cases.spelling import unknown

#: In the order in which they are measured.
MUTANTS: Final[tuple[Mutant, ...]] = (
    *transitions.MUTANTS,
    *records.MUTANTS,
    *requests.MUTANTS,
    *asked.MUTANTS,
    *endings.MUTANTS,
    *copied.MUTANTS,
    *bookkeeping.MUTANTS,
    *starting.MUTANTS,
)

BY_NAME: Final[Mapping[str, Mutant]] = MappingProxyType({item.name: item for item in MUTANTS})


def named(name: str) -> Mutant:
    """The mutant of that name. Raises ValueError, which says what may have been meant."""
    if name not in BY_NAME:
        raise ValueError(unknown("mutant", name, BY_NAME))
    return BY_NAME[name]
