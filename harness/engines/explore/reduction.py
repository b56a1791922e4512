"""Reduction: steps that commute are taken in one order, and participants come up in that of their names.

Two steps commute if no participant has a part in both: a participant is the scheduler, a worker, a
client, or the graph that all clients know. A message that is sent is the receiver's only once it is
delivered.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER
from workerfuzz.harness.worlds.cluster.environment import ClusterEnvironment
from workerfuzz.strategies.cluster import from_clients, from_network, from_scheduler, from_workers
from workerfuzz.strategies.cluster.from_clients import ClientAndKeys
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.cluster.step import OneName, TwoNames
from workerfuzz.strategies.cluster.submit import Submit
from workerfuzz.strategies.worker import Step

#: Participants that have a part in a step; None: all of them.
Participants: TypeAlias = frozenset[str] | None

#: All keys and contents that clients know of.
GRAPH: Final = "graph"


class Clients(Protocol):
    """The part of a world that tells which participants are clients, connected or not."""

    @property
    def run_config(self) -> ClusterRunConfig:
        """Configuration of the run."""


def of_delivery(step: TwoNames, world: Clients) -> Participants:
    """The receiver takes the message. A client's request changes what others may submit."""
    if step.first in world.run_config.clients:
        return frozenset({step.first, SCHEDULER, GRAPH})
    return frozenset({step.second})


def of_worker(step: TwoNames, world: Clients) -> Participants:
    return frozenset({step.first})


def of_one_worker(step: OneName, world: Clients) -> Participants:
    return frozenset({step.name})


def of_both(step: TwoNames, world: Clients) -> Participants:
    """A peer reads its values for a worker."""
    return frozenset({step.first, step.second})


def of_scheduler(step: Step, world: Clients) -> Participants:
    return frozenset({SCHEDULER})


def of_client(step: ClientAndKeys | Submit, world: Clients) -> Participants:
    """A request is sent; it arrives later."""
    return frozenset({step.client, GRAPH})


#: By kind; any other kind has a part in everything.
PARTICIPANTS: Final[Mapping[type[Step], Callable[[Any, Clients], Participants]]] = MappingProxyType(
    {
        from_network.Deliver: of_delivery,
        from_network.Serve: of_both,
        from_network.Refuse: of_worker,
        from_network.Receive: of_worker,
        from_network.Garble: of_worker,
        from_network.Break: of_worker,
        from_workers.Begin: of_worker,
        from_workers.Succeed: of_worker,
        from_workers.Fail: of_worker,
        from_workers.Reschedule: of_worker,
        from_workers.Spoil: of_worker,
        from_workers.Secede: of_worker,
        from_workers.RetryBusyWorker: of_worker,
        from_workers.FindMissing: of_one_worker,
        from_workers.Pause: of_one_worker,
        from_workers.Unpause: of_one_worker,
        from_scheduler.Steal: of_scheduler,
        from_scheduler.Replicate: of_scheduler,
        from_scheduler.Drop: of_scheduler,
        Submit: of_client,
        from_clients.Release: of_client,
        from_clients.Cancel: of_client,
    }
)


def participants(step: Step, world: Clients) -> Participants:
    """Return the participants that have a part in a step."""
    find = PARTICIPANTS.get(type(step))
    return None if find is None else find(step, world)


def commute(one: Participants, other: Participants) -> bool:
    """Two steps that are possible lead to the same, whichever comes first."""
    return one is not None and other is not None and one.isdisjoint(other)


def in_turn(steps: Iterable[Step], world: ClusterEnvironment, *, is_last: bool) -> list[Step]:
    """Leave out requests that differ in names from one that is left, and elaborate restrictions.

    A client asks for something only after those before it did. Where nobody will ask for anything later,
    of keys that are equally new the first ones are used.
    """
    return [step for step in steps if is_first_of_its_like(step, world, is_last=is_last)]


def is_first_of_its_like(step: Step, world: ClusterEnvironment, *, is_last: bool) -> bool:
    client = getattr(step, "client", None)
    if client is None:
        return True
    model, clients = world.client_model, world.run_config.clients
    asked = {*model.disconnecting, *model.removed, *[name for name, _ in model.graph_of_request]}
    if any(name not in asked for name in clients[: clients.index(client)]):
        return False
    if isinstance(step, Submit) and not is_restricted_simply(step):
        return False
    return not is_last or uses_first_keys(step, world)


def is_restricted_simply(step: Submit) -> bool:
    """Each of its tasks may run anywhere, or on one worker alone."""
    options = [task.options for task in step.tasks]
    return not any(option.loose or len(option.workers) > 1 for option in options)


def uses_first_keys(step: Step, world: ClusterEnvironment) -> bool:
    """Of new keys between which no known one comes, it uses none before which it leaves one out."""
    known, used, is_left_out = {**world.contents, **world.data}, step.keys(), False
    for key in world.pool:
        if key in known:
            is_left_out = False
        elif key not in used:
            is_left_out = True
        elif is_left_out:
            return False
    return True


#: Kinds by which all that is under way goes on: where none is possible, a run can come to rest.
PROGRESS: Final = frozenset(
    {
        "deliver", "begin", "succeed", "serve", "receive", "notice", "unpause",
        "retry-busy-worker", "scattered", "gathered", "execute-success", "gather-dep-success",
    }
)  # fmt: skip


def is_at_end(possible: Iterable[type[Step]]) -> bool:
    """Nothing is under way any more, but for what only a fault ends."""
    return not any(kind.word in PROGRESS for kind in possible)
