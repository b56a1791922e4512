"""The scheduler of the installed release: the parts that are used, and whether a release has them.

As with its worker, ``..releases``, nothing goes by version numbers.

Source: distributed 2026.8.0, scheduler.py, Scheduler.add_worker, Scheduler.update_graph.
"""

import functools
import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType
from typing import Final

from workerfuzz.harness.subjects.dask.cluster.embedding import (
    MOST_TRANSITIONS,
    construction,
    counted_tasks,
    embedded,
    outspoken,
)
from workerfuzz.harness.subjects.dask.cluster.graphs import BESIDE, content_class, way_of
from workerfuzz.harness.subjects.dask.cluster.messages import TO_WORKER
from workerfuzz.harness.subjects.dask.instrumentation import DaskObject, Name
from workerfuzz.harness.subjects.dask.releases import DaskRelease, installed
from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies.cluster.run_config import ClusterConfig

#: Of ``distributed.scheduler``; what stands in for something may be missing, this may not.
_MODULE_HAS: Final = (
    "Scheduler", "TaskState", "ClientState", "BatchedSend", "ServerNode", "asyncio", "time",
)  # fmt: skip
_SCHEDULER_HAS: Final = (
    "add_worker", "remove_worker", "update_graph", "update_data", "client_releases_keys",
    "stimulus_cancel", "stimulus_retry", "request_acquire_replicas", "request_remove_replicas",
    "gather_on_worker",
    "valid_workers", "validate_state", "handle_worker", "coerce_address", "_instances",
)  # fmt: skip
#: Of a scheduler that was made.
_INSTANCE_HAS: Final = (
    "tasks", "workers", "clients", "running", "idle", "unrunnable", "replicated_tasks",
    "transition_log", "transition_counter", "stream_handlers", "stream_comms", "client_comms",
)  # fmt: skip
_STEALING_HAS: Final = (
    "move_task_request", "in_flight", "key_stealable", "stealable", "in_flight_occupancy",
)  # fmt: skip

#: Messages that some supported releases do not send.
_OPTIONAL_MESSAGES: Final = frozenset({"remove-worker"})


#: Measurements of a fresh worker, by the names of all releases.
_METRICS: Final[Mapping[str, DaskObject]] = MappingProxyType(
    {
        "memory": 0,
        "managed_bytes": 0,
        "spilled_bytes": {"memory": 0, "disk": 0},
        "spilled_nbytes": {"memory": 0, "disk": 0},
        "digests_total_since_heartbeat": {},
        "bandwidth": {"total": 100_000_000, "workers": {}, "types": {}},
        "cpu": 0,
        "time": 0,
        "event_loop_interval": 0.02,
    }
)


class ClosedComm:
    """Connection to a worker that registers. Nobody listens."""

    async def write(self, message: DaskObject) -> None: ...


@dataclass(frozen=True, slots=True)
class Registration:
    """A worker that registers with the scheduler."""

    address: Name
    name: str
    config: WorkerConfig


#: Makes the value of one argument of ``add_worker``.
Fill = Callable[[Registration], DaskObject]

#: By the name of the argument.
_ARGUMENTS: Final[Mapping[str, Fill]] = MappingProxyType(
    {
        "comm": lambda worker: ClosedComm(),
        "address": lambda worker: worker.address,
        "status": lambda worker: "running",
        "server_id": lambda worker: worker.address,  # workers are ordered by its hash
        "nthreads": lambda worker: worker.config.nthreads,
        "name": lambda worker: worker.name,
        "now": lambda worker: 0,
        "resources": lambda worker: dict(worker.config.resources),
        "memory_limit": lambda worker: None,
        "metrics": lambda worker: _METRICS,
        "services": lambda worker: {},
        "local_directory": lambda worker: "",
        "versions": lambda worker: {},
        "nanny": lambda worker: None,
        "extra": lambda worker: {},
        "stimulus_id": lambda worker: f"join-{worker.name}",
    }
)


def _unknown_arguments(signature: inspect.Signature) -> Iterator[str]:
    """Yield arguments that ``add_worker`` needs and that are not known here."""
    for name, parameter in signature.parameters.items():
        optional = parameter.default is not inspect.Parameter.empty
        if name != "self" and name not in _ARGUMENTS and not optional:
            yield name


def registration_arguments(taken: frozenset[str], worker: Registration) -> dict[str, DaskObject]:
    """Return the arguments of ``add_worker``, of those that it takes."""
    return {name: fill(worker) for name, fill in _ARGUMENTS.items() if name in taken}


@dataclass(frozen=True, slots=True)
class ClusterRelease:
    """One release of distributed, as a whole cluster needs it.

    Attributes:
        worker: the release as its workers need it.
        scheduler: its module of that name.
        stealing: its module of that name.
        memory: its module ``active_memory_manager``.
        content: makes the content of a task out of our spec.
        submits: how a graph is handed over, as in ``graphs.WAYS``.
        graph_takes: arguments of ``update_graph``.
        joins: arguments of ``add_worker``.
        cancels: arguments of ``stimulus_cancel``.
        kind: its ``Scheduler``, embedded.
        thief: its ``WorkStealing``, whose exceptions are logged.
        task: its ``TaskState``, with run ids of the cluster's own.
    """

    worker: DaskRelease
    scheduler: ModuleType
    stealing: ModuleType
    memory: ModuleType
    content: Callable[[TaskSpec], DaskObject] = field(repr=False)
    submits: str
    graph_takes: frozenset[str] = field(repr=False)
    joins: frozenset[str] = field(repr=False)
    cancels: frozenset[str] = field(repr=False)
    kind: type[DaskObject] = field(repr=False)
    thief: type[DaskObject] = field(repr=False)
    task: type[DaskObject] = field(repr=False)

    @property
    def expects_removal(self) -> bool:
        """A worker can be removed as expected."""
        return "expected" in _parameters(self.scheduler.Scheduler.remove_worker)

    def run_memory_manager(self, scheduler: DaskObject, retiring: Iterable[Name]) -> None:
        """Run the policies once that a scheduler has by default, and those of workers that retire."""
        amm = self.memory
        policies = [*map(amm.RetireWorker, retiring), amm.ReduceReplicas()]
        manager = amm.ActiveMemoryManagerExtension(
            scheduler, policies=set(policies), register=False, start=False
        )
        manager.policies = policies  # a set of them would be walked by their addresses
        manager.run_once()

    def make(self, config: ClusterConfig) -> DaskObject:
        """A scheduler that is not started; the names of its modules are ours already."""
        with construction(self.scheduler):
            made = self.kind(
                validate=config.validate,
                allowed_failures=config.allowed_failures,
                extensions={"stealing": self.thief},
                transition_counter_max=MOST_TRANSITIONS,
            )
        made.status = self.scheduler.Status.running
        if hasattr(made, "WORKER_SATURATION"):  # since 2022.9.1
            made.WORKER_SATURATION = config.saturation
        return made


@functools.cache
def installed_cluster() -> ClusterRelease:
    """The release that is installed; raises SubjectUnavailable."""
    worker = installed()
    try:
        scheduler = importlib.import_module("distributed.scheduler")
        stealing = importlib.import_module("distributed.stealing")
    except Exception as error:
        raise SubjectUnavailable(
            f'subject "dask" needs distributed, whose import failed: {type(error).__name__}'
        ) from error
    return release_of(worker, scheduler, stealing)


def release_of(worker: DaskRelease, scheduler: DaskObject, stealing: DaskObject) -> ClusterRelease:
    """Return the release of the modules, if it is known; raises SubjectUnavailable."""
    for reason in _lacking(worker, scheduler, stealing):
        raise SubjectUnavailable(
            f'subject "dask" does not know distributed {worker.version}: {reason}; '
            "try another release of distributed or of workerfuzz"
        )
    return ClusterRelease(
        worker=worker,
        scheduler=scheduler,
        stealing=stealing,
        memory=importlib.import_module("distributed.active_memory_manager"),
        content=content_class(_node()),
        submits=way_of(_graph_parameters(scheduler.Scheduler)) or "",
        graph_takes=_parameters(scheduler.Scheduler.update_graph),
        joins=_parameters(scheduler.Scheduler.add_worker),
        cancels=_parameters(scheduler.Scheduler.stimulus_cancel),
        kind=embedded(scheduler.Scheduler),
        thief=outspoken(stealing.WorkStealing),
        task=counted_tasks(scheduler.TaskState),
    )


def _lacking(worker: DaskRelease, scheduler: DaskObject, stealing: DaskObject) -> Iterator[str]:
    for name in _MODULE_HAS:
        if not hasattr(scheduler, name):
            yield f"there is no scheduler.{name}"
            return  # what follows would fail for want of it
    yield from (
        f"Scheduler has no {name}"
        for name in _SCHEDULER_HAS
        if not hasattr(scheduler.Scheduler, name)
    )
    if not hasattr(importlib.import_module("distributed.utils"), "_LogErrors"):
        yield "there is no utils._LogErrors"
    if not hasattr(stealing, "WorkStealing"):
        yield "there is no stealing.WorkStealing"
    submits = _parameters(scheduler.Scheduler.update_graph)
    if way_of(submits) is None:
        yield f"update_graph takes {', '.join(sorted(submits))}"
    for name in _unknown_arguments(inspect.signature(scheduler.Scheduler.add_worker)):
        yield f"add_worker needs an unknown argument {name}"
    for op, kind in TO_WORKER.items():
        if kind not in worker.fields and op not in _OPTIONAL_MESSAGES:
            yield f"there is no {kind}"


def missing(made: DaskObject, stealing: DaskObject) -> Iterator[str]:
    """Yield what a scheduler that was made, or its stealing, lacks."""
    yield from (f"Scheduler has no {name}" for name in _INSTANCE_HAS if not hasattr(made, name))
    yield from (
        f"WorkStealing has no {name}" for name in _STEALING_HAS if not hasattr(stealing, name)
    )


def _parameters(call: DaskObject) -> frozenset[str]:
    return frozenset(inspect.signature(call).parameters)


def _graph_parameters(kind: DaskObject) -> frozenset[str]:
    """Of ``update_graph``; with a word about what no argument tells."""
    taken = _parameters(kind.update_graph)
    taking = getattr(kind, "_create_taskstate_from_graph", None)  # since 2024.4
    if "expr_ser" in taken and taking is not None and "dependencies" in _parameters(taking):
        taken |= {BESIDE}
    return taken


def _node() -> type[DaskObject] | None:
    """Of what a graph consists: since 2024.9 of nodes."""
    try:
        node: type[DaskObject] = importlib.import_module("dask._task_spec").GraphNode
    except ImportError:
        return None
    return node
