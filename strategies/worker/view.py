"""Protocol of the environment of a worker, as far as steps see it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.worker.instructions import Execute
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies.worker.run_config import WorkloadProfile


class EnvironmentView(Protocol):
    """A worker with all that can happen to it: what drawing a step needs to know."""

    @property
    def view(self) -> WorkerView:
        """The worker itself."""

    @property
    def pool(self) -> Sequence[str]:
        """Keys that may be used, each depending on earlier ones only."""

    @property
    def peers(self) -> Sequence[str]:
        """Addresses of other workers."""

    @property
    def workload(self) -> WorkloadProfile:
        """Profile that steps are drawn from."""

    @property
    def paused(self) -> bool:
        """The worker was paused, and not unpaused."""

    @property
    def executing(self) -> Mapping[str, Execute]:
        """Outstanding ``Execute``, by key."""

    @property
    def seceded(self) -> Collection[str]:
        """Keys among ``executing`` that told so already."""

    @property
    def gathering(self) -> Mapping[str, tuple[str, ...]]:
        """Outstanding ``GatherDep``, by peer: the keys that were asked for."""

    @property
    def retrying(self) -> Collection[str]:
        """Peers with an outstanding ``RetryBusyWorkerLater``."""

    @property
    def content(self) -> Mapping[str, TaskSpec]:
        """Content that was requested last, by key."""

    @property
    def fixed(self) -> Collection[str]:
        """Keys whose content may not change, because nobody freed them since."""

    @property
    def run_id(self) -> int:
        """Of the last compute request; 0 before the first."""
