"""R52: cases judge a worker by events, instructions and states; of its inside they need nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.replay.replay import ReplayOutcome, replay
from workerfuzz.harness.subjects.protocol import WorkerSubject
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.statemachine.properties.property import Broken
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import Transition

CASES = sorted((Path(__file__).resolve().parents[3] / "regressions").glob("*.case"))


class Opaque:
    """A worker of which nothing is seen but what the protocol offers, and no property of its own."""

    __slots__ = ("_inner",)

    def __init__(self, inner: WorkerSubject) -> None:
        self._inner = inner

    @property
    def config(self) -> WorkerConfig:
        return self._inner.config

    def handle(self, event: Event) -> Sequence[Instruction]:
        return tuple(self._inner.handle(event))

    def changes(self) -> Sequence[tuple[str, Transition]]:
        return tuple(self._inner.changes())

    def touched(self) -> Collection[str]:
        return tuple(self._inner.touched())

    def check(self, touched: Collection[str] | None) -> Iterator[Broken]:
        return iter(())

    def keys(self) -> Sequence[str]:
        return self._inner.keys()

    def state(self, key: str) -> State | None:
        return self._inner.state(key)

    def previous(self, key: str) -> State | None:
        return self._inner.previous(key)

    def next(self, key: str) -> State | None:
        return self._inner.next(key)

    def dependencies(self, key: str) -> Collection[str]:
        return self._inner.dependencies(key)

    def holders(self, key: str) -> Collection[str]:
        return self._inner.holders(key)

    def data(self) -> Mapping[str, object]:
        return dict(self._inner.data())

    def threads(self) -> Mapping[str, bool]:
        return dict(self._inner.threads())

    def transfers(self) -> Mapping[str, Collection[str]]:
        return dict(self._inner.transfers())

    def available_resources(self) -> Mapping[str, float]:
        return dict(self._inner.available_resources())

    def paused(self) -> bool:
        return self._inner.paused()


class OpaqueSubject(ReferenceSubject):
    def worker(self, config: WorkerConfig) -> WorkerSubject:
        return Opaque(super().worker(config))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem[:4])
def test_case_replays_on_what_can_be_seen(path: Path) -> None:
    assert replay(load(path), OpaqueSubject()).outcome is ReplayOutcome.AS_WRITTEN
