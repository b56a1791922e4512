"""Names that a case may use: the systems that can be fuzzed, and the properties."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from workerfuzz.harness import subjects as registry
from workerfuzz.harness.subjects import dask_properties
from workerfuzz.harness.worlds import rest, worker
from workerfuzz.statemachine import contract, invariants, messages, progress, totals
from workerfuzz.statemachine.properties import Property, properties_in

#: The subject whose effects cases tell.
REFERENCE: Final = "reference"

#: Subjects of which we know every property.
OURS: Final = frozenset({REFERENCE, "dask"})


#: Where properties are written.
MODULES: Final = (
    contract,
    invariants,
    messages,
    progress,
    totals,
    worker,
    rest,
    dask_properties,
)


@cache
def subjects() -> tuple[str, ...]:
    return tuple(registry.names())


@cache
def properties() -> Mapping[str, Property]:
    """Every property that a step, or rest, may break; by name."""
    return MappingProxyType(
        {found.name: found for module in MODULES for found in properties_in(vars(module))}
    )
