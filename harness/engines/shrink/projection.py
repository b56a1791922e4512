"""Projection of a failure of a cluster on the one worker inside which it shows.

The worker's own events are what is left of the run. They become steps of the worker scope, with which
the failure has to show again; it can be shrunk there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from workerfuzz.harness.cases.triage.signature import located
from workerfuzz.harness.engines.shrink.shrink import replay
from workerfuzz.harness.subjects.cluster_protocol import (
    SCHEDULER,
    CallResult,
    ClusterSubject,
    Envelope,
    ProjectableClusterSystem,
)
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties.crashes import no_handler_raises
from workerfuzz.statemachine.worker import events as ev
from workerfuzz.statemachine.worker.worker_state import ADDRESS
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.text import Holding
from workerfuzz.strategies.worker import Step, from_environment, from_peers, from_scheduler

#: Properties that one worker alone can break, and that mean the same at both scopes.
OF_A_WORKER: Final = frozenset({no_handler_raises.name, "validate_state", "waiting_is_counted"})


@dataclass(frozen=True, slots=True)
class Projection:
    """Result of a projection.

    Attributes:
        violation: the failure at worker scope; None where it does not show there.
        why: why not, in a few words.
    """

    violation: Violation | None = None
    why: str = ""


@dataclass(slots=True)
class WorkerRecords:
    """Steps of the worker scope that each worker of a cluster went through.

    Attributes:
        steps: by worker.
        untold: events that no step of a worker stands for, by worker.
        participant: the last one that something happened to, or that was checked.
    """

    steps: dict[str, list[Step]] = field(default_factory=dict)
    untold: dict[str, str] = field(default_factory=dict)
    participant: str = SCHEDULER

    def record(self, worker: str, events: Sequence[ev.Event]) -> None:
        self.steps.setdefault(worker, []).extend(step_of(event, worker) for event in events)


class RecordingWorld(ClusterWorld):
    """A world that records what happens to each worker, and whom a violation is about."""

    cluster: ClusterSubject

    def __init__(
        self, system: ProjectableClusterSystem, run_config: ClusterRunConfig, records: WorkerRecords
    ) -> None:
        self.records = records
        super().__init__(system, run_config)

    def check(self, participant: str, *, thoroughly: bool = False) -> None:
        self.records.participant = participant
        super().check(participant, thoroughly=thoroughly)

    def call(self, participant: str, happens: Callable[..., CallResult], *about: object) -> None:
        self.records.participant = participant
        match about:
            case (Envelope() as envelope,) if participant != SCHEDULER:
                self.records.record(participant, self.cluster.worker_events(envelope))
            case (str(), ev.Event() as event):
                self.records.record(participant, [event])
            case _:
                pass
        super().call(participant, happens, *about)

    def begin(self, worker: str, key: str) -> None:
        super().begin(worker, key)
        if (worker, key) not in self.running:
            self.records.record(worker, [ev.ExecuteFailure(key=key, run_id=0)])

    def end(self, worker: str, key: str, how: str) -> None:
        if how == "spoiled":
            self.records.untold[worker] = "a result that cannot be stored"
        super().end(worker, key, how)


def project(system: ProjectableClusterSystem, violation: Violation) -> Projection:
    """Return the failure of a cluster as one worker shows it that is alone with its steps."""
    if violation.property not in OF_A_WORKER:
        return Projection(why="it is about more than one participant")
    run_config = violation.run_config
    assert isinstance(run_config, ClusterRunConfig)
    records = WorkerRecords()
    worker = participant_of(system, violation, run_config, records)
    if worker is None:
        return Projection(why="it does not show again")
    if worker == SCHEDULER:
        return Projection(why="it shows in the scheduler")
    if worker in records.untold:
        return Projection(why=f"steps of a worker cannot tell {records.untold[worker]}")
    steps = records.steps.get(worker, [])
    found = replay(system.lone_worker(), run_config.config.worker, steps)
    if found is None:
        return Projection(why=f"{worker} alone does not show it")
    if located(found) != located(violation):
        return Projection(why=f"{worker} alone breaks something else: {located(found)}")
    return Projection(found)


def participant_of(
    system: ProjectableClusterSystem,
    violation: Violation,
    run_config: ClusterRunConfig,
    records: WorkerRecords,
) -> str | None:
    """Return whom a violation is about; None where its steps do not show it again."""
    again = violation_of(RecordingWorld(system, run_config, records), violation.steps)
    if again is None or located(again) != located(violation):
        return None
    return records.participant


# Events as steps


def holdings(who_has: ev.WhoHas, nbytes: ev.Nbytes, worker: str) -> tuple[Holding, ...]:
    """Return keys with their holders; the worker itself has another name there."""
    return tuple(
        Holding(
            key, tuple(ADDRESS if holder == worker else holder for holder in them), nbytes.get(key)
        )
        for key, them in who_has.items()
    )


def compute_task(event: ev.ComputeTask, worker: str) -> Step:
    known = {holding.key: holding for holding in holdings(event.who_has, event.nbytes, worker)}
    content = event.spec.run_spec
    return from_scheduler.ComputeTask(
        key=event.spec.key,
        needs=tuple(known.get(key, Holding(key)) for key in event.spec.dependencies),
        spec=content if isinstance(content, int) else 0,
        priority=max(int(event.request.priority[-1]), 0) if event.request.priority else 0,
        resources=tuple(
            sorted((name, int(amount)) for name, amount in event.request.resources.items())
        ),
        actor=event.spec.actor,
    )


def step_of(event: ev.Event, worker: str) -> Step:  # noqa: C901, PLR0912  # a line for each kind
    """Return the step that lets an event happen to a worker."""
    match event:
        case ev.ComputeTask():
            return compute_task(event, worker)
        case ev.FreeKeys():
            return from_scheduler.FreeKeys(tuple(event.keys))
        case ev.ForgetKeys():
            return from_scheduler.ForgetKeys(tuple(event.keys))
        case ev.AcquireReplicas():
            return from_scheduler.AcquireReplicas(holdings(event.who_has, event.nbytes, worker))
        case ev.RemoveReplicas():
            return from_scheduler.RemoveReplicas(tuple(event.keys))
        case ev.StealRequest():
            return from_scheduler.StealRequest(event.key)
        case ev.CancelCompute():
            return from_scheduler.CancelCompute(event.key)
        case ev.RefreshWhoHas():
            return from_scheduler.RefreshWhoHas(holdings(event.who_has, {}, worker))
        case ev.RemoveWorker():
            return from_scheduler.RemoveWorker(event.worker)
        case ev.UpdateData():
            return from_scheduler.UpdateData(tuple(event.values))
        case ev.Pause():
            return from_environment.Pause()
        case ev.Unpause():
            return from_environment.Unpause()
        case ev.FindMissing():
            return from_environment.FindMissing()
        case ev.RetryBusyWorker():
            return from_environment.RetryBusyWorker(event.worker)
        case ev.ExecuteSuccess():
            return from_environment.ExecuteSuccess(event.key)
        case ev.ExecuteFailure():
            return from_environment.ExecuteFailure(event.key)
        case ev.Reschedule():
            return from_environment.Reschedule(event.key)
        case ev.Secede():
            return from_environment.Secede(event.key)
        case ev.GatherDepSuccess():
            return from_peers.GatherDepSuccess(event.worker, tuple(event.values))
        case ev.GatherDepBusy():
            return from_peers.GatherDepBusy(event.worker)
        case ev.GatherDepNetworkFailure():
            return from_peers.GatherDepNetworkFailure(event.worker)
        case ev.GatherDepFailure():
            return from_peers.GatherDepFailure(event.worker)
        case _:
            raise TypeError(f"no step of a worker stands for {type(event).__name__}")
