"""Observations of the reference worker: a whole worker after an event, and one of its records.

Worlds of any subject observe from outside (``any_worker.Observation``); these look inside.
"""

from collections.abc import Collection, Hashable, Sequence
from typing import NamedTuple

from workerfuzz.statemachine.properties.worker.record_features import RecordFeatures
from workerfuzz.statemachine.properties.worker.report_counts import ReportCounts
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import Intent
from workerfuzz.statemachine.worker.task import Execution, TaskSpec, TaskState
from workerfuzz.statemachine.worker.worker_state import WorkerState


class RecordBefore(NamedTuple):
    """The fields of a record as they were before an event."""

    task: TaskState
    intent: Intent
    spec: TaskSpec | None
    successor: TaskSpec | None
    suspicion: int
    execution: Execution | None

    @classmethod
    def of(cls, task: TaskState) -> "RecordBefore":
        return tuple.__new__(
            cls,
            (task, task.intent, task.spec, task.successor, task.suspicion, task.execution),
        )

    @classmethod
    def fresh(cls, task: TaskState) -> "RecordBefore":
        """The fields of a record that the event made."""
        return cls(task, Intent.NONE, None, None, 0, None)

    def carried_over(self, record: TaskState, copy: TaskState) -> "RecordBefore":
        """The same, where a copy takes the place of the record."""
        if self.task is not record:
            return self
        execution = copy.execution if self.execution is record.execution else self.execution
        return self._replace(task=copy, execution=execution)

    def against(self, record: TaskState) -> tuple[Hashable, ...]:
        """Everything that the record is going to be judged by, as plain data."""
        return (
            self.task is record,
            self.intent,
            self.spec,
            self.successor,
            self.suspicion,
            self.execution is record.execution,
            self.execution is None,
        )


class ModelObservation(NamedTuple):
    """The reference worker just after an event.

    Attributes:
        issued: instructions that the worker issued in reply.
        changed: records that changed in something that a ``RecordBefore`` tells, each with that.
        counts: reports that are due, and that were made.
        to_forget: keys that the scheduler told to forget, and did not name as wanted since.
    """

    worker: WorkerState
    event: Event
    issued: Sequence[Instruction]
    changed: Sequence[tuple[RecordBefore, TaskState]]
    counts: ReportCounts
    to_forget: Collection[str]


class RecordObservation(NamedTuple):
    """One record by itself. Counterexamples to it depend on its features alone, but for the key."""

    key: str
    features: RecordFeatures


class TaskObservation(NamedTuple):
    """One record among those that it refers to."""

    worker: WorkerState
    task: TaskState
