"""The reference worker as a subject."""

import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from workerfuzz.harness.subjects.protocol import SubjectRaised, WorkerSubject
from workerfuzz.statemachine import events
from workerfuzz.statemachine.config import WorkerConfig
from workerfuzz.statemachine.due import DUE_AFTER
from workerfuzz.statemachine.events import Event
from workerfuzz.statemachine.instructions import Instruction
from workerfuzz.statemachine.invariants import broken_by
from workerfuzz.statemachine.messages import MESSAGES, Tally, steal_is_answered
from workerfuzz.statemachine.neighbours import IN_STATE
from workerfuzz.statemachine.progress import PROGRESS, Glimpse
from workerfuzz.statemachine.properties import Property
from workerfuzz.statemachine.shape import Shape
from workerfuzz.statemachine.states import State
from workerfuzz.statemachine.stimulus import handle_stimulus
from workerfuzz.statemachine.task import Change, TaskState
from workerfuzz.statemachine.totals import COUNTS, TOTALS
from workerfuzz.statemachine.worker import WorkerState

#: Properties, and what each of them is given.
Due = tuple[tuple[Property, ...], tuple[object, ...]]


class ReferenceSubject:
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
        self._looks: dict[str, Glimpse] = {}
        self._remember(worker.tasks)

    def handle(self, event: Event) -> Sequence[Instruction]:
        self._event = event
        try:
            self._issued = handle_stimulus(self.worker, event)
        except Exception as error:
            raise SubjectRaised(_one_line(error)) from error
        return self._issued

    def changes(self) -> Sequence[tuple[str, Change]]:
        return self.worker.changes

    def touched(self) -> Collection[str]:
        return self.worker.touched

    def check(self, touched: Collection[str] | None) -> Iterator[tuple[Property, str]]:
        for properties, subjects in self._due(touched):
            for item in properties:
                for counterexample in item.check(*subjects):
                    yield item, counterexample

    def _due(self, touched: Collection[str] | None) -> Iterator[Due]:
        """What has to be checked, each with what it is given."""
        worker = self.worker
        keys = worker.tasks if touched is None else touched
        tasks = [worker.tasks[key] for key in keys if key in worker.tasks]
        for task in tasks:
            shape = Shape.of(worker, task)
            if broken := broken_by(shape):
                yield broken, (task.key, shape)
            yield IN_STATE[task.state], (worker, task)
        yield TOTALS, (worker,)
        if touched is None:
            yield COUNTS, (worker,)
        else:
            yield from self._due_after_event()
        pairs = self._remember(keys)
        if touched is not None and pairs:
            yield PROGRESS, (self._event, pairs, worker.changes)

    def _due_after_event(self) -> Iterator[Due]:
        """The same, as far as it is about what happened."""
        worker, event, issued = self.worker, self._event, self._issued
        given = (worker,)
        if type(event) in DUE_AFTER:
            yield DUE_AFTER[type(event)], given
        if worker.changes:
            yield DUE_AFTER[Change], given
        for kind in dict.fromkeys(map(type, issued)):
            if kind in DUE_AFTER:
                yield DUE_AFTER[kind], given
        if worker.changes or issued or type(event) is events.StealRequest:
            tally = Tally.of(event, worker.changes, issued)
            if not tally.agrees():
                yield MESSAGES, (tally,)
            elif type(event) is events.StealRequest:
                yield (steal_is_answered,), (tally,)

    def _remember(self, keys: Iterable[str]) -> list[tuple[Glimpse, TaskState]]:
        """Look at records. Returns those that changed since the last look, with what they were."""
        tasks, looks = self.worker.tasks, self._looks
        changed = []
        for key in keys:
            task = tasks.get(key)
            if task is None:
                looks.pop(key, None)
                continue
            look = Glimpse.of(task)
            before = looks.get(key, look)
            if before != look and before.task is task:
                changed.append((before, task))
            looks[key] = look
        return changed

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


def _one_line(error: BaseException) -> str:
    return traceback.format_exception_only(error)[-1].strip()
