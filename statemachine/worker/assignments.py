"""Assignments to workers, read from their records alone: for a scheduler that was lost (R21)."""

from collections.abc import Mapping
from dataclasses import dataclass

from workerfuzz.statemachine.worker.states import Intent
from workerfuzz.statemachine.worker.task import Request, TaskSpec
from workerfuzz.statemachine.worker.worker_state import WorkerState


@dataclass(frozen=True, slots=True)
class Assignment:
    """One task that a worker was asked to compute.

    Attributes:
        worker: address of the worker that was asked last.
    """

    spec: TaskSpec
    request: Request
    worker: str


def rebuild(workers: Mapping[str, WorkerState]) -> dict[str, Assignment]:
    """Return every task that a worker was asked to compute and that was not freed since, by key.

    Args:
        workers: those that are still alive, by address.
    """
    latest: dict[str, tuple[int, str, TaskSpec, Request]] = {}
    for address, worker in sorted(workers.items()):
        for key, task in worker.tasks.items():
            content = task.successor or task.spec
            if task.intent is not Intent.COMPUTE or content is None or task.request is None:
                continue
            found = (task.request.run_id, address, content, task.request)
            if key not in latest or latest[key][0] < found[0]:
                latest[key] = found
    return {
        key: Assignment(content, request, address)
        for key, (_, address, content, request) in sorted(latest.items())
    }
