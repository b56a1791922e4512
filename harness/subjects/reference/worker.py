"""The reference worker as a subject."""

import traceback
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import Final

from workerfuzz.harness.subjects.protocol import Subject, SubjectRaised, WorkerSubject
from workerfuzz.harness.subjects.reference.tables import worker_tables
from workerfuzz.harness.subjects.tables import Tables
from workerfuzz.statemachine.properties.history import PROGRESS, RecordBefore
from workerfuzz.statemachine.properties.property import Property
from workerfuzz.statemachine.properties.record_features import RecordFeatures
from workerfuzz.statemachine.properties.reporting import MESSAGES, ReportCounts, steal_is_answered
from workerfuzz.statemachine.properties.schedule import DUE_AFTER, judged
from workerfuzz.statemachine.properties.totals import COUNTS, TOTALS
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

#: Properties, and what each of them is given.
Due = tuple[tuple[Property, ...], tuple[object, ...]]


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
        self._looks = {key: RecordBefore.of(task) for key, task in worker.tasks.items()}

    def handle(self, event: Event) -> Sequence[Instruction]:
        self._event = event
        try:
            self._issued = handle_stimulus(self.worker, event)
        except Exception as error:
            raise SubjectRaised(_one_line(error)) from error
        return self._issued

    def changes(self) -> Sequence[tuple[str, Transition]]:
        return self.worker.changes

    def touched(self) -> Collection[str]:
        return self.worker.touched

    def check(self, touched: Collection[str] | None) -> Iterator[tuple[Property, str]]:
        for properties, given in self._due(touched):
            for item in properties:
                for counterexample in item.check(*given):
                    yield item, counterexample

    def _due(self, touched: Collection[str] | None) -> list[Due]:
        """What has to be checked, each with what it is given."""
        worker, looks = self.worker, self._looks
        due: list[Due] = []
        pairs = []
        forgotten = False
        for key in worker.tasks if touched is None else touched:
            task = worker.tasks.get(key)
            if task is None:
                forgotten = True
                looks.pop(key, None)
                continue
            shape = RecordFeatures.of(worker, task)
            broken, about_others = judged(shape)
            if broken:
                due.append((broken, (key, shape)))
            if about_others:
                due.append((about_others, (worker, task)))
            look = RecordBefore.of(task)
            before = looks.get(key, look)
            if before.task is not task:
                forgotten = True
            elif before != look:
                pairs.append((before, task))
            looks[key] = look
        due.append((TOTALS, (worker,)))
        if touched is None:
            due.append((COUNTS, (worker,)))
            return due
        due += self._due_after_event(forgotten)
        if pairs:
            due.append((PROGRESS, (self._event, pairs, worker.changes)))
        return due

    def _due_after_event(self, forgotten: bool) -> list[Due]:
        """The same, as far as it is about what happened. ``gone``: a record is not there any more."""
        worker, event, issued = self.worker, self._event, self._issued
        kinds: list[object] = [type(event)]
        if worker.changes:
            kinds.append(Transition)
        if forgotten:
            kinds.append(State.FORGOTTEN)
        if issued:
            kinds += dict.fromkeys(map(type, issued))
        due: list[Due] = [(DUE_AFTER[kind], (worker,)) for kind in kinds if kind in DUE_AFTER]
        if worker.changes or issued or type(event) is events.StealRequest:
            tally = ReportCounts.of(event, worker.changes, issued)
            if tally.due != tally.told:
                due.append((MESSAGES, (tally,)))
            elif type(event) is events.StealRequest:
                due.append(((steal_is_answered,), (tally,)))
        return due

    # What makes it fit to be explored

    def copy(self) -> "ReferenceWorker":
        """Nothing has happened to it yet."""
        tasks, other = self.worker.tasks, ReferenceWorker(self.worker.copy())
        for key, look in self._looks.items():
            if key in tasks:
                other._looks[key] = look.carried_over(tasks[key], other.worker.tasks[key])
        return other

    def fingerprint(self, its: Canonical) -> tuple[Hashable, ...]:
        """Records that changed without being touched are still to be judged: that is part of it."""
        tasks = self.worker.tasks
        looks = [(key, look) for key, look in sorted(self._looks.items()) if key in tasks]
        stale = [
            (key, *look.against(tasks[key]))
            for key, look in looks
            if look != RecordBefore.of(tasks[key])
        ]
        return (*fingerprint(self.worker, its), tuple(stale))

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


def _one_line(error: BaseException) -> str:
    return traceback.format_exception_only(error)[-1].strip()
