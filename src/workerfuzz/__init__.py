"""A property-based fuzzing harness for the worker state machine of a distributed task scheduler."""

from typing import Any

__version__ = "0.1.0"

__all__ = ["ClusterMachine", "WorkerMachine", "__version__"]

#: They bring Hypothesis along, so they are loaded when they are asked for.
_MACHINES = ("ClusterMachine", "WorkerMachine")


def __getattr__(name: str) -> Any:
    if name in _MACHINES:
        from workerfuzz.harness.engines.hypothesis import machine

        return getattr(machine, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
