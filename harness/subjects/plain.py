"""The smallest way to a subject of your own: a worker whose tasks stand in one dict.

Everything that a subject must show beyond that follows. A worker that knows more of itself (resources,
transfers) overrides what it shows.
"""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

from workerfuzz.harness.subjects.protocol import (
    Subject,
    SubjectRaised,
    SubjectUnavailable,
    WorkerSubject,
    as_declared,
)
from workerfuzz.statemachine.properties.property import Broken
from workerfuzz.statemachine.properties.utilization import ABOUT_RESOURCES
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import Transition
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.worker import WORKER_STEPS
from workerfuzz.strategies.worker.run_config import PEERS, RunConfig, draw_run_config


class PlainWorker(WorkerSubject):
    """One worker; a subclass says with ``react`` what it does.

    Attributes:
        states: of every task that it knows, by key.
        requests: the last request of each key.
        values: what is stored, by key.
        running: tasks that a thread runs; True where it left its slot.
        asked: keys that were asked for, by peer.
    """

    def __init__(self, config: WorkerConfig) -> None:
        self._config = config
        self.states: dict[str, State] = {}
        self.requests: dict[str, events.ComputeTask] = {}
        self.values: dict[str, object] = {}
        self.running: dict[str, bool] = {}
        self.asked: dict[str, Collection[str]] = {}
        self._changes: list[tuple[str, Transition]] = []

    def react(self, event: Event) -> Iterable[Instruction]:
        """Do what the worker does at an event; yield what it asks for in reply."""
        raise NotImplementedError

    def handle(self, event: Event) -> Sequence[Instruction]:
        before = dict(self.states)
        try:
            reaction: object = self.react(event)
            if not isinstance(reaction, Iterable):
                raise SubjectUnavailable(self._no_instructions(event, reaction))
            issued = tuple(reaction)
        except SubjectUnavailable:
            raise
        except Exception as error:
            raise SubjectRaised(f"{type(error).__name__}: {error}") from error
        for instruction in issued:
            if not isinstance(instruction, Instruction):
                raise SubjectUnavailable(self._no_instructions(event, instruction))
        self._changes = [
            (key, Transition(type(event).__name__, start, finish, finish))
            for key in sorted({**before, **self.states})
            if (start := before.get(key, State.RELEASED))
            is not (finish := self.states.get(key, State.FORGOTTEN))
        ]
        return issued

    def _no_instructions(self, event: Event, found: object) -> str:
        kind = "None" if found is None else f"a {type(found).__name__}"
        return (
            f"{type(self).__name__}.react made {kind} of {type(event).__name__}; "
            "expected instructions: yield each of them, or return a list"
        )

    def changes(self) -> Sequence[tuple[str, Transition]]:
        return self._changes

    def touched(self) -> Collection[str]:
        return list(dict.fromkeys((*self.states, *(key for key, _ in self._changes))))

    def check(self, touched: Collection[str] | None) -> Iterator[Broken]:
        return iter(())

    # What every subject shows

    @property
    def config(self) -> WorkerConfig:
        return self._config

    def keys(self) -> Sequence[str]:
        return sorted(self.states)

    def state(self, key: str) -> State | None:
        return self.states.get(key)

    def previous(self, key: str) -> State | None:
        return State.EXECUTING if self.states.get(key) in HOLDING else None

    def next(self, key: str) -> State | None:
        return None

    def dependencies(self, key: str) -> Collection[str]:
        return self.requests[key].spec.dependencies if key in self.requests else ()

    def holders(self, key: str) -> Collection[str]:
        return ()

    def data(self) -> Mapping[str, object]:
        return self.values

    def threads(self) -> Mapping[str, bool]:
        return self.running

    def transfers(self) -> Mapping[str, Collection[str]]:
        return self.asked

    def available_resources(self) -> Mapping[str, float]:
        return self.config.resources

    def paused(self) -> bool:
        return False


#: States in which a thread is held that is not wanted as it is.
HOLDING = frozenset({State.CANCELLED, State.RESUMED})


class PlainSubject(Subject):
    """A system to fuzz, described by class attributes.

    Attributes:
        name: how the command line and cases call it.
        release: its version.
        worker_class: called with a ``WorkerConfig``, makes a fresh worker.
        takes: words of the steps that it knows what to do with; none: all.
        pool: keys of a run, each depending on earlier ones only; with one key there are no
            dependencies. None: as drawn.
        peers: addresses of other workers. None: as drawn.
    """

    name: str = "plain"
    release: ClassVar[str] = "0"
    worker_class: ClassVar[type[PlainWorker]]
    takes: ClassVar[tuple[str, ...]] = ()
    pool: tuple[str, ...] | None = None
    peers: tuple[str, ...] | None = None

    def version(self) -> str:
        return self.release

    def mistakes(self) -> Iterator[str]:
        """Yield attributes that cannot be meant so, each the rest of a sentence about it."""
        made = getattr(self, "worker_class", None)
        if not (isinstance(made, type) and issubclass(made, PlainWorker)):
            found = "none" if made is None else getattr(made, "__name__", repr(made))
            yield f"needs a worker_class that inherits from PlainWorker; found {found}"
        for name in ("takes", "pool", "peers"):
            if isinstance(getattr(self, name), str):
                yield f"has a string for {name}; expected several, as in ({getattr(self, name)!r},)"
                return
        known = [kind.word for kind in WORKER_STEPS]
        for word in self.takes:
            if word not in known:
                near = difflib.get_close_matches(str(word), known, n=1)
                hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(known)}"
                yield f'takes "{word}", which is no kind of step; {hint}'

    def worker(self, config: WorkerConfig) -> WorkerSubject:
        return self.worker_class(config)

    def cannot(self) -> Mapping[str, str]:
        if not self.takes:
            return {}
        why = f"{self.name} does not take it"
        return {kind.word: why for kind in WORKER_STEPS if kind.word not in self.takes}

    def exempt(self) -> Mapping[str, str]:
        if self.worker_class.available_resources is not PlainWorker.available_resources:
            return {}
        return {item.name: "its worker shows no resources" for item in ABOUT_RESOURCES}

    def run_config(self, chooser: Chooser) -> RunConfig:
        drawn = draw_run_config(chooser)
        if self.pool is not None:
            drawn = RunConfig(drawn.config, self.pool, PEERS)
        return as_declared(self, drawn)
