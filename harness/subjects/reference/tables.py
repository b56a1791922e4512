"""All tables of our worker and of our scheduler."""

from dataclasses import fields
from typing import Any, Final

from workerfuzz.harness.subjects.tables import Tables, differing, filled, read, said
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.task import SchedulerTask
from workerfuzz.statemachine.worker.task import Execution, Request, TaskSpec, TaskState
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: Beside the tasks, which are told record by record.
WORKER: Final = (
    "data", "actors", "ready", "constrained", "data_needed", "has_what", "in_flight",
    "executing", "long_running", "missing", "busy_workers", "available_resources", "incoming_nbytes",
    "paused",
)  # fmt: skip
SCHEDULER: Final = ("queued", "no_worker", "submissions")
ITS_WORKER: Final = ("running", "processing", "seceded", "has_what", "asked")

#: Of a record: not its key, nor its story.
OF_TASK: Final = tuple(
    field.name for field in fields(TaskState) if field.name not in {"key", "history"}
)
OF_TASK_THERE: Final = tuple(
    field.name for field in fields(SchedulerTask) if field.name not in {"key", "history"}
)


def worker_tables(worker: WorkerState) -> Tables:
    """Return all tables of a worker."""
    tasks = {key: record(worker.tasks[key]) for key in sorted(worker.tasks)}
    transfers = {peer: said(transfer.keys) for peer, transfer in worker.transfers.items()}
    return filled({"tasks": tasks, **read(worker, WORKER), "transfers": transfers})


def record(task: TaskState) -> str:
    """A record in a line: what is not as in a fresh one."""
    return shortly(task, TaskState(task.key), OF_TASK)


def scheduler_tables(scheduler: SchedulerState) -> Tables:
    """Return all tables of a scheduler."""
    tasks = {
        key: shortly(scheduler.tasks[key], SchedulerTask(key), OF_TASK_THERE)
        for key in sorted(scheduler.tasks)
    }
    found: dict[str, Any] = {"tasks": tasks, **read(scheduler, SCHEDULER)}
    for name, worker in scheduler.workers.items():
        for table, lines in read(worker, ITS_WORKER).items():
            found[f"{name} {table}"] = lines
    for name, client in scheduler.clients.items():
        for table, lines in read(client, ("wants",)).items():
            found[f"{name} {table}"] = lines
    return filled(found)


def shortly(task: Any, fresh: Any, names: tuple[str, ...]) -> str:
    """State first; then the rest, with contents and requests in short."""
    others = differing(Short(task), Short(fresh), [name for name in names if name != "state"])
    return f"{task.state} {others}".rstrip()


class Short:
    """A record whose contents, requests and threads are told in short."""

    def __init__(self, task: Any) -> None:
        self.task = task

    def __getattr__(self, name: str) -> object:
        value = getattr(self.task, name)
        if isinstance(value, TaskSpec):
            return f"{value.key}#{value.run_spec or 0}({','.join(value.dependencies)})"
        if isinstance(value, Request):
            return f"run {value.run_id}"
        if isinstance(value, Execution):
            return f"run {value.run_id}{' seceded' if value.seceded else ''}"
        return value
