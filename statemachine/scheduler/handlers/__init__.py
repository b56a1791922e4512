"""Handlers of messages, one function each, by sender."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.statemachine.scheduler import client_requests, messages
from workerfuzz.statemachine.scheduler.handlers import (
    clients,
    decisions,
    rebuild,
    worker_processes,
    workers,
)
from workerfuzz.statemachine.scheduler.outcome import SchedulerOutcome
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.worker import instructions

Handler = Callable[[SchedulerState, str, Any], SchedulerOutcome]

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
        messages.Confirmed: worker_processes.on_confirmed,
        messages.Running: worker_processes.on_running,
        messages.Lose: worker_processes.on_lose,
    }
)

#: Given the scheduler, the sender and the message.
HANDLERS: Final[Mapping[type, Handler]] = MappingProxyType(
    {
        **FROM_WORKERS,
        client_requests.Submit: clients.on_submit,
        client_requests.Release: clients.on_release,
        client_requests.Cancel: clients.on_cancel,
        client_requests.Retry: clients.on_retry,
        client_requests.Scattered: clients.on_scattered,
        messages.Disconnected: clients.on_disconnected,
        messages.Connect: clients.on_connect,
        messages.Join: worker_processes.on_join,
        messages.Rebuild: rebuild.on_rebuild,
        messages.Steal: decisions.on_steal,
        messages.Replicate: decisions.on_replicate,
        messages.Drop: decisions.on_drop,
        messages.GatherOnWorker: decisions.on_gather_on_worker,
        messages.Gathered: decisions.on_gathered,
        messages.Recompute: decisions.on_recompute,
        messages.Retire: decisions.on_retire,
        messages.Unretire: decisions.on_unretire,
        messages.ManageMemory: decisions.on_manage_memory,
    }
)
