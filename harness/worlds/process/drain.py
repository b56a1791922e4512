"""Processes whose faults stop: what must be true in the end.

First everything outstanding ends, then every client lets go of everything. In this order: letting go
first would forgive every hang.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol, Self

from workerfuzz.harness.subjects.process_protocol import ProcessCluster
from workerfuzz.harness.worlds.process.client_model import ProcessClientModel
from workerfuzz.harness.worlds.process.effect import ProcessEffect
from workerfuzz.statemachine.properties import cluster as of_cluster
from workerfuzz.statemachine.properties import process as must
from workerfuzz.statemachine.properties.property import O, Property
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.scheduler.client_requests import NoticeStatus
from workerfuzz.strategies.process.run_config import ProcessRunConfig

#: Virtual seconds until everything arrived; until broken connections were noticed; until all calls and
#: futures must have ended; until values were gathered; until everything that was let go must be gone.
ARRIVED_S: Final = 0.5
NOTICED_S: Final = 5.0
RESOLVED_S: Final = 100.0
GATHERED_S: Final = 60.0
GONE_S: Final = 5.0

#: Virtual seconds in which it is noted what is still said; and messages of the kinds that always are.
WATCHED_S: Final = 0.2
ROUTINE: Final = ("heartbeat", "adjust-heartbeat", "reply", "identity")

#: Properties of a cluster that hold of processes as well.
WANTED: Final = (
    of_cluster.wanted_keys_resolve,
    of_cluster.finished_keys_have_the_right_value,
    of_cluster.failures_have_a_cause,
    of_cluster.finished_keys_do_not_fail,
    of_cluster.nothing_is_cancelled_by_itself,
    of_cluster.holders_are_agreed_on,
)


class DrainedProcesses(Protocol):
    """The part of a world of processes that is needed to bring it to rest."""

    cluster: ProcessCluster
    client_model: ProcessClientModel
    run_config: ProcessRunConfig
    faults: int
    retiring: dict[str, None]
    effect: ProcessEffect

    @property
    def next_worker(self) -> str:
        """Name of a worker that was never there."""

    def step(self, step: None, action: Callable[[Self], object]) -> object:
        """Let something happen; check what it can have broken."""

    def join(self, worker: str, name: str = "") -> None:
        """A worker starts."""

    def be_calm(self) -> None:
        """Every worker has enough memory, and no client has the lock."""

    def unpublish_everything(self) -> None:
        """A client takes all data sets back."""

    def send_request(self, client: str, request: client_requests.ClientRequest) -> None:
        """A client makes a call."""

    def check(self, *, thoroughly: bool) -> None:
        """Check what holds after every step."""

    def demand(self, item: Property[O], observation: O) -> None:
        """Raise Violation where a property does not hold."""


def come_to_rest(world: DrainedProcesses) -> None:
    """Bring processes to rest; raises Violation where something does not hold there."""
    world.step(None, lambda processes: processes.be_calm())
    settle(world, NOTICED_S if world.faults or world.retiring else ARRIVED_S)
    if not world.cluster.present:
        world.step(None, lambda processes: processes.join(processes.next_worker))
        settle(world, NOTICED_S)
    for _ in range(1 + len(world.client_model.wants)):  # one after the other has the lock
        settle(world, RESOLVED_S, until=lambda: is_resolved(world))
    if not is_resolved(world) and (words := still_said(world)):
        rest = of_cluster.ClusterAtRest(world.cluster, world.client_model, messages=words)
        world.demand(of_cluster.cluster_comes_to_rest, rest)
    world.check(thoroughly=True)
    judge(world)
    gather_everything(world)
    world.step(None, release_everything)
    settle(world, GONE_S, until=lambda: not any(world.cluster.residue()))
    world.check(thoroughly=True)
    world.demand(of_cluster.nothing_is_left, at_rest(world))


def settle(
    world: DrainedProcesses, seconds: float, until: Callable[[], bool] | None = None
) -> None:
    """Let everything arrive and all threads end well."""
    world.step(None, lambda processes: processes.cluster.settle(seconds, threads=True, until=until))


def still_said(world: DrainedProcesses) -> Sequence[str]:
    """Return the kinds of message that are still sent, those that are always sent left out."""
    settle(world, WATCHED_S)
    words = (traffic.words.split() for traffic in world.effect.traffic if traffic.words)
    return sorted({word for texts in words for word in texts if not word.startswith(ROUTINE)})


def is_resolved(world: DrainedProcesses) -> bool:
    """Return whether no call goes on, and no client waits for a key."""
    waiting = (
        world.cluster.status(client, key).status is NoticeStatus.PENDING
        for client, wanted in world.client_model.wants.items()
        for key in wanted
    )
    return not world.cluster.calls and not any(waiting)


def judge(world: DrainedProcesses) -> None:
    """Check everything that holds while clients still want what they want."""
    cluster = world.cluster
    members = must.Membership(cluster.present, cluster.registered())
    world.demand(must.running_workers_are_registered, members)
    rest = at_rest(world)
    for item in WANTED:
        world.demand(item, rest)
    world.demand(must.calls_end, endless(world, rest.unsatisfiable))


def endless(world: DrainedProcesses, excused: Collection[str]) -> Sequence[str]:
    """Return the calls that go on, in words, but for those about keys that nobody can compute."""
    return [call.words for call in world.cluster.calls if set(call.keys).isdisjoint(excused)]


def release_everything(world: DrainedProcesses) -> None:
    """Let every client release all of its futures."""
    world.cluster.drop_references()
    world.unpublish_everything()
    model = world.client_model
    for client in model.wants:
        if keys := tuple(dict.fromkeys((*model.wants[client], *model.held[client]))):
            world.send_request(client, client_requests.Release(keys=keys))


def hopeless(world: DrainedProcesses) -> Collection[str]:
    """Return the keys that wait for a worker which does not exist, and all that rest on them."""
    return world.client_model.dependents_of(world.cluster.unsatisfiable())


def at_rest(world: DrainedProcesses) -> of_cluster.ClusterAtRest:
    """Return the observation of processes at rest."""
    cluster, client_model = world.cluster, world.client_model
    return of_cluster.ClusterAtRest(
        cluster,
        client_model,
        tuple(cluster.present),
        hopeless(world),
        world.run_config.config.allowed_failures,
    )


def gather_everything(world: DrainedProcesses) -> None:
    """Let each client gather all that is finished; each value is checked when it arrives."""
    for client in world.client_model.wants:
        if keys := finished(world, client):
            world.cluster.gather(client, keys)
    settle(world, GATHERED_S, until=lambda: not world.cluster.calls)
    world.demand(must.calls_end, endless(world, hopeless(world)))


def finished(world: DrainedProcesses, client: str) -> Sequence[str]:
    """Return the keys of a client that are finished."""
    wanted = world.client_model.wants[client]
    return [
        key for key in wanted if world.cluster.status(client, key).status is NoticeStatus.FINISHED
    ]
