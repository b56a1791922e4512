"""A property-based fuzzing harness for the worker state machine of a distributed task scheduler."""

from typing import Any

__version__ = "0.1.0"

__all__ = ["WorkerMachine", "__version__"]


def __getattr__(name: str) -> Any:
    """``WorkerMachine`` brings Hypothesis along, so it is loaded when it is asked for."""
    if name == "WorkerMachine":
        from workerfuzz.harness.engines.machine import WorkerMachine

        return WorkerMachine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
