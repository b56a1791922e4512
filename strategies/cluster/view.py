"""Protocols of a cluster: its state as steps see it, and the actions that steps can take."""

import enum
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from workerfuzz.statemachine.scheduler.client_requests import ClientRequest
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies.cluster.workload_profile import ClusterWorkloadProfile

#: Two participants, or a participant and a key, as a step names them.
Pair = tuple[str, str]


class ThreadOutcome(enum.StrEnum):
    """Outcome of a thread."""

    SUCCESS = "well"
    FAILURE = "badly"
    RESCHEDULE = "elsewhere"
    NOT_STORED = "spoiled"  # it succeeds, and its result cannot be stored


class TransferOutcome(enum.StrEnum):
    """Outcome of a transfer."""

    SUCCESS = "arrives"
    BUSY = "busy"
    NETWORK_FAILURE = "broken"
    GARBLED = "garbled"  # it arrives, and fails to deserialise
    NOT_STORED = "overflowing"  # it arrives, and cannot be stored


class ClusterView(Protocol):
    """A whole cluster: what drawing a step needs to know. Every collection is in a fixed order."""

    @property
    def pool(self) -> Sequence[str]:
        """Keys that may be used, each depending on earlier ones only."""

    @property
    def workload(self) -> ClusterWorkloadProfile:
        """Profile that graphs are drawn from."""

    @property
    def resources(self) -> Mapping[str, float]:
        """Amounts of the resources that every worker has."""

    @property
    def clients(self) -> Sequence[str]:
        """Clients that are connected."""

    @property
    def disconnectable(self) -> Collection[str]:
        """Those of them whose graphs under way change no content that the scheduler knows."""

    @property
    def disconnecting(self) -> Collection[str]:
        """Clients whose connection has ended without the scheduler knowing."""

    @property
    def connectable(self) -> Collection[str]:
        """Clients that the scheduler has removed, and that have no request of their own under way."""

    @property
    def present(self) -> Collection[str]:
        """Workers that are alive."""

    @property
    def unnoticed(self) -> Collection[str]:
        """Workers that died without the scheduler knowing."""

    @property
    def joining(self) -> Collection[str]:
        """Workers that may join: the next new one, and those at addresses of dead ones; or nobody."""

    @property
    def awake(self) -> Collection[str]:
        """Workers among ``present`` that are not paused."""

    @property
    def paused(self) -> Collection[str]:
        """Workers among ``present`` that are paused."""

    @property
    def resumable(self) -> Collection[str]:
        """Workers among ``paused`` that may run again by themselves: they were not told to retire."""

    @property
    def retirable(self) -> Collection[str]:
        """Workers among ``present`` that the scheduler takes for running."""

    @property
    def retiring(self) -> Collection[str]:
        """Workers among ``present`` that the scheduler is retiring."""

    @property
    def leaving(self) -> Collection[str]:
        """Workers among ``retiring`` that hold nothing that nobody else is said to hold."""

    @property
    def mail(self) -> Collection[Pair]:
        """(sender, receiver) of mailboxes that are not empty and can be delivered."""

    @property
    def issued(self) -> Collection[Pair]:
        """(worker, key) of tasks whose thread has not begun."""

    @property
    def running(self) -> Collection[Pair]:
        """(worker, key) of threads."""

    @property
    def storing(self) -> Collection[Pair]:
        """Those of ``running`` whose result is to be stored."""

    @property
    def slotted(self) -> Collection[Pair]:
        """Those of ``running`` that did not secede."""

    @property
    def unserved(self) -> Collection[Pair]:
        """(worker, peer) of transfers that the peer, which is alive, has not served."""

    @property
    def served(self) -> Collection[Pair]:
        """(worker, peer) of transfers that are under way."""

    @property
    def bringing(self) -> Collection[Pair]:
        """Those of ``served`` that bring anything."""

    @property
    def open(self) -> Collection[Pair]:
        """(worker, peer) of all transfers, those with peers that died included."""

    @property
    def fetching(self) -> Collection[Pair]:
        """(worker, key) of the keys that are requested in ``open``."""

    @property
    def retrying(self) -> Collection[Pair]:
        """(worker, peer) where a busy peer is to be asked again later."""

    @property
    def wants(self) -> Mapping[str, Collection[str]]:
        """Keys that each client wants, as far as the client knows."""

    @property
    def wanting(self) -> Collection[str]:
        """Clients that want something."""

    @property
    def holding(self) -> Collection[str]:
        """Clients that have futures to release."""

    @property
    def held(self) -> Mapping[str, Collection[str]]:
        """Keys that each client cancelled, and still has the futures of."""

    @property
    def failed(self) -> Collection[Pair]:
        """(client, key) that was wanted and told to have failed."""

    @property
    def contents(self) -> Mapping[str, TaskSpec]:
        """Content that was submitted last, by key."""

    @property
    def data(self) -> Collection[str]:
        """Keys that were scattered: they are nobody's task."""

    def fixed(self, client: str) -> Collection[str]:
        """Keys whose content this client may not change, because something still rests on them."""

    @property
    def submitters(self) -> Sequence[str]:
        """Clients that may submit: only one, while the scheduler has not got content it changed."""

    @property
    def scatterable(self) -> Sequence[str]:
        """Keys that were never a task: new ones that may become plain data, and what is data."""

    @property
    def scattering(self) -> Collection[tuple[str, str, str]]:
        """(client, key, worker) of values that were scattered, unknown to the scheduler so far."""

    @property
    def gatherable(self) -> Collection[Pair]:
        """(key, worker) that the scheduler could have copied now, by a request of its own."""

    @property
    def gathering(self) -> Collection[Pair]:
        """(key, worker) that were copied so, unknown to the scheduler so far."""

    @property
    def stealable(self) -> Collection[Pair]:
        """(key, thief) that the scheduler could decide on now."""

    @property
    def replicable(self) -> Collection[Pair]:
        """(key, worker) that the scheduler could decide on now."""

    @property
    def droppable(self) -> Collection[Pair]:
        """(key, worker) that the scheduler could decide on now."""


class ClusterControl(ClusterView, Protocol):
    """A cluster that steps are applied to."""

    def send_request(self, client: str, request: ClientRequest, *, at_once: bool = False) -> None:
        """A client sends a request; with ``at_once``, it overtakes its earlier ones."""

    def scatter(self, client: str, key: str, worker: str) -> None:
        """A client puts a value on a worker, and the scheduler hears of it."""

    def store(self, client: str, key: str, worker: str) -> None:
        """A client puts a value on a worker."""

    def scattered(self, client: str, key: str, worker: str) -> None:
        """The scheduler hears of a value that a client has put on a worker."""

    def disconnect(self, client: str) -> None:
        """The connection of a client ends."""

    def disconnected(self, client: str) -> None:
        """The scheduler notices that."""

    def connect(self, client: str) -> None:
        """A client connects again."""

    def deliver(self, sender: str, receiver: str) -> None:
        """The oldest batch of a mailbox arrives."""

    def begin(self, worker: str, key: str) -> None:
        """A thread starts."""

    def end(self, worker: str, key: str, how: ThreadOutcome) -> None:
        """A thread ends."""

    def secede(self, worker: str, key: str) -> None:
        """A thread leaves its slot."""

    def serve(self, worker: str, peer: str) -> None:
        """A peer reads the requested keys."""

    def transferred(self, worker: str, peer: str, how: TransferOutcome) -> None:
        """A transfer ends."""

    def handle_event(self, worker: str, event: Event) -> None:
        """Any other event of a worker."""

    def steal(self, key: str, thief: str) -> None:
        """The scheduler asks the worker that has a task to give it up for another one."""

    def replicate(self, key: str, worker: str) -> None:
        """The scheduler asks a worker for a copy."""

    def drop(self, key: str, worker: str) -> None:
        """The scheduler tells a worker that it may drop its copy."""

    def gather_on_worker(self, key: str, worker: str) -> None:
        """The scheduler has a worker copy a value, which is there at once."""

    def gathered(self, key: str, worker: str) -> None:
        """The scheduler hears that a worker has copied a value."""

    def recompute(self, keys: Sequence[str]) -> None:
        """The scheduler has tasks computed anew."""

    def retire(self, worker: str) -> None:
        """The scheduler begins to retire a worker."""

    def unretire(self, worker: str) -> None:
        """The scheduler gives up retiring a worker."""

    def retired(self, worker: str) -> None:
        """A worker has retired: it is removed and closes."""

    def manage_memory(self) -> None:
        """The active memory manager of the scheduler runs once."""

    def die(self, worker: str) -> None:
        """The process of a worker dies."""

    def notice(self, worker: str) -> None:
        """The scheduler notices that a worker died."""

    def join(self, worker: str) -> None:
        """A new worker registers."""
