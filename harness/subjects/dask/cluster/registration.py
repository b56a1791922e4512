"""How a worker introduces itself to the scheduler of a release."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.subjects.dask.names import Name
from workerfuzz.statemachine.worker.config import WorkerConfig

#: What a fresh worker measured of itself, by the names of all releases.
_METRICS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "memory": 0,
        "managed_bytes": 0,
        "spilled_bytes": {"memory": 0, "disk": 0},
        "spilled_nbytes": {"memory": 0, "disk": 0},
        "digests_total_since_heartbeat": {},
        "bandwidth": {"total": 100_000_000, "workers": {}, "types": {}},
        "cpu": 0,
        "time": 0,
        "event_loop_interval": 0.02,
    }
)


class Line:
    """The connection to a worker that registers. Nobody listens."""

    async def write(self, message: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A worker that registers."""

    address: Name
    name: str
    config: WorkerConfig


Fill = Callable[[Newcomer], Any]

#: Arguments of ``add_worker``.
ARGUMENTS: Final[Mapping[str, Fill]] = MappingProxyType(
    {
        "comm": lambda it: Line(),
        "address": lambda it: it.address,
        "status": lambda it: "running",
        "server_id": lambda it: it.address,  # workers are ordered by its hash
        "nthreads": lambda it: it.config.nthreads,
        "name": lambda it: it.name,
        "now": lambda it: 0,
        "resources": lambda it: dict(it.config.resources),
        "memory_limit": lambda it: None,
        "metrics": lambda it: _METRICS,
        "services": lambda it: {},
        "local_directory": lambda it: "",
        "versions": lambda it: {},
        "nanny": lambda it: None,
        "extra": lambda it: {},
        "stimulus_id": lambda it: f"join-{it.name}",
    }
)


def unknown_arguments(signature: inspect.Signature) -> Iterator[str]:
    """What ``add_worker`` cannot do without and we do not have."""
    for name, parameter in signature.parameters.items():
        optional = parameter.default is not inspect.Parameter.empty
        if name != "self" and name not in ARGUMENTS and not optional:
            yield name


def arguments(taken: frozenset[str], newcomer: Newcomer) -> dict[str, Any]:
    """Of ``add_worker``, where it takes these."""
    return {name: fill(newcomer) for name, fill in ARGUMENTS.items() if name in taken}
