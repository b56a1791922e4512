"""Handlers of events, one function each, by the three actors that events come from."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.handlers import network, scheduler, threads
from workerfuzz.statemachine.worker.transitions.outcome import Outcome
from workerfuzz.statemachine.worker.worker_state import WorkerState

Handler = Callable[[WorkerState, Any], Outcome]

#: A handler raises InvalidEvent before it writes anything.
HANDLERS: Final[Mapping[type[Event], Handler]] = MappingProxyType(
    {
        events.ComputeTask: scheduler.on_compute_task,
        events.FreeKeys: scheduler.on_free_keys,
        events.ForgetKeys: scheduler.on_forget_keys,
        events.AcquireReplicas: scheduler.on_acquire_replicas,
        events.RemoveReplicas: scheduler.on_remove_replicas,
        events.StealRequest: scheduler.on_steal_request,
        events.CancelCompute: scheduler.on_cancel_compute,
        events.RefreshWhoHas: scheduler.on_refresh_who_has,
        events.RemoveWorker: scheduler.on_remove_worker,
        events.UpdateData: scheduler.on_update_data,
        events.Pause: threads.on_pause,
        events.Unpause: threads.on_unpause,
        events.FindMissing: network.on_find_missing,
        events.RetryBusyWorker: network.on_retry_busy_worker,
        events.ExecuteSuccess: threads.on_execute_success,
        events.ExecuteFailure: threads.on_execute_failure,
        events.Reschedule: threads.on_reschedule,
        events.Secede: threads.on_secede,
        events.GatherDepSuccess: network.on_gather_dep_success,
        events.GatherDepBusy: network.on_gather_dep_busy,
        events.GatherDepNetworkFailure: network.on_gather_dep_network_failure,
        events.GatherDepFailure: network.on_gather_dep_failure,
    }
)
