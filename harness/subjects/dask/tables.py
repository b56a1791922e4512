"""All tables of Dask's worker and of its scheduler, as far as a release has them."""

from collections.abc import Iterable
from typing import Final

from workerfuzz.harness.subjects.dask.instrumentation import DaskObject
from workerfuzz.harness.subjects.tables import Tables, filled, read, said

#: Beside the tasks, which are told record by record. What only counts, measures or limits is not here.
WORKER: Final = (
    "data", "actors", "ready", "constrained", "waiting", "data_needed", "data_needed_per_worker",
    "has_what", "in_flight_workers", "in_flight_tasks", "missing_dep_flight", "executing",
    "long_running", "busy_workers", "available_resources", "transfer_incoming_bytes", "running",
    "waiting_for_data_count",
)  # fmt: skip
SCHEDULER: Final = ("queued", "unrunnable", "idle", "saturated", "running", "replicated_tasks")
ITS_WORKER: Final = (
    "status", "processing", "long_running", "_has_what", "needs_what", "used_resources",
)  # fmt: skip
STEALING: Final = ("in_flight", "in_flight_tasks", "key_stealable", "unknown_durations")

#: Of a record on a worker, and on the scheduler; told where they are not empty.
OF_TASK: Final = (
    "previous", "_previous", "next", "_next", "run_id", "dependencies", "dependents",
    "waiting_for_data", "waiters", "who_has", "coming_from", "resource_restrictions",
    "exception_text", "suspicious_count", "done",
)  # fmt: skip
OF_TASK_THERE: Final = (
    "run_id", "dependencies", "dependents", "waiting_on", "waiters", "who_wants", "who_has",
    "processing_on", "erred_on", "exception_blame", "exception_text", "retries", "suspicious",
    "worker_restrictions", "resource_restrictions", "loose_restrictions", "actor",
)  # fmt: skip


def worker_tables(machine: DaskObject) -> Tables:
    """Return the tables of a ``WorkerState``."""
    return filled({"tasks": records(machine.tasks.values(), OF_TASK), **read(machine, WORKER)})


def scheduler_tables(scheduler: DaskObject, stealing: DaskObject) -> Tables:
    """Return the tables of a scheduler and of its work stealing."""
    found = {
        "tasks": records(scheduler.tasks.values(), OF_TASK_THERE),
        **read(scheduler, SCHEDULER),
    }
    for worker in scheduler.workers.values():
        for table, lines in read(worker, ITS_WORKER).items():
            found[f"{said(worker.address)} {table.lstrip('_')}"] = lines
    for client in scheduler.clients.values():
        for table, lines in read(client, ("wants_what",)).items():
            found[f"{client.client_key} {table}"] = lines
    found |= {f"stealing {name}": lines for name, lines in read(stealing, STEALING).items()}
    return filled(found)


def records(tasks: Iterable[DaskObject], names: Iterable[str]) -> dict[str, str]:
    """Records by key, a line each."""
    return {
        str(task.key): " ".join((task.state, *told(task, names)))
        for task in sorted(tasks, key=lambda task: str(task.key))
    }


def told(task: DaskObject, names: Iterable[str]) -> Iterable[str]:
    for name in names:
        value = getattr(task, name, None)
        if value:
            yield f"{name.lstrip('_')}={said(value)}"
