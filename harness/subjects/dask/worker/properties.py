"""What Dask itself says that must hold of its worker."""

from collections.abc import Collection, Iterator
from typing import Any

from workerfuzz.harness.subjects.dask.failures import describe, states_in_question
from workerfuzz.statemachine.properties.property import Property, always


@always("The worker's own validation finds nothing wrong.")
def validate_state(machine: Any) -> Iterator[str]:
    try:
        machine.validate_state()
    except Exception as error:  # noqa: BLE001  # whatever it raises is what it found
        states = states_in_question(error)
        yield describe(error) + (f", where {states}" if states else "")


@always("As many tasks are counted as waiting for data as there are.")
def waiting_is_counted(machine: Any) -> Iterator[str]:
    """Before 2022.10.1 workers keep that number; Dask's assertion about it is commented out."""
    counted = getattr(machine, "waiting_for_data_count", None)
    waiting = sum(bool(task.waiting_for_data) for task in machine.tasks.values())
    if counted is not None and counted != waiting:
        yield f"{counted} counted as waiting, {waiting} waiting"


def to_check(touched: Collection[str] | None) -> tuple[Property, ...]:
    """Properties to look at after an event.

    What is merely counted wrongly waits for a full sweep: it must not end a run before something
    worse can happen.
    """
    return (validate_state,) if touched is not None else (validate_state, waiting_is_counted)
