"""A cluster whose faults stop: what must be true in the end.

First everything outstanding ends, then every client lets go of everything. In this order: letting go
first would forgive every hang.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final, Protocol

from workerfuzz.harness.subjects.cluster_protocol import ClusterSubject, Envelope
from workerfuzz.harness.worlds.cluster.assignments import AssignmentRecord
from workerfuzz.harness.worlds.cluster.client_model import ClientModel
from workerfuzz.statemachine.properties import cluster as must
from workerfuzz.statemachine.properties.property import O, Property
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.worker import events
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.cluster.view import (
    ClusterControl,
    Pair,
    ThreadOutcome,
    TransferOutcome,
)

#: Rounds in which a cluster has to come to rest, for each key of the run config, and at the least.
ROUNDS_PER_KEY: Final = 20
FEWEST_ROUNDS: Final = 100

#: Rounds at the end in which it is noted what is still said.
LAST_ROUNDS: Final = 10

#: Times that workers look for missing keys before what follows from it counts as chatter.
PATIENCE: Final = 8


class DrainedCluster(ClusterControl, Protocol):
    """The part of a world of a cluster that is needed to bring it to rest."""

    @property
    def run_config(self) -> ClusterRunConfig:
        """Configuration of the run."""

    @property
    def cluster(self) -> ClusterSubject:
        """The scheduler and the workers under test."""

    @property
    def disconnecting(self) -> Collection[str]:
        """Clients whose connection has ended without the scheduler knowing."""

    @property
    def client_model(self) -> ClientModel:
        """Return the client requests and notices."""

    @property
    def assignments(self) -> AssignmentRecord:
        """Return the requests and reports between the scheduler and its workers."""

    @property
    def mail(self) -> Mapping[Pair, deque[Envelope]]:
        """Batches that were sent and have not arrived, by sender and receiver."""

    @property
    def next_worker(self) -> str:
        """Name of the worker that joins next."""

    def step(self, step: None, action: Callable[..., None], *arguments: object) -> object:
        """Let something happen; check what it can have broken."""

    def sweep(self) -> None:
        """Check every structural property."""

    def demand(self, item: Property[O], observation: O) -> None:
        """Raise Violation where a property does not hold."""


def come_to_rest(world: DrainedCluster) -> None:
    """Brings a ``ClusterWorld`` to rest; raises Violation where something does not hold there."""
    world.sweep()
    end_faults(world)
    settle(world)
    world.sweep()
    judge(world)
    model = world.client_model
    ended_late = {
        pair: (status, pair in model.released) for pair, status in model.ended_late.items()
    }
    for client in world.clients:
        keys = tuple(dict.fromkeys((*world.wants[client], *world.client_model.held[client])))
        if keys:
            world.step(None, world.send_request, client, client_requests.Release(keys=keys))
    settle(world)
    world.sweep()
    rest = must.ClusterAtRest(world.cluster, world.client_model, ended_late=ended_late)
    world.demand(must.nothing_is_left, rest)
    world.demand(must.late_answers_end_nothing, rest)


def end_faults(world: DrainedCluster) -> None:
    """Every worker and client is known to be gone or is there; workers go on."""
    for client in list(world.disconnecting):
        world.step(None, world.disconnected, client)
    for worker in list(world.unnoticed):
        world.step(None, world.notice, worker)
    if not world.present:
        world.step(None, world.join, world.next_worker)
    for worker in list(world.retiring):
        world.step(None, world.unretire, worker)
    for worker in list(world.resumable):
        world.step(None, world.handle_event, worker, events.Unpause())


def judge(world: DrainedCluster) -> None:
    """Everything that holds at rest while clients still want what they want."""
    client_model, cluster = world.client_model, world.cluster
    hopeless = client_model.dependents_of(world.assignments.hopeless(cluster))
    allowed = world.run_config.config.allowed_failures
    rest = must.ClusterAtRest(cluster, client_model, tuple(world.present), hopeless, allowed)
    world.demand(must.wanted_keys_resolve, rest)
    world.demand(must.finished_keys_have_the_right_value, rest)
    world.demand(must.failures_have_a_cause, rest)
    world.demand(must.finished_keys_do_not_fail, rest)
    world.demand(must.nothing_is_cancelled_by_itself, rest)
    world.demand(must.holders_are_agreed_on, rest)


def settle(world: DrainedCluster) -> None:
    """Let everything end well until nothing is outstanding."""
    longest = max(map(len, world.mail.values()), default=0)
    left = FEWEST_ROUNDS + ROUNDS_PER_KEY * len(world.pool) + longest
    ticks = 0
    words: dict[str, None] = {}
    for number in range(left):
        if number > left - LAST_ROUNDS:
            words.update(dict.fromkeys(message_kinds(world)))
        if not one_round(world):
            if ticks == PATIENCE:
                return
            ticks += 1
            for worker in list(world.present):
                world.step(None, world.handle_event, worker, events.FindMissing())
            if not any(doing(world)):
                return
    rest = must.ClusterAtRest(
        world.cluster, world.client_model, rounds=left, messages=sorted(words)
    )
    world.demand(must.cluster_comes_to_rest, rest)


def message_kinds(world: DrainedCluster) -> Iterator[str]:
    """Yield the kinds of message that are in the mailboxes."""
    for box in world.mail.values():
        for envelope in box:
            yield from (words.split()[0] for words in world.cluster.message_texts(envelope))


def one_round(world: DrainedCluster) -> bool:
    """Each thing that is outstanding goes one step on. Returns whether there was one."""
    some = False
    for table_of, ends in STAGES:
        table = table_of(world)
        for item in list(table):
            if item in table:
                some = True
                world.step(None, ends, world, *item)
    return some


def doing(world: DrainedCluster) -> Iterator[str]:
    """Yield everything that is outstanding, in words."""
    for table_of, _ in STAGES:
        yield from map(" ".join, table_of(world))


def arrive(world: DrainedCluster, worker: str, peer: str) -> None:
    """A transfer ends honestly: with what was served, or broken where the peer is gone."""
    served = (worker, peer) in world.served
    how = TransferOutcome.SUCCESS if served else TransferOutcome.NETWORK_FAILURE
    world.transferred(worker, peer, how)


def look_again(world: DrainedCluster, worker: str, peer: str) -> None:
    """A worker has waited long enough for a busy peer."""
    world.handle_event(worker, events.RetryBusyWorker(worker=peer))


#: Tables of what may be outstanding, and how it goes on; in the order of a round.
STAGES: Final[
    tuple[
        tuple[Callable[[DrainedCluster], Collection[tuple[str, ...]]], Callable[..., None]],
        ...,
    ]
] = (
    (lambda world: world.mail, lambda world, sender, receiver: world.deliver(sender, receiver)),
    (
        lambda world: world.scattering,
        lambda world, client, key, worker: world.scattered(client, key, worker),
    ),
    (lambda world: world.gathering, lambda world, key, worker: world.gathered(key, worker)),
    (lambda world: world.issued, lambda world, worker, key: world.begin(worker, key)),
    (
        lambda world: world.running,
        lambda world, worker, key: world.end(worker, key, ThreadOutcome.SUCCESS),
    ),
    (lambda world: world.unserved, lambda world, worker, peer: world.serve(worker, peer)),
    (lambda world: world.open, arrive),
    (lambda world: world.retrying, look_again),
)
