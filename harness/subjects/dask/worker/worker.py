"""The subject ``dask``: the worker state machine of the distributed that is installed.

Differences to the reference, whatever the release:

- ``WorkerConfig.suspicious_limit`` has no equivalent: Dask does not count and gives up at once.
- ``ForgetKeys`` is delivered as Dask's free-keys: Dask forgets by itself whatever it may forget.
- A reschedule message of Dask has no run id; the last request's is filled in.

Differences between releases are listed in ``interface`` (``OPTIONAL_LIMITS``) and ``conversion``
(``OPTIONAL_KINDS``, run ids).

Source: distributed 2026.8.0, worker_state_machine.py, WorkerState.
"""

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.subjects.dask.conversion import (
    DROPPED,
    FIELDS,
    KINDS,
    NO_RUN,
    READERS,
    spec_of,
)
from workerfuzz.harness.subjects.dask.failures import describe, properties_to_check
from workerfuzz.harness.subjects.dask.instrumentation import DaskObject, named, peer_at
from workerfuzz.harness.subjects.dask.interface import NEXT, PREVIOUS
from workerfuzz.harness.subjects.dask.releases import DaskRelease, installed
from workerfuzz.harness.subjects.dask.tables import worker_tables
from workerfuzz.harness.subjects.protocol import Subject, SubjectRaised, WorkerSubject
from workerfuzz.harness.subjects.tables import Tables
from workerfuzz.statemachine.properties.any_worker import sizes_are_those_told
from workerfuzz.statemachine.properties.property import CHECKS, Broken
from workerfuzz.statemachine.properties.utilization import (
    resources_are_conserved,
    resources_hold_up_no_other,
    transfers_keep_the_limits,
)
from workerfuzz.statemachine.worker import events as ev
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import Transition

#: States with a previous state and, the latter, a next one.
_INTERRUPTED: Final = frozenset({State.CANCELLED, State.RESUMED})


#: Properties of any worker that Dask's does not promise, and why.
EXEMPT: Final[Mapping[str, str]] = MappingProxyType(
    {
        sizes_are_those_told.name: (
            "it measures what is scattered, and takes the scheduler's word for what is stored"
        ),
        transfers_keep_the_limits.name: (
            "where nobody told a size it goes by what it measured, and its environment by one byte"
        ),
        resources_are_conserved.name: (
            "a second request for a task that waits for a thread is not looked at: its scheduler "
            "frees a task before it asks with other resources"
        ),
        resources_hold_up_no_other.name: (
            "only the most urgent of the constrained tasks is looked at (_next_ready_task): one whose "
            "resources are taken keeps those behind it waiting, so that it comes to its turn"
        ),
    }
)


class DaskSubject(Subject):
    """System of the workers of the installed release.

    Args:
        validate: let Dask validate the tasks that an event touched, and check all of them when
            properties are checked. Off, a worker goes on as it would in production.
    """

    name: Final = "dask"

    def __init__(self, *, validate: bool = True) -> None:
        self.validate = validate

    def version(self) -> str:
        return installed().version

    def why_not_alone(self) -> str:
        return "a dask worker trusts its scheduler"

    def exempt(self) -> Mapping[str, str]:
        return EXEMPT

    def worker(self, config: WorkerConfig) -> "DaskWorker":
        return DaskWorker(installed(), config, validate=self.validate)


class DaskWorker(WorkerSubject):
    """One ``WorkerState``, whose events and instructions are converted.

    Attributes:
        machine: Dask's ``WorkerState``.
        stimulus_id: of the last event: its kind and its number, or as a steal request wants it.
    """

    def __init__(self, release: DaskRelease, config: WorkerConfig, *, validate: bool) -> None:
        self.release = release
        self.machine = release.worker(config, validate=validate)
        self.stimulus_id = ""
        self._config = config
        self._validate = validate
        self._last_event = ""
        self._events = 0
        self._known_before: Sequence[str] = ()
        self._run_ids: dict[str, int] = {}
        self._asked_nbytes: dict[str, int] = {}

    # What happens

    def handle(self, event: ev.Event) -> Sequence[do.Instruction]:
        self._last_event = type(event).__name__
        self._events += 1
        self._known_before = self.keys()
        self.machine.transitions.clear()
        stimulus = self.stimulus(event)
        if stimulus is None:
            return ()
        if isinstance(event, ev.ComputeTask):
            self._run_ids[event.key] = event.request.run_id
        self.machine.transition_counter = 0  # the limit is for one event, not for the whole run
        try:
            with self.silence():
                issued = self.machine.handle_stimulus(stimulus)
        except Exception as error:
            raise SubjectRaised(describe(error)) from error
        return [*self._read(issued)]

    def stimulus(self, event: ev.Event) -> DaskObject:
        """Return Dask's event for one of ours; None where this release has no such event."""
        kind = KINDS[type(event)]
        if kind not in self.release.fields:
            return None
        self.stimulus_id = getattr(event, "stimulus_id", f"{self._last_event}-{self._events}")
        fields = self.release.fields[kind]
        return getattr(self.release.module, kind)(
            **{name: FIELDS[name](event, self) for name in fields}
        )

    def _read(self, issued: Sequence[DaskObject]) -> Iterator[do.Instruction]:
        for item in issued:
            kind = type(item).__name__
            if kind in DROPPED:
                continue
            instruction = READERS[kind].read(item, self)
            if isinstance(instruction, do.GatherDep):
                self._asked_nbytes[instruction.worker] = instruction.total_nbytes
            yield instruction

    def changes(self) -> Sequence[tuple[str, Transition]]:
        return [
            (
                str(move.key),
                Transition(
                    self._last_event, State(move.start), State(move.finish), State(move.toward)
                ),
            )
            for move in self.machine.transitions
        ]

    def touched(self) -> Collection[str]:
        """Return all keys before and after: Dask does not tell what it changes besides states."""
        return sorted({*self._known_before, *self.keys()})

    def check(self, touched: Collection[str] | None) -> Iterator[Broken]:
        if not self._validate:
            return
        for item in properties_to_check(touched):
            with self.silence():
                found = [*CHECKS.broken((((item,), self.machine),))]
            yield from found

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        """Keep Dask from logging: an exception that it logs, with a story, it raises as well."""
        logger = self.release.logger
        before, logger.disabled = logger.disabled, True
        try:
            yield
        finally:
            logger.disabled = before

    # What conversions ask for

    def nbytes(self, key: str) -> int:
        task = self._task(key)
        return 1 if task is None or task.nbytes is None else task.nbytes

    def holds(self, key: str) -> bool:
        return key in self.data()

    def asked_nbytes(self, peer: str) -> int:
        return self._asked_nbytes.get(peer, 0)

    def serialized(self, error: Exception) -> object:
        return self.release.module.Serialize(error)

    def last_run_id(self, key: str) -> int:
        return self._run_ids.get(str(key), NO_RUN)

    def urgency(self, key: str) -> tuple[tuple[int, ...], str]:
        task = self._task(key)
        return (task.priority or () if task is not None else (), key)

    def started(self, key: str) -> do.Execute:
        """Return the task that Dask's thread finds in the record when it begins."""
        task = self._task(key)
        spec = spec_of(task.run_spec) if task is not None else None
        if spec is None:
            cause = KeyError(key)  # what Dask's worker raises when it comes to this
            raise SubjectRaised(f"there is nothing to execute for {key}") from cause
        run_id = getattr(task, "run_id", None)
        here = self.data()
        return do.Execute(
            key=key,
            run_id=self.last_run_id(key) if run_id is None else run_id,
            spec=spec,
            inputs={dep: here[dep] for dep in self.dependencies(key) if dep in here},
        )

    # What can be seen

    @property
    def config(self) -> WorkerConfig:
        return self._config

    def keys(self) -> Sequence[str]:
        return _sorted(self.machine.tasks)

    def state(self, key: str) -> State | None:
        task = self._task(key)
        return None if task is None else State(task.state)

    def previous(self, key: str) -> State | None:
        return self._other_state(key, PREVIOUS)

    def next(self, key: str) -> State | None:
        return self._other_state(key, NEXT)

    def dependencies(self, key: str) -> Collection[str]:
        task = self._task(key)
        return [] if task is None else _sorted(dep.key for dep in task.dependencies)

    def holders(self, key: str) -> Collection[str]:
        task = self._task(key)
        return [] if task is None else sorted(map(peer_at, task.who_has))

    def data(self) -> Mapping[str, object]:
        """Return values by key. An actor that is still to be made has an entry in Dask, but no value."""
        stored = {str(key): value for key, value in self.machine.data.items()}
        for key, actor in self.machine.actors.items():
            if actor is not None or self.state(key) in (State.MEMORY, None):
                stored[str(key)] = actor
        return stored

    def threads(self) -> Mapping[str, bool]:
        running = {str(task.key): False for task in self.machine.executing}
        seceded = {str(task.key): True for task in self.machine.long_running}
        return dict(sorted((running | seceded).items()))

    def transfers(self) -> Mapping[str, Collection[str]]:
        underway = self.machine.in_flight_workers.items()
        return dict(sorted((peer_at(worker), _sorted(keys)) for worker, keys in underway))

    def available_resources(self) -> Mapping[str, float]:
        return dict(self.machine.available_resources)

    def paused(self) -> bool:
        return not self.machine.running

    def tables(self) -> Tables:
        return worker_tables(self.machine)

    def _task(self, key: str) -> DaskObject:
        return self.machine.tasks.get(named(key))

    def _other_state(self, key: str, names: tuple[str, ...]) -> State | None:
        task = self._task(key)
        if task is None or State(task.state) not in _INTERRUPTED:
            return None
        value = next(getattr(task, name) for name in names if hasattr(task, name))
        return None if value is None else State(value)


def _sorted(keys: Iterable[object]) -> list[str]:
    return sorted(map(str, keys))
