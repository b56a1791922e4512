"""The subject ``dask``: the worker state machine of the distributed that is installed.

What it cannot do, whatever the release:

- ``WorkerConfig.suspicious_limit`` has no equivalent: Dask does not count and gives up at once.
- ``ForgetKeys`` is delivered as Dask's free-keys: Dask forgets by itself whatever it may forget.
- A reschedule message of Dask has no run id; the last request's is filled in.

What depends on the release is in ``dask_interface`` (``OPTIONAL_LIMITS``), ``dask_events``
(``OPTIONAL_KINDS``) and ``dask_instructions`` (run ids).
"""

from typing import Final

from workerfuzz.harness.subjects.dask.releases import installed
from workerfuzz.harness.subjects.dask.worker.worker import DaskWorker
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.statemachine.worker.config import WorkerConfig


class DaskSubject(Subject):
    """Makes Dask's workers.

    Args:
        validate: let Dask validate the tasks that an event touched, and check all of them when
            properties are checked. Off, a worker goes on as it would in production.
    """

    name: Final = "dask"

    def __init__(self, *, validate: bool = True) -> None:
        self.validate = validate

    def version(self) -> str:
        return installed().version

    def worker(self, config: WorkerConfig) -> DaskWorker:
        return DaskWorker(installed(), config, validate=self.validate)
