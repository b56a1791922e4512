"""Every mutant, and how to find one by its name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.campaigns.mutants import (
    bookkeeping,
    dispatch,
    endings,
    records,
    requests,
    scheduler,
    scheduler_messages,
    transfers,
    transitions,
    utilization,
)
from workerfuzz.harness.campaigns.mutants.mutant import Mutant
from workerfuzz.harness.cases.format.spelling import unknown

#: Of the worker, in the order in which they are measured.
MUTANTS: Final[tuple[Mutant, ...]] = (
    *transitions.MUTANTS,
    *records.MUTANTS,
    *requests.MUTANTS,
    *scheduler_messages.MUTANTS,
    *endings.MUTANTS,
    *transfers.MUTANTS,
    *bookkeeping.MUTANTS,
    *dispatch.MUTANTS,
    *utilization.MUTANTS,
)

#: Of the scheduler, and of what lies between it and the workers: they show in a cluster alone.
OF_SCHEDULER: Final[tuple[Mutant, ...]] = scheduler.MUTANTS

BY_NAME: Final[Mapping[str, Mutant]] = MappingProxyType(
    {item.name: item for item in (*MUTANTS, *OF_SCHEDULER)}
)


def named(name: str) -> Mutant:
    """The mutant of that name. Raises ValueError, which says what may have been meant."""
    if name not in BY_NAME:
        raise ValueError(unknown("mutant", name, BY_NAME, most=4))
    return BY_NAME[name]
