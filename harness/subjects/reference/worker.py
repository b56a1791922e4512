"""The reference worker as a subject."""

import traceback
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import Final

from workerfuzz.harness.subjects.protocol import Subject, SubjectRaised, WorkerSubject
from workerfuzz.harness.subjects.reference.tables import worker_tables
from workerfuzz.harness.subjects.tables import Tables
from workerfuzz.statemachine.properties.property import CHECKS, Broken, unreadable
from workerfuzz.statemachine.properties.schedule import WorkerSchedule
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.canonical import Canonical
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.fingerprint import fingerprint
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import Transition
from workerfuzz.statemachine.worker.worker_state import WorkerState


class ReferenceSubject(Subject):
    """The worker that dask/distributed issue #4413 asked for."""

    name: Final = "reference"

    def version(self) -> str:
        from workerfuzz import __version__

        return __version__

    def worker(self, config: WorkerConfig) -> WorkerSubject:
        return ReferenceWorker(WorkerState(config))


class ReferenceWorker:
    """One reference worker, with its structural properties."""

    def __init__(self, worker: WorkerState) -> None:
        self.worker = worker
        self._event: Event = events.FindMissing()
        self._issued: Sequence[Instruction] = ()
        self._schedule = WorkerSchedule(worker)

    def handle(self, event: Event) -> Sequence[Instruction]:
        self._event = event
        try:
            self._issued = handle_stimulus(self.worker, event)
        except Exception as error:
            raise SubjectRaised(error_text(error)) from error
        return self._issued

    def changes(self) -> Sequence[tuple[str, Transition]]:
        return self.worker.changes

    def touched(self) -> Collection[str]:
        return self.worker.touched

    def check(self, touched: Collection[str] | None) -> Iterator[Broken]:
        try:
            due = self._schedule.due(self._event, self._issued, touched)
        except Exception as error:  # noqa: BLE001 - the records are at fault, not what reads them
            return iter((unreadable("reading the records", error),))
        return CHECKS.broken(due)

    # What makes it fit to be explored

    def copy(self) -> "ReferenceWorker":
        """Nothing has happened to it yet."""
        other = ReferenceWorker(self.worker.copy())
        other._schedule.inherit(self._schedule)
        return other

    def fingerprint(self, text: Canonical) -> tuple[Hashable, ...]:
        """Records that changed without being touched are still to be judged: that is part of it."""
        return (*fingerprint(self.worker, text), tuple(self._schedule.stale()))

    # What every subject shows

    @property
    def config(self) -> WorkerConfig:
        return self.worker.config

    def keys(self) -> Sequence[str]:
        return sorted(self.worker.tasks)

    def state(self, key: str) -> State | None:
        task = self.worker.tasks.get(key)
        return task.state if task is not None else None

    def previous(self, key: str) -> State | None:
        return self.worker.tasks[key].previous

    def next(self, key: str) -> State | None:
        return self.worker.tasks[key].next

    def dependencies(self, key: str) -> Collection[str]:
        task = self.worker.tasks.get(key)
        return task.dependencies if task is not None else ()

    def holders(self, key: str) -> Collection[str]:
        task = self.worker.tasks.get(key)
        return sorted(task.who_has) if task is not None else ()

    def data(self) -> Mapping[str, object]:
        worker = self.worker
        return {**worker.data, **worker.actors} if worker.actors else worker.data

    def threads(self) -> Mapping[str, bool]:
        worker = self.worker
        return dict.fromkeys(worker.executing, False) | dict.fromkeys(worker.long_running, True)

    def transfers(self) -> Mapping[str, Collection[str]]:
        return {peer: transfer.keys for peer, transfer in self.worker.transfers.items()}

    def available_resources(self) -> Mapping[str, float]:
        return self.worker.available_resources

    def paused(self) -> bool:
        return self.worker.paused

    def tables(self) -> Tables:
        return worker_tables(self.worker)


def error_text(error: BaseException) -> str:
    """Type and message of what the model raised."""
    return traceback.format_exception_only(error)[-1].strip()
