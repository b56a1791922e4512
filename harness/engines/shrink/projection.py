"""A failure of a cluster that shows inside one worker, as a case of that worker alone.

The worker's own events are what is left of the run. They become steps of the worker scope, with which
the failure has to show again; it can be shrunk there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.cases.triage.signature import located
from workerfuzz.harness.engines.shrink.shrink import replay
from workerfuzz.harness.subjects.cluster_protocol import (
    SCHEDULER,
    CallResult,
    ClusterSubject,
    ClusterSystem,
    Envelope,
)
from workerfuzz.harness.subjects.dask.cluster.worker_events import overheard
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties.crashes import no_handler_raises
from workerfuzz.statemachine.worker import events as ev
from workerfuzz.statemachine.worker.worker_state import ADDRESS
from workerfuzz.strategies.text import Holding
from workerfuzz.strategies.worker import Step, from_environment, from_peers, from_scheduler

#: Properties that one worker alone can break, and that mean the same at both scopes.
OF_A_WORKER: Final = frozenset({no_handler_raises.name, "validate_state", "waiting_is_counted"})


@dataclass(frozen=True, slots=True)
class Projected:
    """What came of it.

    Attributes:
        violation: the failure at worker scope; None where it does not show there.
        why: why not, in a few words.
    """

    violation: Violation | None = None
    why: str = ""


@dataclass(slots=True)
class Heard:
    """What happened to each worker, as far as a worker's steps can tell it.

    Attributes:
        steps: by worker.
        untold: what they cannot tell, by worker.
        party: to whom something happened last, or who was looked at last.
    """

    steps: dict[str, list[Step]] = field(default_factory=dict)
    untold: dict[str, str] = field(default_factory=dict)
    party: str = SCHEDULER

    def note(self, worker: str, events: Sequence[ev.Event]) -> None:
        self.party = worker
        self.steps.setdefault(worker, []).extend(told(event, worker) for event in events)


class Overheard:
    """A cluster under test; notes what happens to its workers, and hands everything on."""

    def __init__(self, cluster: ClusterSubject, heard: Heard) -> None:
        self._cluster, self._heard = cluster, heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster, name)

    def deliver(self, post: Envelope) -> CallResult:
        if post.receiver != SCHEDULER:
            self._heard.note(post.receiver, overheard(post.messages))
        return self._cluster.deliver(post)

    def handle_event(self, worker: str, event: ev.Event) -> CallResult:
        self._heard.note(worker, [event])
        return self._cluster.handle_event(worker, event)

    def begin(self, worker: str, key: str) -> Any:
        self._heard.party = worker
        execute, outcome = self._cluster.begin(worker, key)
        if execute is None:
            self._heard.note(worker, [ev.ExecuteFailure(key=key, run_id=0)])
        return execute, outcome

    def spoil(self, worker: str, key: str, run_id: int) -> CallResult:
        self._heard.party = worker
        self._heard.untold[worker] = "a result that cannot be stored"
        return self._cluster.spoil(worker, key, run_id)


class Listener:
    """A ``ClusterSystem`` whose clusters are overheard."""

    def __init__(self, subject: ClusterSystem, heard: Heard) -> None:
        self.subject, self.heard = subject, heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self.subject, name)

    def cluster(self, config: Any) -> Any:
        return Overheard(self.subject.cluster(config), self.heard)


class ProjectedWorld(ClusterWorld):
    """Knows who it was that something was found wrong with."""

    def __init__(self, subject: ClusterSystem, run_config: Any, heard: Heard) -> None:
        self.heard = heard
        super().__init__(Listener(subject, heard), run_config)

    def check(self, party: str, *, thoroughly: bool = False) -> None:
        self.heard.party = party
        super().check(party, thoroughly=thoroughly)

    def call(self, party: str, happens: Callable[..., CallResult], *about: Any) -> None:
        self.heard.party = party
        super().call(party, happens, *about)


def project(cluster: ClusterSystem, worker: Any, violation: Violation) -> Projected:
    """The failure as one worker shows it that is alone with hostile surroundings.

    Args:
        cluster: the system in which it was found.
        worker: the same system at worker scope.
    """
    if violation.property not in OF_A_WORKER:
        return Projected(why="it is about more than one party")
    heard = Heard()
    party = whose(cluster, violation, heard)
    if party is None:
        return Projected(why="it does not show again")
    if party == SCHEDULER:
        return Projected(why="it shows in the scheduler")
    if party in heard.untold:
        return Projected(why=f"steps of a worker cannot tell {heard.untold[party]}")
    config = violation.run_config.config.worker  # type: ignore[union-attr]  # of a cluster
    found = replay(worker, config, heard.steps.get(party, []))
    if found is None:
        return Projected(why=f"{party} alone does not show it")
    if located(found) != located(violation):
        return Projected(why=f"{party} alone breaks something else: {located(found)}")
    return Projected(found)


def whose(cluster: ClusterSystem, violation: Violation, heard: Heard) -> str | None:
    """The party that a violation is about; None where its steps do not show it again."""
    again = violation_of(ProjectedWorld(cluster, violation.run_config, heard), violation.steps)
    return heard.party if again is not None and located(again) == located(violation) else None


# Events as steps


def holdings(who_has: ev.WhoHas, nbytes: ev.Nbytes, worker: str) -> tuple[Holding, ...]:
    """Keys with their holders; the worker itself has another name there."""
    return tuple(
        Holding(key, tuple(ADDRESS if it == worker else it for it in them), nbytes.get(key))
        for key, them in who_has.items()
    )


def compute_task(event: ev.ComputeTask, worker: str) -> Step:
    known = {it.key: it for it in holdings(event.who_has, event.nbytes, worker)}
    content = event.spec.run_spec
    return from_scheduler.ComputeTask(
        key=event.spec.key,
        needs=tuple(known.get(key, Holding(key)) for key in event.spec.dependencies),
        spec=content if isinstance(content, int) else 0,
        priority=max(int(event.request.priority[-1]), 0) if event.request.priority else 0,
        resources=tuple(sorted((name, int(it)) for name, it in event.request.resources.items())),
        actor=event.spec.actor,
    )


def told(event: ev.Event, worker: str) -> Step:
    """The step that lets an event happen to a worker."""
    return TOLD[type(event)](event, worker)


def of_keys(kind: Callable[[tuple[str, ...]], Step]) -> Callable[[Any, str], Step]:
    return lambda event, worker: kind(tuple(event.keys))


def of_key(kind: Callable[[str], Step]) -> Callable[[Any, str], Step]:
    return lambda event, worker: kind(event.key)


def of_peer(kind: Callable[[str], Step]) -> Callable[[Any, str], Step]:
    return lambda event, worker: kind(event.worker)


def bare(kind: Callable[[], Step]) -> Callable[[Any, str], Step]:
    return lambda event, worker: kind()


TOLD: Final[Mapping[type[ev.Event], Callable[[Any, str], Step]]] = MappingProxyType(
    {
        ev.ComputeTask: compute_task,
        ev.FreeKeys: of_keys(from_scheduler.FreeKeys),
        ev.ForgetKeys: of_keys(from_scheduler.ForgetKeys),
        ev.AcquireReplicas: lambda it, worker: from_scheduler.AcquireReplicas(
            holdings(it.who_has, it.nbytes, worker)
        ),
        ev.RemoveReplicas: of_keys(from_scheduler.RemoveReplicas),
        ev.StealRequest: of_key(from_scheduler.StealRequest),
        ev.CancelCompute: of_key(from_scheduler.CancelCompute),
        ev.RefreshWhoHas: lambda it, worker: from_scheduler.RefreshWhoHas(
            holdings(it.who_has, {}, worker)
        ),
        ev.RemoveWorker: of_peer(from_scheduler.RemoveWorker),
        ev.UpdateData: lambda it, worker: from_scheduler.UpdateData(tuple(it.values)),
        ev.Pause: bare(from_environment.Pause),
        ev.Unpause: bare(from_environment.Unpause),
        ev.FindMissing: bare(from_environment.FindMissing),
        ev.RetryBusyWorker: of_peer(from_environment.RetryBusyWorker),
        ev.ExecuteSuccess: of_key(from_environment.ExecuteSuccess),
        ev.ExecuteFailure: of_key(from_environment.ExecuteFailure),
        ev.Reschedule: of_key(from_environment.Reschedule),
        ev.Secede: of_key(from_environment.Secede),
        ev.GatherDepSuccess: lambda it, worker: from_peers.GatherDepSuccess(
            it.worker, tuple(it.values)
        ),
        ev.GatherDepBusy: of_peer(from_peers.GatherDepBusy),
        ev.GatherDepNetworkFailure: of_peer(from_peers.GatherDepNetworkFailure),
        ev.GatherDepFailure: of_peer(from_peers.GatherDepFailure),
    }
)
