"""The environment of a worker, as properties see it: all that happened to it for certain.

Nothing here is the worker's own word: it was sent, it was started, it ended, it was stored.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.instructions import Execute
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import Request, TaskSpec


class WorkerEnvironment(Protocol):
    """The environment of one worker, in whatever scope."""

    @property
    def config(self) -> WorkerConfig:
        """Size and limits that it was given."""

    @property
    def paused(self) -> bool:
        """It was paused last, not unpaused."""

    @property
    def states(self) -> Mapping[str, State]:
        """State of every task that it has a record of, as last seen."""

    @property
    def executing(self) -> Mapping[str, Execute]:
        """Outstanding ``Execute``, by key."""

    @property
    def seceded(self) -> Collection[str]:
        """Keys among ``executing`` whose thread left its slot."""

    @property
    def taken(self) -> Mapping[str, Mapping[str, float]]:
        """Resources of the request that each of ``executing`` was started for, by key."""

    @property
    def gathering(self) -> Mapping[str, Sequence[str]]:
        """Outstanding ``GatherDep``: keys by peer."""

    @property
    def incoming(self) -> Mapping[str, int]:
        """Size in bytes of what each of ``gathering`` was asked for, as it was told then."""

    @property
    def retrying(self) -> Collection[str]:
        """Peers that said that they are busy, until their time is over."""

    @property
    def requests(self) -> Mapping[str, Request]:
        """Last compute request of each key."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Size in bytes of each key, as a thread or the scheduler told; 1 where nobody did."""


class SoleWorkerEnvironment(WorkerEnvironment, Protocol):
    """The environment of one worker that has no scheduler: it makes up the messages as well."""

    @property
    def content(self) -> Mapping[str, TaskSpec]:
        """Content that was last requested of each key."""

    @property
    def live(self) -> Collection[str]:
        """Keys that were requested and not freed since."""

    @property
    def withdrawn(self) -> Collection[str]:
        """Keys whose last request the scheduler took back by ``CancelCompute``, done or not."""

    @property
    def reported(self) -> Collection[int]:
        """Run ids that were reported as finished, erred or to be rescheduled before."""

    @property
    def brought(self) -> Mapping[str, Sequence[object]]:
        """Values that threads, transfers and clients brought, by key."""

    @property
    def told_seceded(self) -> Mapping[str, int]:
        """Run id under which each key was last reported as long-running, before."""
