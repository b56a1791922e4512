"""Protocols of a system that is fuzzed as a whole cluster: one scheduler and its workers.

Nothing here travels by itself: whatever a participant sends is returned as an ``Envelope``, and
whatever a worker wants done as an instruction; the world decides when either happens. All calls are
synchronous. Each raises ``SubjectRaised`` where the system raises; any other exception
is the harness's own fault.
"""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol, Self, cast, runtime_checkable

from workerfuzz.harness.subjects.protocol import Subject, not_copyable
from workerfuzz.statemachine.properties.property import Broken
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.worker.canonical import Canonical
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import (
    Execute,
    GatherDep,
    Message,
    RetryBusyWorkerLater,
)
from workerfuzz.strategies.cluster.run_config import ClusterConfig

#: How mailboxes and cases call the scheduler; other participants have names of their own.
SCHEDULER: Final = "scheduler"

#: What a worker wants done by its surroundings.
Action = Execute | GatherDep | RetryBusyWorkerLater


class Envelope(NamedTuple):
    """Messages that one call made one participant send to another: delivered as a whole, or not at all.

    Attributes:
        messages: in the order sent; only their subject knows what is in them.
    """

    sender: str
    receiver: str
    messages: tuple[object, ...]


@dataclass(slots=True)
class CallResult:
    """Result of one call.

    Attributes:
        envelopes: at most one for each pair of participants, in the order in which the first message
            was sent.
        actions: (worker, what it wants done), in the order issued.
    """

    envelopes: list[Envelope] = field(default_factory=list)
    actions: list[tuple[str, Action]] = field(default_factory=list)


class TaskTransition(NamedTuple):
    """One transition of a task, on one participant. States as that participant calls them."""

    participant: str
    key: str
    start: str
    finish: str


class ClusterSubject(Protocol):
    """A scheduler and its workers under test."""

    @property
    def begins_later(self) -> bool:
        """A thread looks its task and inputs up some time after ``Execute`` (step ``begin``)."""

    # Who is there

    def add_worker(self, worker: str) -> CallResult:
        """A fresh worker registers; the scheduler knows of it when this returns."""

    def remove_worker(self, worker: str, *, expected: bool = False) -> CallResult:
        """The scheduler notices that a worker is gone, or has it go. It is not used afterwards.

        Args:
            expected: it was retired: its tasks have not killed it.
        """

    # What happens to the scheduler

    def handle_request(self, client: str, request: client_requests.ClientRequest) -> CallResult:
        """A request of a client arrives at the scheduler; its first one makes the client known."""

    def remove_client(self, client: str) -> CallResult:
        """The scheduler notices that the connection of a client has ended."""

    def add_client(self, client: str) -> CallResult:
        """A client that was removed connects again."""

    def deliver(self, envelope: Envelope) -> CallResult:
        """A batch of messages arrives at the scheduler or at a worker."""

    def notices(self, envelope: Envelope) -> Sequence[client_requests.ClientNotice]:
        """Return the notices of a batch of messages to a client."""

    def message_texts(self, envelope: Envelope) -> Sequence[str]:
        """Each message of a batch in a few words, without numbers that differ between runs."""

    def worker_events(self, envelope: Envelope) -> Sequence[Event]:
        """Return messages of the scheduler as events of the worker that receives them."""

    def reports(self, envelope: Envelope) -> Sequence[Message]:
        """Return messages of a worker that tell how runs ended, and what it has."""

    def stealable(self) -> Collection[tuple[str, str]]:
        """(key, thief): what the scheduler could decide now to have computed elsewhere; sorted."""

    def steal(self, key: str, thief: str) -> CallResult:
        """The scheduler decides so, and asks the worker that has the task."""

    def replicable(self) -> Collection[tuple[str, str]]:
        """(key, worker): of which the scheduler could want another copy there; sorted."""

    def replicate(self, key: str, worker: str) -> CallResult:
        """The scheduler asks a worker for a copy."""

    def droppable(self) -> Collection[tuple[str, str]]:
        """(key, worker): copies that are one too many; sorted."""

    def drop(self, key: str, worker: str) -> CallResult:
        """The scheduler tells a worker that it may drop its copy."""

    def gatherable(self) -> Collection[tuple[str, str]]:
        """(key, worker): of which the scheduler could have a copy made there, as ``copied``; sorted."""

    def gather_on_worker(self, key: str, worker: str) -> CallResult:
        """The scheduler decides so. What it asks the worker for has been done when this returns."""

    def gathered(self, key: str, worker: str) -> CallResult:
        """The scheduler hears that the worker has copied a value."""

    def recompute(self, keys: Sequence[str]) -> CallResult:
        """The scheduler has tasks computed anew, of those that are under way or in memory."""

    def retire(self, worker: str) -> CallResult:
        """The scheduler begins to retire a worker that runs, and tells it."""

    def unretire(self, worker: str) -> CallResult:
        """The scheduler gives that up, and tells the worker to run again."""

    def manage_memory(self) -> CallResult:
        """The active memory manager runs: to reduce replicas, and to have retiring workers leave."""

    # What happens to a worker

    def copied(self, worker: str, values: Mapping[str, object]) -> CallResult:
        """A worker has copied values by request of the scheduler, outside of its state machine."""

    def handle_event(self, worker: str, event: Event) -> CallResult:
        """Something of its own process, of a thread or of the network reaches a worker.

        One of: ``Execute*``, ``Reschedule``, ``Secede``, ``GatherDep*``, ``RetryBusyWorker``,
        ``FindMissing``, ``Pause``, ``Unpause``, ``UpdateData``. The worker's own process tells the
        scheduler of a pause.
        """

    def begin(self, worker: str, key: str) -> tuple[Execute | None, CallResult]:
        """A thread starts: what it finds to run. None: nothing any more; the thread is over."""

    def fail_to_store(self, worker: str, key: str, run_id: int) -> CallResult:
        """A task ends well, but its result cannot be stored."""

    def overflow(self, worker: str, peer: str, values: Mapping[str, object]) -> CallResult:
        """A transfer brings values, none of which can be stored."""

    def get_data(self, worker: str, keys: Sequence[str]) -> Mapping[str, object]:
        """Return the values that a worker sends if it is asked for keys now: of those that it holds."""

    # What can be seen

    def transitions(self) -> Iterable[TaskTransition]:
        """Every transition that the last call caused, in order; to be read once, at any later time."""

    def check(self, participant: str, *, thoroughly: bool) -> Iterable[Broken]:
        """The system's own properties that are broken, each with a counterexample.

        Args:
            participant: the scheduler or a worker; the one that something just happened to.
            thoroughly: check everything, not only what the last call may have broken.
        """

    def worker(self, worker: str) -> WorkerView:
        """One worker."""

    def keys(self) -> Collection[str]:
        """Tasks that the scheduler knows."""

    def state(self, key: str) -> str | None:
        """Return the state of a task on the scheduler; None where it knows none."""

    def holders(self, key: str) -> Collection[str]:
        """Workers that hold a value, as far as the scheduler knows."""

    def processing(self, worker: str) -> Collection[str]:
        """Tasks that a worker was asked to compute, as far as the scheduler knows."""

    def seceded(self) -> Mapping[str, Collection[str]]:
        """Tasks that take no slot where they run, by worker, as far as the scheduler knows.

        Workers without any may be missing.
        """

    def queued(self) -> Collection[str]:
        """Tasks that wait until a worker has room."""

    def without_worker(self) -> Collection[str]:
        """Tasks that wait until a worker is there that may compute them."""

    def residue(self) -> Iterator[str]:
        """Yield, in words, the residue of the scheduler and the workers; nothing once all was let go."""

    def close(self) -> None:
        """The run is over; nothing of it may stay alive."""


class ClusterSystem(Protocol):
    """A system that can be fuzzed as a whole cluster."""

    @property
    def name(self) -> str:
        """Name on the command line and in cases."""

    def version(self) -> str:
        """Release, as PEP 440 writes it; raises SubjectUnavailable."""

    def cannot(self) -> Mapping[str, str]:
        """Kinds of step, by their word, that this release has no way to do; and why."""

    def exempt(self) -> Mapping[str, str]:
        """Properties of any worker or cluster that it does not promise, by name; and why."""

    def edges(self) -> Mapping[str, Collection[tuple[str, str]]]:
        """(start, finish) of each transition that a ``scheduler`` and a ``worker`` provide for."""

    def cluster(self, config: ClusterConfig) -> ClusterSubject:
        """A scheduler without workers; raises SubjectUnavailable."""


@runtime_checkable
class ProjectableClusterSystem(ClusterSystem, Protocol):
    """A system whose failures inside one worker can be replayed on that worker alone."""

    def lone_worker(self) -> Subject:
        """Return the same system at the scope of one worker."""


@runtime_checkable
class DumpableCluster(Protocol):
    """A cluster under test that tells its state as a dump of a real one does."""

    def state_dump(self) -> dict[str, object]:
        """Return plain data: strings, numbers, lists and mappings."""


@runtime_checkable
class RebuildableCluster(ClusterSubject, Protocol):
    """A cluster under test that survives the loss of its scheduler."""

    def rebuild(self, workers: Collection[str]) -> CallResult:
        """The scheduler is lost, and another one begins with what these workers report (R21)."""

    def release_found(self) -> CallResult:
        """Clients have submitted again: what was found and no client wants is released."""


class CopyableCluster(ClusterSubject, Protocol):
    """A cluster under test that can be explored."""

    def copy(self) -> Self:
        """Return a copy that continues alike, and shares nothing that changes."""

    def fingerprint(self, text: Canonical, envelopes: Sequence[Envelope]) -> tuple[Hashable, ...]:
        """Return plain data, equal for those that continue alike.

        Args:
            its: names and numbers there.
            envelopes: what is under way: its messages are part of it.
        """


def copyable_cluster(name: str, cluster: ClusterSubject) -> CopyableCluster:
    """Return the same cluster, which can be explored. Raises SubjectUnavailable where it cannot."""
    if not hasattr(cluster, "fingerprint"):
        raise not_copyable(name)
    return cast("CopyableCluster", cluster)
