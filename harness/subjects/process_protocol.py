"""Protocol of a system that is fuzzed as processes: its own servers, clients and connections.

Only the world outside of the processes is simulated: the loop, time, the network and threads. All calls
are synchronous; what is ready to run afterwards runs in ``run_ready``.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

from workerfuzz.harness.subjects.cluster_protocol import TaskTransition
from workerfuzz.harness.subjects.tables import Tables
from workerfuzz.statemachine.properties.cluster import ObservedCluster
from workerfuzz.statemachine.properties.property import Broken
from workerfuzz.statemachine.scheduler.client_requests import ClientRequest, NoticeStatus
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies.cluster.run_config import ClusterConfig
from workerfuzz.strategies.cluster.view import Pair, ThreadOutcome
from workerfuzz.strategies.process.view import ClientCall

#: Computes the value of a task from those of its inputs.
Compute: TypeAlias = Callable[[TaskSpec, Mapping[str, object]], object]


class FutureStatus(NamedTuple):
    """Status of a key, as the future of a client has it.

    Attributes:
        reason: of a failure; text.
    """

    status: NoticeStatus
    reason: str = ""


class Traffic(NamedTuple):
    """A message that was written to a pipe, or delivered.

    Attributes:
        words: what it asks for, or ``reply``; empty for the end of a connection; None: delivered.
    """

    pipe: str
    words: str | None = None


def pipe_ends(pipe: str) -> tuple[str, str]:
    """Return sender and receiver of a pipe, as steps call them: ``c0>scheduler.1``, ``w0<c0.2``."""
    sender, _, receiver = pipe.rpartition(".")[0].replace("<", ">").partition(">")
    return base_name(sender), base_name(receiver)


def base_name(participant: str) -> str:
    """Return the name of the worker or client that a participant is an incarnation of."""
    return participant.partition("-")[0]


def way_back(name: str) -> str:
    """Return the name of the other pipe of a connection."""
    ends, _, number = name.rpartition(".")
    sign, other = (">", "<") if ">" in ends else ("<", ">")
    sender, _, receiver = ends.partition(sign)
    return f"{receiver}{other}{sender}.{number}"


class OpenCall(NamedTuple):
    """A call of a participant that has not ended.

    Attributes:
        words: the participant, the step that made the call, and keys.
    """

    words: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EndedCall:
    """A call of a participant that has ended.

    Attributes:
        word: of the step that made it.
        values: by key, where it returned any.
        error: what it raised; None where it returned.
    """

    participant: str
    word: str
    keys: tuple[str, ...] = ()
    values: Mapping[str, object] | None = None
    error: BaseException | None = None


class ProcessCluster(ObservedCluster, Protocol):
    """A scheduler, workers and clients under test, each a process of its own in the simulation."""

    # What can be seen

    @property
    def present(self) -> Sequence[str]:
        """Workers that are alive, and neither closed nor failed."""

    @property
    def pipes(self) -> Sequence[str]:
        """Directions of connections in which something is under way."""

    @property
    def connections(self) -> Sequence[str]:
        """Connections that are open, each by the pipe of who opened it."""

    @property
    def threads(self) -> Sequence[Pair]:
        """(worker, key) of tasks whose thread has not ended, in the order begun."""

    @property
    def timers(self) -> Sequence[str]:
        """Timers that are to come, by participant and name, each once."""

    @property
    def calls(self) -> Sequence[OpenCall]:
        """Calls that have not ended."""

    @property
    def digest(self) -> int:
        """Of all that was delivered so far: equal for runs that are the same."""

    def process_of(self, name: str) -> str:
        """Return the name that a worker or client has in connections at present."""

    def status_of(self, worker: str) -> str:
        """Return the status of a worker, as the system calls it."""

    def closed_clients(self) -> Sequence[str]:
        """Return the clients that have closed, for whatever reason."""

    def status(self, client: str, key: str) -> FutureStatus:
        """Return the status of a future that a client has."""

    def transitions(self) -> Iterable[TaskTransition]:
        """Yield the transitions since the last call."""

    def traffic(self) -> Iterable[Traffic]:
        """Yield the messages written and delivered since the last call."""

    def ended_calls(self) -> Sequence[EndedCall]:
        """Return the calls that ended since the last call of this."""

    def unhandled(self) -> Sequence[str]:
        """Return the exceptions since the last call that nobody awaited, in words."""

    def check(self, *, thoroughly: bool) -> Iterable[Broken]:
        """Yield the system's own properties that are broken, each with a counterexample.

        Raises SubjectRaised for an exception that a handler raised and somebody logged.
        """

    def tables(self, participant: str) -> Tables:
        """Return the tables of the scheduler or a worker; empty ones may be left out."""

    def registered(self) -> Collection[str]:
        """Return the workers that the scheduler knows."""

    def unsatisfiable(self) -> Collection[str]:
        """Return tasks that wait for a worker which does not exist: not a fault of the system."""

    def residue(self) -> Iterator[str]:
        """Yield, in words, the residue of all participants."""

    # What can be done

    def run_ready(self, seconds: float) -> None:
        """Let time pass and all that is ready run. Raises SubjectRaised for a livelock."""

    def advance(self) -> None:
        """Let time pass until the next timer."""

    def settle_timers(self, seconds: float) -> None:
        """Let time pass, timer by timer, while no message arrives."""

    def settle(
        self, seconds: float, *, threads: bool, until: Callable[[], bool] | None = None
    ) -> bool:
        """Let everything under way arrive for some time; return whether ``until`` came true.

        Args:
            threads: threads end as well, all of them well.
        """

    def deliver(self, pipe: str) -> None:
        """Deliver the oldest message of a pipe."""

    def cut(self, pipe: str) -> None:
        """Break the connection of a pipe."""

    def end(self, worker: str, key: str, how: ThreadOutcome) -> None:
        """End a thread."""

    def send_request(self, client: str, request: ClientRequest) -> None:
        """Let a client make a call; what it wants with it is in the request."""

    def gather(self, client: str, keys: Sequence[str]) -> None:
        """Let a client gather the values of keys."""

    def scatter(self, client: str, key: str, value: object, worker: str) -> None:
        """Let a client scatter a value to a worker."""

    def broadcast(self, client: str, key: str, value: object) -> None:
        """Let a client scatter a value to every worker."""

    def make_call(
        self, client: str, call: ClientCall, keys: Sequence[str], workers: Sequence[str]
    ) -> None:
        """Let a client make a call of its API."""

    def leave(self, client: str) -> None:
        """Let a client close."""

    def enter(self, client: str) -> None:
        """Start a client again that has left."""

    def end_unserialisable(self, worker: str, key: str) -> None:
        """End a thread with a result that nobody can send."""

    def secede(self, worker: str, key: str) -> None:
        """Let a task leave its slot and run on."""

    def steal(self, key: str, thief: str) -> None:
        """Let the scheduler decide to move a task."""

    def replicate(self, key: str, worker: str) -> None:
        """Let the scheduler decide that a worker is to have a copy."""

    def drop(self, key: str, worker: str) -> None:
        """Let the scheduler decide that a worker is to drop a copy."""

    def press(self, worker: str, *, is_short: bool) -> None:
        """Let a worker run short of memory, or have enough again."""

    def advance_until(self, timer: str) -> None:
        """Let time pass until a timer is due."""

    def join(self, worker: str, name: str = "") -> None:
        """Start a worker at an address, with the same or another name."""

    def die(self, worker: str) -> None:
        """End the process of a worker."""

    def depart(self) -> Sequence[str]:
        """End the processes of workers that have closed or failed, and return these."""

    def close_worker(self, worker: str, *, gracefully: bool) -> None:
        """Let a worker close."""

    def drop_references(self) -> None:
        """Let go of everything that a user's program would not keep beside its futures."""

    def close(self) -> None:
        """End all of it; nothing stays alive."""


class ProcessSystem(Protocol):
    """A system that can be fuzzed as processes."""

    @property
    def name(self) -> str:
        """Name on the command line and in cases."""

    def version(self) -> str:
        """Release, as PEP 440 writes it; raises SubjectUnavailable."""

    def cannot(self) -> Mapping[str, str]:
        """Kinds of step, by their word, that this release has no way to do; and why."""

    def edges(self) -> Mapping[str, Collection[tuple[str, str]]]:
        """(start, finish) of each transition that a ``scheduler`` and a ``worker`` provide for."""

    def processes(
        self, config: ClusterConfig, clients: Sequence[str], compute: Compute
    ) -> ProcessCluster:
        """A scheduler, workers and clients that are connected; raises SubjectUnavailable."""
