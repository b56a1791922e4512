"""The properties that are due: those that can be broken by what happened, or by a record as it is.

Nothing is checked that cannot be broken, and what holds of all records with the same features is
found out once.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from workerfuzz.statemachine.properties.any_worker import AFTER_EVENT
from workerfuzz.statemachine.properties.property import CHECKS, AnyProperty, Due
from workerfuzz.statemachine.properties.scheduler.records import INVARIANTS as SCHEDULER_INVARIANTS
from workerfuzz.statemachine.properties.scheduler.records import SchedulerObservation
from workerfuzz.statemachine.properties.scheduler.totals import COUNTS as SCHEDULER_COUNTS
from workerfuzz.statemachine.properties.scheduler.totals import TOTALS as SCHEDULER_TOTALS
from workerfuzz.statemachine.properties.utilization import UTILIZATION
from workerfuzz.statemachine.properties.worker.after_dispatch import STARTED
from workerfuzz.statemachine.properties.worker.after_execution import ENDED
from workerfuzz.statemachine.properties.worker.after_scheduler_message import ASKED
from workerfuzz.statemachine.properties.worker.after_transfer import COPIED
from workerfuzz.statemachine.properties.worker.after_transition import MOVED
from workerfuzz.statemachine.properties.worker.history import PROGRESS
from workerfuzz.statemachine.properties.worker.model_observation import (
    ModelObservation,
    RecordBefore,
    RecordObservation,
    TaskObservation,
)
from workerfuzz.statemachine.properties.worker.record_features import RecordFeatures
from workerfuzz.statemachine.properties.worker.records import INVARIANTS
from workerfuzz.statemachine.properties.worker.relations import CAN_BREAK
from workerfuzz.statemachine.properties.worker.report_counts import ReportCounts
from workerfuzz.statemachine.properties.worker.reporting import MESSAGES, steal_is_answered
from workerfuzz.statemachine.properties.worker.totals import COUNTS, TOTALS
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import TaskState, Transition
from workerfuzz.statemachine.worker.worker_state import WorkerState


def by_kind(properties: Iterable[AnyProperty]) -> Mapping[object, tuple[AnyProperty, ...]]:
    """Return every kind that one of them is about, with all that are."""
    found: dict[object, tuple[AnyProperty, ...]] = {}
    for item in properties:
        for kind in item.about:
            found[kind] = (*found.get(kind, ()), item)
    return MappingProxyType(found)


#: Due in the reference worker after an event of a kind, after an instruction of a kind, after a
#: transition.
DUE_AFTER: Final[Mapping[object, tuple[AnyProperty, ...]]] = by_kind(
    (*ASKED, *COPIED, *ENDED, *STARTED, *MOVED)
)


class DueInAnyWorker(NamedTuple):
    """Properties due in any worker, once it has replied and once its environment knows that."""

    after_event: tuple[AnyProperty, ...]
    utilization: tuple[AnyProperty, ...]


@cache
def due_in_any_worker(exempt: frozenset[str], *kinds: object) -> DueInAnyWorker:
    """Return those that an event of a kind can break.

    Args:
        exempt: names of properties that the subject does not promise.
        kinds: of the event, of instructions in reply, and states of the tasks that it touched.
    """
    return DueInAnyWorker(
        *(
            tuple(
                item
                for item in properties
                if item.name not in exempt
                if not item.about or not set(kinds).isdisjoint(item.about)
            )
            for properties in (AFTER_EVENT, UTILIZATION)
        )
    )


@cache
def judged(features: RecordFeatures) -> tuple[tuple[AnyProperty, ...], tuple[AnyProperty, ...]]:
    """Return what a record with these features breaks by itself, and may break with others."""
    record = RecordObservation("a record", features)
    return (
        tuple(item for item in INVARIANTS if any(True for _ in item.check(record))),
        tuple(item for item, can_be_broken in CAN_BREAK.items() if can_be_broken(features)),
    )


#: The counts of an event from which nothing followed.
NOTHING_DUE: Final = ReportCounts.of(events.FindMissing(), (), ())

#: Makes a named tuple in a fifth of the time that calling it takes.
new: Final = tuple.__new__


#: Keys that a message says are wanted, or are not to be forgotten, by kind of message.
WANTED_BY: Final[Mapping[type, Callable[[Any], Iterable[str]]]] = MappingProxyType(
    {
        events.ForgetKeys: lambda event: (),
        events.ComputeTask: lambda event: (event.key, *event.spec.dependencies),
        events.AcquireReplicas: lambda event: event.who_has,
        events.UpdateData: lambda event: event.values,
    }
)


class WorkerSchedule:
    """The properties of one reference worker that are due, event by event.

    Attributes:
        before: each record as it was when it was last looked at.
        to_forget: keys that the scheduler told to forget, and did not name as wanted since.
    """

    __slots__ = ("before", "to_forget", "worker")

    def __init__(self, worker: WorkerState) -> None:
        self.worker = worker
        self.before = {key: RecordBefore.of(task) for key, task in worker.tasks.items()}
        self.to_forget: dict[str, None] = {}

    def inherit(self, original: "WorkerSchedule") -> None:
        """Go on where another one stands, of whose worker this one's is a copy."""
        tasks, copies = original.worker.tasks, self.worker.tasks
        self.to_forget = original.to_forget.copy()
        for key, before in original.before.items():
            if key in tasks:
                self.before[key] = before.carried_over(tasks[key], copies[key])

    def stale(self) -> list[tuple[object, ...]]:
        """Return records that are still to be judged by what they do not say themselves.

        They changed without being touched, or know another wish to be forgotten than was told.
        """
        tasks = self.worker.tasks
        changed = [
            (key, *before.against(tasks[key]))
            for key, before in sorted(self.before.items())
            if key in tasks and before != RecordBefore.of(tasks[key])
        ]
        doomed = [(key,) for key in sorted(tasks) if tasks[key].doomed != (key in self.to_forget)]
        return [*changed, *doomed]

    def due(
        self, event: Event, issued: Sequence[Instruction], touched: Collection[str] | None
    ) -> list[Due]:
        """Return the properties that are due after an event, each with its observation.

        Args:
            touched: keys that the event touched; None asks for a full sweep.
        """
        worker = self.worker
        if touched is not None and type(event) in WANTED_BY:
            self._note_wanted(event)
        due: list[Due] = []
        changed: list[tuple[RecordBefore, TaskState]] = []
        gone = self._look_at(worker.tasks if touched is None else touched, due, changed)
        happened = worker.changes or issued or type(event) is events.StealRequest
        counts = ReportCounts.of(event, worker.changes, issued) if happened else NOTHING_DUE
        to_forget = self._forget() if gone else ()
        observation = new(ModelObservation, (worker, event, issued, changed, counts, to_forget))
        if touched is None:
            due += ((TOTALS, observation), (COUNTS, observation))
            return due
        kinds: tuple[object, ...] = (type(event), *map(type, issued))
        miscounted = counts.due != counts.told
        moved, differ = bool(worker.changes), bool(changed)
        due.append((due_after(moved, gone, miscounted, differ, *kinds), observation))
        return due

    def _note_wanted(self, event: Event) -> None:
        """Note which keys are to be forgotten from now on, and which are not any more."""
        if isinstance(event, events.ForgetKeys):
            self.to_forget.update(dict.fromkeys(event.keys))
        else:
            for key in WANTED_BY[type(event)](event):
                self.to_forget.pop(key, None)

    def _forget(self) -> Collection[str]:
        """Return the keys that may be forgotten now; the wish is over for those that were."""
        to_forget = self.to_forget.copy()
        for key, change in self.worker.changes:
            if change.finish is State.FORGOTTEN:
                self.to_forget.pop(key, None)
        return to_forget

    def _look_at(
        self,
        keys: Iterable[str],
        due: list[Due],
        changed: list[tuple[RecordBefore, TaskState]],
    ) -> bool:
        """Note what is due for each of these records; return whether one is not there any more."""
        worker, records, observer = self.worker, self.before, CHECKS.observer
        gone = False
        for key in keys:
            task = worker.tasks.get(key)
            if task is None:
                gone = True
                records.pop(key, None)
                continue
            features = RecordFeatures.of(worker, task)
            if observer is not None:
                for item in INVARIANTS:
                    observer(item)
            broken, about_others = judged(features)
            if broken:
                due.append((broken, RecordObservation(key, features)))
            if about_others:
                due.append((about_others, new(TaskObservation, (worker, task))))
            after = RecordBefore.of(task)
            before = records.get(key)
            if before is None or before.task is not task:
                gone = gone or before is not None
                before = RecordBefore.fresh(task)
            if before != after:
                changed.append((before, task))
            records[key] = after
        return gone


@cache
def due_after(
    transitions: bool, gone: bool, miscounted: bool, changed: bool, event: object, *issued: object
) -> tuple[AnyProperty, ...]:
    """Return the properties of a whole worker that are due after an event of a kind.

    Args:
        transitions: there were some.
        gone: a record is not there any more.
        miscounted: reports that are due and those that were made differ.
        changed: a record changed in something that a ``RecordBefore`` tells.
        issued: kinds of instruction.
    """
    kinds = (
        event,
        *((Transition,) if transitions else ()),
        *((State.FORGOTTEN,) if gone else ()),
        *dict.fromkeys(issued),
    )
    reports = (steal_is_answered,) if event is events.StealRequest else ()
    return (
        *TOTALS,
        *(item for kind in kinds for item in DUE_AFTER.get(kind, ())),
        *(MESSAGES if miscounted else reports),
        *(PROGRESS if changed else ()),
    )


def due_in_scheduler(observation: SchedulerObservation, *, thoroughly: bool) -> list[Due]:
    """Return the properties of the reference scheduler that are due after a message, or in a sweep."""
    due: list[Due] = [(SCHEDULER_INVARIANTS, observation), (SCHEDULER_TOTALS, observation)]
    if thoroughly:
        due.append((SCHEDULER_COUNTS, observation))
    return due
