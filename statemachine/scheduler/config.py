"""Limits of a scheduler, fixed when it starts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerConfig:
    """Limits of one scheduler.

    Attributes:
        saturation: tasks that a worker is given for each thread before more are queued; inf: no queue.
        allowed_failures: workers that may die while they have a task before the task is given up.
        allowed_input_failures: times that a task may fail on a worker because an input could not be
            copied there, in a row.
    """

    saturation: float = 1.1
    allowed_failures: int = 3
    allowed_input_failures: int = 20
