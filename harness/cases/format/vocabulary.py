"""Names that a case may use: the systems that can be fuzzed, and the properties."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from workerfuzz.harness import subjects as registry
from workerfuzz.harness.subjects.dask import failures as dask_failures
from workerfuzz.statemachine.properties import (
    any_worker,
    assignments,
    cluster,
    crashes,
    process,
    utilization,
)
from workerfuzz.statemachine.properties.property import AnyProperty, properties_in
from workerfuzz.statemachine.properties.scheduler import records as invariants_of_scheduler
from workerfuzz.statemachine.properties.scheduler import totals as totals_of_scheduler
from workerfuzz.statemachine.properties.worker import (
    after_dispatch,
    after_execution,
    after_scheduler_message,
    after_transfer,
    after_transition,
    history,
    records,
    relations,
    reporting,
    totals,
)

#: The subject whose effects cases tell.
REFERENCE: Final = next(name for name, declared in registry.OWN.items() if declared.is_model)


#: Where properties are written.
MODULES: Final = (
    any_worker,
    records,
    relations,
    reporting,
    history,
    totals,
    utilization,
    after_scheduler_message,
    after_transfer,
    after_execution,
    after_dispatch,
    after_transition,
    crashes,
    cluster,
    process,
    invariants_of_scheduler,
    assignments,
    totals_of_scheduler,
    dask_failures,
)


@cache
def subjects() -> tuple[str, ...]:
    return tuple(registry.names())


def is_subject(name: str) -> bool:
    """It is known, or says itself where it stands: ``module:Class``."""
    return name in subjects() or registry.PLACE.fullmatch(name) is not None


@cache
def properties() -> Mapping[str, AnyProperty]:
    """Every property that a step, or rest, may break; by name."""
    return MappingProxyType(
        {found.name: found for module in MODULES for found in properties_in(vars(module))}
    )
