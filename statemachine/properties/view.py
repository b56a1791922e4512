"""The view of a worker that properties and steps have, whoever wrote it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.states import State


class WorkerView(Protocol):
    """One worker, as every subject can show it. Reading it changes nothing."""

    @property
    def config(self) -> WorkerConfig:
        """Options that it was started with."""

    def keys(self) -> Sequence[str]:
        """Keys that have a record, sorted."""

    def state(self, key: str) -> State | None:
        """State of a task; None where there is no record."""

    def previous(self, key: str) -> State | None:
        """In cancelled and resumed: the state whose thread or transfer is held; otherwise None."""

    def next(self, key: str) -> State | None:
        """In cancelled and resumed: the state that comes after; otherwise None."""

    def dependencies(self, key: str) -> Collection[str]:
        """Keys that a task takes; empty for a key that was never to be computed here."""

    def holders(self, key: str) -> Collection[str]:
        """Peers that hold the value of a key, as far as the worker knows."""

    def data(self) -> Mapping[str, object]:
        """Stored values by key, actors included."""

    def threads(self) -> Mapping[str, bool]:
        """Tasks that hold a thread; True where it left its slot."""

    def transfers(self) -> Mapping[str, Collection[str]]:
        """Open transfers: keys that were asked for, by peer."""

    def available_resources(self) -> Mapping[str, float]:
        """Amounts left of ``config.resources``, by name."""

    def paused(self) -> bool:
        """Nothing new is started or copied."""
