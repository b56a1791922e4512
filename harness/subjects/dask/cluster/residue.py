"""Residue in the tables of Dask, once every client has released everything."""

from collections.abc import Iterator, Mapping
from typing import Final

from workerfuzz.harness.subjects.dask.instrumentation import DaskObject
from workerfuzz.harness.subjects.dask.worker.worker import DaskWorker

#: Occupancies are sums of floats.
_NEARLY_NOTHING: Final = 1e-6

#: Tables of the scheduler, of one of its workers, of one of its clients, of stealing, and of a
#: worker itself. Those that a release does not have are empty. Not here: prefixes, which stay, and
#: what is history.
_SCHEDULER: Final = (
    "tasks", "unrunnable", "queued", "replicated_tasks", "task_groups", "task_metadata",
    "_task_prefix_count_global", "_network_occ_global",
)  # fmt: skip
_ITS_WORKER: Final = (
    "processing", "long_running", "has_what", "needs_what", "actors", "nbytes", "occupancy",
    "_network_occ", "task_prefix_count",
)  # fmt: skip
_STEALING: Final = ("in_flight", "key_stealable", "unknown_durations")
_WORKER: Final = (
    "data", "actors", "ready", "constrained", "waiting", "executing", "long_running",
    "in_flight_workers", "in_flight_tasks", "in_flight_tasks_count", "missing_dep_flight",
    "busy_workers", "waiting_for_data_count", "nbytes", "transfer_incoming_bytes",
)  # fmt: skip

#: Tables by worker, whose entries may stay but not what is in them.
_WORKER_BY_PEER: Final = ("has_what", "data_needed", "data_needed_per_worker")


def residue(
    scheduler: DaskObject, stealing: DaskObject, workers: Mapping[str, DaskWorker]
) -> Iterator[str]:
    """Yield one line for each table that is not empty."""
    yield from _filled("scheduler", scheduler, _SCHEDULER)
    for name, client in scheduler.clients.items():
        yield from _filled(f"scheduler on client {name}", client, ("wants_what",))
    for address, value in scheduler.workers.items():
        about = f"scheduler on {address}"
        yield from _filled(about, value, _ITS_WORKER)
        yield from _line(about, "used_resources", _nonzero(value.used_resources))
    yield from _stealing(stealing)
    for name, worker in workers.items():
        yield from _worker(name, worker)


def _stealing(stealing: DaskObject) -> Iterator[str]:
    yield from _filled("stealing", stealing, _STEALING)
    for table in ("in_flight_occupancy", "in_flight_tasks"):
        amounts = getattr(stealing, table, {})
        yield from _line(
            "stealing", table, _nonzero({amount.address: amounts[amount] for amount in amounts})
        )
    for address, levels in stealing.stealable.items():
        yield from _line("stealing", f"stealable on {address}", set().union(*levels))


def _worker(name: str, worker: DaskWorker) -> Iterator[str]:
    machine = worker.machine
    states = (f"{key} ({task.state})" for key, task in machine.tasks.items())
    yield from _line(name, "tasks", [*states])
    yield from _filled(name, machine, _WORKER)
    for table in _WORKER_BY_PEER:
        entries = getattr(machine, table, {})
        if isinstance(entries, Mapping):
            yield from _line(name, table, [entry for peer in entries for entry in entries[peer]])
        else:
            yield from _line(name, table, entries)
    taken = {
        resource: total - machine.available_resources[resource]
        for resource, total in machine.total_resources.items()
    }
    yield from _line(name, "resources in use", _nonzero(taken))


def _filled(owner: str, holder: DaskObject, tables: tuple[str, ...]) -> Iterator[str]:
    for table in tables:
        yield from _line(owner, table, getattr(holder, table, None))


def _nonzero(amounts: Mapping[object, float]) -> dict[str, float]:
    return {str(name): value for name, value in amounts.items() if abs(value) > _NEARLY_NOTHING}


def _line(owner: str, table: str, content: DaskObject) -> Iterator[str]:
    if isinstance(content, int | float):
        if abs(content) > _NEARLY_NOTHING:
            yield f"{owner}: {table}={content:g}"
    elif content is not None and len(content):
        names = sorted(str(getattr(part, "key", part)) for part in content)
        yield f"{owner}: {table}: {' '.join(names)}"
