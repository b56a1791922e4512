"""What each message does: a function per message, by who it comes from."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.statemachine import instructions, requests
from workerfuzz.statemachine.scheduling import letters
from workerfuzz.statemachine.scheduling.handlers import (
    clients,
    decisions,
    processes,
    rebuilding,
    workers,
)
from workerfuzz.statemachine.scheduling.outcome import Outcome
from workerfuzz.statemachine.scheduling.scheduler import SchedulerState

Handler = Callable[[SchedulerState, str, Any], Outcome]

#: Given the scheduler, the worker and the message.
FROM_WORKERS: Final[Mapping[type, Handler]] = MappingProxyType(
    {
        instructions.TaskFinished: workers.on_task_finished,
        instructions.TaskErred: workers.on_task_erred,
        instructions.AddKeys: workers.on_add_keys,
        instructions.ReleaseWorkerData: workers.on_release_worker_data,
        instructions.LongRunning: workers.on_long_running,
        instructions.Reschedule: workers.on_reschedule,
        instructions.RequestRefreshWhoHas: workers.on_request_refresh_who_has,
        instructions.StealResponse: workers.on_steal_response,
        letters.Confirmed: processes.on_confirmed,
        letters.Running: processes.on_running,
        letters.Lose: processes.on_lose,
    }
)

#: Given the scheduler, the sender and the message.
HANDLERS: Final[Mapping[type, Handler]] = MappingProxyType(
    {
        **FROM_WORKERS,
        requests.Submit: clients.on_submit,
        requests.Release: clients.on_release,
        requests.Cancel: clients.on_cancel,
        requests.Retry: clients.on_retry,
        requests.Scattered: clients.on_scattered,
        letters.Join: processes.on_join,
        letters.Rebuild: rebuilding.on_rebuild,
        letters.Steal: decisions.on_steal,
        letters.Replicate: decisions.on_replicate,
        letters.Drop: decisions.on_drop,
    }
)
