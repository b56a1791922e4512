"""A worker as plain data: equal for equal workers, whatever their past."""

from dataclasses import fields

from workerfuzz.statemachine.worker.queue import TaskQueue
from workerfuzz.statemachine.worker.task import Execution, TaskState
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: Attributes of a worker that say nothing about what it will do.
LEFT_OUT = frozenset({"config", "journal", "changes", "touched", "last", "_cause"})


def snapshot(worker: WorkerState, *, values: bool = True) -> dict[str, object]:
    """Return the whole record of a worker, in an order that does not depend on its past.

    Args:
        values: whether stored values are part of it; D2 leaves them aside.
    """
    found = {name: plain(value) for name, value in vars(worker).items() if name not in LEFT_OUT}
    if not values:
        found.update(data=sorted(worker.data), actors=sorted(worker.actors))
    return found


def plain(value: object) -> object:
    """Records and queues as dicts and lists; dicts in the order of their keys."""
    match value:
        case TaskState() | Execution():
            return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
        case TaskQueue():
            return list(value)
        case dict():
            return {key: plain(value[key]) for key in sorted(value)}
        case list():
            return [plain(item) for item in value]
        case _:
            return value
