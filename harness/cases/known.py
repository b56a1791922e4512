"""Names that a case may use: the systems that can be fuzzed, and the properties."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from workerfuzz.harness import subjects as registry
from workerfuzz.harness.subjects import dask_cluster_properties, dask_properties
from workerfuzz.harness.worlds import blackbox, cluster_properties, rest, worker
from workerfuzz.statemachine import (
    asked,
    contract,
    copied,
    ended,
    invariants,
    messages,
    moved,
    neighbours,
    progress,
    started,
    totals,
)
from workerfuzz.statemachine.properties import Property, properties_in
from workerfuzz.statemachine.scheduling import invariants as invariants_of_scheduler
from workerfuzz.statemachine.scheduling import totals as totals_of_scheduler

#: The subject whose effects cases tell.
REFERENCE: Final = "reference"

#: Subjects of which we know every property.
OURS: Final = frozenset({REFERENCE, "dask"})


#: Where properties are written.
MODULES: Final = (
    contract,
    invariants,
    neighbours,
    messages,
    progress,
    totals,
    asked,
    copied,
    ended,
    started,
    moved,
    worker,
    rest,
    blackbox,
    cluster_properties,
    invariants_of_scheduler,
    totals_of_scheduler,
    dask_properties,
    dask_cluster_properties,
)


@cache
def subjects() -> tuple[str, ...]:
    return tuple(registry.names())


def is_subject(name: str) -> bool:
    """It is known, or says itself where it stands: ``module:Class``."""
    return name in subjects() or registry.PLACE.fullmatch(name) is not None


@cache
def properties() -> Mapping[str, Property]:
    """Every property that a step, or rest, may break; by name."""
    return MappingProxyType(
        {found.name: found for module in MODULES for found in properties_in(vars(module))}
    )
