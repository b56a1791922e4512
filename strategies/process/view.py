"""Protocols of a simulation of processes: beside those of a cluster, connections and time."""

import enum
from collections.abc import Sequence
from typing import Protocol

from workerfuzz.statemachine.scheduler.client_requests import ClientRequest
from workerfuzz.strategies.cluster.view import ThreadOutcome


class ClientCall(enum.StrEnum):
    """Calls of a client beside the requests of a cluster. The value is the word of the step."""

    REPLICATE = "replicate-keys"
    REBALANCE = "rebalance"
    RETIRE = "retire-workers"
    PUBLISH = "publish"
    UNPUBLISH = "unpublish"
    RESTART = "restart"
    LOCK = "lock"
    UNLOCK = "unlock"


class ProcessView(Protocol):
    """Processes: what drawing a step needs to know, beside what ``GraphView`` tells."""

    @property
    def clients(self) -> Sequence[str]:
        """Every client."""

    @property
    def pipes(self) -> Sequence[str]:
        """Directions of connections in which something is under way."""

    @property
    def connections(self) -> Sequence[str]:
        """Connections that can be cut, each by the pipe of who opened it."""

    @property
    def timers(self) -> Sequence[str]:
        """Timers that are to come, by participant and name."""


class ProcessControl(ProcessView, Protocol):
    """Processes that steps are applied to; the steps of a cluster that are taken here included."""

    def send_request(self, client: str, request: ClientRequest, *, at_once: bool = False) -> None:
        """A client makes a call."""

    def gather(self, client: str, keys: Sequence[str]) -> None:
        """A client gathers values."""

    def scatter(self, client: str, key: str, worker: str) -> None:
        """A client scatters a value to a worker."""

    def broadcast(self, client: str, key: str) -> None:
        """A client scatters a value to every worker."""

    def make_call(
        self,
        client: str,
        call: ClientCall,
        *,
        keys: Sequence[str] = (),
        workers: Sequence[str] = (),
    ) -> None:
        """A client makes a call of its API."""

    def leave(self, client: str) -> None:
        """A client closes."""

    def enter(self, client: str) -> None:
        """A client that has left connects again."""

    def deliver_on(self, pipe: str) -> None:
        """The oldest message of a pipe arrives."""

    def cut(self, pipe: str) -> None:
        """A connection breaks; what is under way on it is lost."""

    def flow(self) -> None:
        """Everything under way arrives; no thread ends."""

    def tick(self) -> None:
        """Time passes until the next timer."""

    def end(self, worker: str, key: str, how: ThreadOutcome) -> None:
        """A thread ends."""

    def end_unserialisable(self, worker: str, key: str) -> None:
        """A thread ends with a result that nobody can send."""

    def until(self, timer: str) -> None:
        """Time passes until a timer is due."""

    def join(self, worker: str, name: str = "") -> None:
        """A worker starts, maybe with the name of another one."""

    def die(self, worker: str) -> None:
        """The process of a worker dies."""

    def close_worker(self, worker: str, *, gracefully: bool) -> None:
        """A worker closes."""
