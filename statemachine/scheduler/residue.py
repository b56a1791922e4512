"""What a scheduler still has, in words."""

from collections.abc import Iterator

from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState


def leftovers(scheduler: SchedulerState) -> Iterator[str]:
    """Everything that is not gone; nothing once every client let go and every worker confirmed."""
    for task in scheduler.tasks.values():
        owing = f", {', '.join(task.unconfirmed)} to confirm" if task.unconfirmed else ""
        yield f"{task.key} is {task.state} on the scheduler{owing}"
    for worker in scheduler.workers.values():
        for name in ("processing", "seceded", "has_what", "asked"):
            for item in getattr(worker, name):
                yield f"{item} is in {name} of {worker.name} on the scheduler"
    for client in scheduler.clients.values():
        for key in client.wants:
            yield f"{client.name} wants {key} on the scheduler"
