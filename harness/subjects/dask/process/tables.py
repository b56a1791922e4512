"""The view of a worker that runs as a process."""

from collections.abc import Collection, Mapping

from workerfuzz.harness.subjects.dask.instrumentation import DaskObject
from workerfuzz.harness.subjects.dask.process.transport import participant_at
from workerfuzz.harness.subjects.dask.worker.worker import DaskWorker
from workerfuzz.statemachine.worker.config import WorkerConfig


class ProcessWorker(DaskWorker):
    """The state machine of a worker; read only."""

    def __init__(self, machine: DaskObject, config: WorkerConfig) -> None:
        self.machine = machine
        self._config = config

    def holders(self, key: str) -> Collection[str]:
        task = self._task(key)
        return [] if task is None else sorted(map(participant_at, task.who_has))

    def transfers(self) -> Mapping[str, Collection[str]]:
        open_transfers = self.machine.in_flight_workers.items()
        return {participant_at(peer): sorted(keys) for peer, keys in open_transfers}

    def _task(self, key: str) -> DaskObject:
        return self.machine.tasks.get(key)
