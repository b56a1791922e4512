"""Protocols of a simulation of processes: beside those of a cluster, connections and time."""

from collections.abc import Sequence
from typing import Protocol

from workerfuzz.statemachine.scheduler.client_requests import ClientRequest
from workerfuzz.strategies.cluster.view import ThreadOutcome


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


class ProcessControl(ProcessView, Protocol):
    """Processes that steps are applied to; the steps of a cluster that are taken here included."""

    def send_request(self, client: str, request: ClientRequest, *, at_once: bool = False) -> None:
        """A client makes a call."""

    def gather(self, client: str, keys: Sequence[str]) -> None:
        """A client gathers values."""

    def scatter(self, client: str, key: str, worker: str) -> None:
        """A client scatters a value to a worker."""

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

    def join(self, worker: str) -> None:
        """A worker starts."""

    def die(self, worker: str) -> None:
        """The process of a worker dies."""

    def close_worker(self, worker: str, *, gracefully: bool) -> None:
        """A worker closes."""
