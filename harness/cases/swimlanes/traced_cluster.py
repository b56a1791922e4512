"""A cluster that takes notes of who sends what to whom, and when it arrives."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

from workerfuzz.harness.cases.swimlanes.chart import ArrowKind, LaneRole, SpanKind
from workerfuzz.harness.cases.swimlanes.trace import Trace
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, Action, ClusterSystem, Envelope
from workerfuzz.harness.subjects.tables import ClusterHasTables, Tables, filled, said, viewed
from workerfuzz.harness.worlds.cluster.client_model import ClientModel
from workerfuzz.harness.worlds.cluster.effect import ClusterEffect
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.statemachine.properties.cluster import ObservedCluster
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.worker.events import (
    Event,
    FindMissing,
    Pause,
    RetryBusyWorker,
    Unpause,
)
from workerfuzz.statemachine.worker.instructions import Execute, GatherDep
from workerfuzz.strategies import text
from workerfuzz.strategies.cluster import from_clients, from_network, from_scheduler, from_workers
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.cluster.view import Pair
from workerfuzz.strategies.worker import Step

#: The step with which a thread ends, and a transfer, by how it ends.
THREAD_ENDS: Final[Mapping[str, type[from_workers.ThreadEnds]]] = {
    kind.outcome: kind
    for kind in (
        from_workers.Succeed,
        from_workers.Fail,
        from_workers.Reschedule,
        from_workers.Spoil,
    )
}
TRANSFER_ENDS: Final[Mapping[str, type[from_network.TransferStep]]] = {
    "arrives": from_network.Receive,
    "busy": from_network.Refuse,
    "broken": from_network.Break,
    "garbled": from_network.Garble,
    "overflowing": from_network.Overflow,
}


class TracedCluster(ClusterWorld):
    """A ``ClusterWorld`` with notes. Acts are noted before they happen, for they may raise."""

    def __init__(
        self, subject: ClusterSystem, run_config: ClusterRunConfig, *, tables: bool
    ) -> None:
        self.trace = Trace(run_config.keys)
        self.trace.joins(SCHEDULER, LaneRole.SCHEDULER)
        super().__init__(subject, run_config)
        self.trace.look = lambda: (states(self), cluster_tables(self) if tables else {})

    def step(self, step: Step | None, action: Callable[..., None], *about: object) -> ClusterEffect:
        self.trace.begin(step)
        effect = super().step(step, action, *about)
        self.trace.settle(over=True)
        return effect

    # Clients

    def send_request(
        self, client: str, request: client_requests.ClientRequest, *, at_once: bool = False
    ) -> None:
        trace, message, keys = self.trace, self.in_words(client, request), named_by(request)
        trace.joins(client, LaneRole.CLIENT)
        if isinstance(request, client_requests.Release):
            trace.doing(client, from_clients.Release(client, request.keys))
        trace.doing(client, message)
        if at_once:
            trace.calls(client, SCHEDULER, [message], keys)
            super().send_request(client, request, at_once=True)
            return
        sent = trace.sends(ArrowKind.MESSAGE, client, SCHEDULER, [message], keys)
        super().send_request(client, request)
        trace.posted(self.mail[client, SCHEDULER][-1], sent)

    def in_words(self, client: str, request: client_requests.ClientRequest) -> str:
        """A client's request as the step that brings it about has it, if it is one."""
        step = self.trace.rows[-1].step
        if step.startswith(f"{text.word(type(request))} "):
            word, party, *others = step.split()
            return " ".join((word, *others)) if party == client else step
        return in_words(request)

    def store(self, client: str, key: str, worker: str) -> None:
        is_whole = self.trace.rows[-1].step.startswith(f"{from_clients.Scatter.word} ")
        kind = from_clients.Scatter if is_whole else from_clients.Store
        self.trace.joins(client, LaneRole.CLIENT)
        self.trace.doing(client, kind(client, key, worker))
        self.trace.calls(client, worker, [f"update-data {key}"], [key])
        super().store(client, key, worker)

    # Mailboxes

    def deliver(self, sender: str, receiver: str) -> None:
        self.trace.doing(receiver, from_network.Deliver(sender, receiver))
        self.trace.arrives(self.trace.sent_as(self.mail[sender, receiver][0]))
        super().deliver(sender, receiver)

    def send(self, envelope: Envelope) -> None:
        trace, sender, receiver = self.trace, envelope.sender, envelope.receiver
        if receiver in self.client_model.wants:
            trace.joins(receiver, LaneRole.CLIENT)
        sent = trace.sends(
            ArrowKind.MESSAGE, sender, receiver, self.cluster.message_texts(envelope)
        )
        trace.posted(envelope, sent)
        super().send(envelope)
        if not any(queued is envelope for queued in self.mail.get((sender, receiver), ())):
            trace.loses(sent)

    def lose_mail(self, sender: str, receiver: str) -> None:
        """Note that the contents of a mailbox are lost."""
        for envelope in self.mail.get((sender, receiver), ()):
            self.trace.loses(self.trace.sent_as(envelope))

    # Threads

    def note(self, worker: str, action: Action) -> None:
        trace = self.trace
        if isinstance(action, Execute):
            trace.lasts(SpanKind.THREAD, worker, action.key, [action.key])
        elif isinstance(action, GatherDep):
            says = " ".join(("gather-dep", *action.keys))
            trace.travels(ArrowKind.REQUEST, worker, action.worker, says, action.keys)
            trace.lasts(SpanKind.TRANSFER, worker, action.worker, action.keys)
            if action.worker not in self.present:
                trace.travelled(ArrowKind.REQUEST, worker, action.worker, trace.loses)
        else:
            trace.lasts(SpanKind.WAIT, worker, action.worker)
        super().note(worker, action)

    def begin(self, worker: str, key: str) -> None:
        self.trace.doing(worker, from_workers.Begin(worker, key))
        super().begin(worker, key)
        if (worker, key) not in self.running:
            self.trace.ends(SpanKind.THREAD, worker, key, "found nothing to run")

    def end(self, worker: str, key: str, how: str) -> None:
        self.trace.doing(worker, THREAD_ENDS[how](worker, key))
        self.trace.ends(SpanKind.THREAD, worker, key, THREAD_ENDS[how].word)
        super().end(worker, key, how)

    # Transfers

    def serve(self, worker: str, peer: str) -> None:
        trace = self.trace
        trace.doing(peer, from_network.Serve(worker, peer))
        trace.travelled(ArrowKind.REQUEST, worker, peer, trace.arrives)
        super().serve(worker, peer)
        keys = tuple(self.served[worker, peer])
        trace.travels(
            ArrowKind.DATA, peer, worker, " ".join(("data", *(keys or ["of nothing"]))), keys
        )

    def transferred(self, worker: str, peer: str, how: str) -> None:
        trace = self.trace
        trace.doing(worker, TRANSFER_ENDS[how](worker, peer))
        trace.ends(SpanKind.TRANSFER, worker, peer, TRANSFER_ENDS[how].word)
        if how == "busy":
            trace.travelled(ArrowKind.REQUEST, worker, peer, trace.arrives)
            trace.arrives(trace.sends(ArrowKind.DATA, peer, worker, ["busy"]))
        end = trace.loses if how == "broken" else trace.arrives
        trace.travelled(ArrowKind.REQUEST, worker, peer, end)
        trace.travelled(ArrowKind.DATA, peer, worker, end)
        super().transferred(worker, peer, how)

    # Workers and the scheduler

    def handle_event(self, worker: str, event: Event) -> None:
        trace = self.trace
        match event:
            case RetryBusyWorker():
                trace.doing(worker, from_workers.RetryBusyWorker(worker, event.worker))
                trace.ends(SpanKind.WAIT, worker, event.worker, "over")
            case Pause():
                trace.doing(worker, from_workers.Pause(worker))
                trace.lasts(SpanKind.PAUSE, worker, "")
            case Unpause():
                trace.doing(worker, from_workers.Unpause(worker))
                trace.ends(SpanKind.PAUSE, worker, "", "over")
            case FindMissing():
                trace.doing(worker, from_workers.FindMissing(worker))
            case _:  # a thread secedes
                trace.doing(worker, text.word(type(event)))
        super().handle_event(worker, event)

    def steal(self, key: str, thief: str) -> None:
        self.trace.doing(SCHEDULER, from_scheduler.Steal.word)
        super().steal(key, thief)

    def replicate(self, key: str, worker: str) -> None:
        self.trace.doing(SCHEDULER, from_scheduler.Replicate.word)
        super().replicate(key, worker)

    def drop(self, key: str, worker: str) -> None:
        self.trace.doing(SCHEDULER, from_scheduler.Drop.word)
        super().drop(key, worker)

    def gather_on_worker(self, key: str, worker: str) -> None:
        self.trace.doing(SCHEDULER, from_scheduler.GatherOnWorker.word)
        self.trace.calls(SCHEDULER, worker, [f"gather {key}"], [key])
        super().gather_on_worker(key, worker)

    def gathered(self, key: str, worker: str) -> None:
        self.trace.doing(SCHEDULER, from_scheduler.Gathered(key, worker))
        super().gathered(key, worker)

    def recompute(self, keys: Sequence[str]) -> None:
        self.trace.doing(SCHEDULER, from_scheduler.Recompute(tuple(keys)))
        super().recompute(keys)

    def retire(self, worker: str) -> None:
        self.trace.doing(SCHEDULER, from_scheduler.Retire(worker))
        super().retire(worker)

    def unretire(self, worker: str) -> None:
        self.trace.doing(SCHEDULER, from_scheduler.Unretire(worker))
        super().unretire(worker)

    def retired(self, worker: str) -> None:
        self.trace.doing(SCHEDULER, from_scheduler.Retired(worker))
        self.lose_mail(worker, SCHEDULER)
        super().retired(worker)

    def manage_memory(self) -> None:
        self.trace.doing(SCHEDULER, from_scheduler.ManageMemory.word)
        super().manage_memory()

    def disconnect(self, client: str) -> None:
        self.trace.joins(client, LaneRole.CLIENT)
        self.trace.doing(client, from_clients.Disconnect(client))
        self.lose_mail(SCHEDULER, client)
        super().disconnect(client)

    def disconnected(self, client: str) -> None:
        self.trace.joins(client, LaneRole.CLIENT)
        self.trace.doing(SCHEDULER, from_clients.Disconnected(client))
        self.lose_mail(client, SCHEDULER)
        super().disconnected(client)

    def connect(self, client: str) -> None:
        self.trace.joins(client, LaneRole.CLIENT)
        self.trace.doing(client, from_clients.Connect(client))
        self.trace.calls(client, SCHEDULER, ["connect"])
        super().connect(client)

    def notice(self, worker: str) -> None:
        self.trace.doing(SCHEDULER, from_scheduler.Notice(worker))
        self.lose_mail(worker, SCHEDULER)
        super().notice(worker)

    def die(self, worker: str) -> None:
        trace = self.trace
        trace.doing(worker, from_workers.Dies(worker))
        trace.leaves(worker)
        self.lose_mail(SCHEDULER, worker)
        for sender, receiver in trace.travellers(ArrowKind.REQUEST):
            if worker in (sender, receiver):
                trace.travelled(ArrowKind.REQUEST, sender, receiver, trace.loses)
        for sender, receiver in trace.travellers(ArrowKind.DATA):
            if receiver == worker:
                trace.travelled(ArrowKind.DATA, sender, receiver, trace.loses)
        trace.all_end(worker, "died")
        super().die(worker)

    def join(self, worker: str) -> None:
        self.trace.joins(worker, LaneRole.WORKER)
        if self.trace.now:
            self.trace.doing(worker, from_workers.Join(worker))
            self.trace.calls(worker, SCHEDULER, ["join"])
        super().join(worker)


class ShownWorld(Protocol):
    """The part of a world of several participants that states are read from."""

    @property
    def client_model(self) -> ClientModel:
        """Requests of clients, and what they were told."""

    @property
    def cluster(self) -> ObservedCluster:
        """The scheduler and the workers."""

    @property
    def present(self) -> Iterable[str]:
        """Workers that are alive."""


def states(world: ShownWorld) -> dict[tuple[str, str], str]:
    """Return the statuses that clients believe, and every state on the scheduler and on workers."""
    cluster = world.cluster
    found = {
        (client, key): str(status)
        for client, told in world.client_model.statuses.items()
        for key, status in told.items()
    }
    here = cluster.keys()
    found |= {(SCHEDULER, key): cluster.state(key) or "" for key in here}
    for worker in world.present:
        view = cluster.worker(worker)
        here = view.keys()
        found |= {(worker, key): str(view.state(key)) for key in here}
    return found


def in_words(request: client_requests.ClientRequest) -> str:
    """A client's request, as the step that brings it about."""
    if isinstance(request, client_requests.Submit):
        needs = [
            f"({','.join(spec.dependencies)})" if spec.dependencies else ""
            for spec in request.specs
        ]
        tasks = (spec.key + needed for spec, needed in zip(request.specs, needs, strict=True))
        return f"submit {' '.join(tasks)} want {','.join(request.wanted)}"
    return " ".join((text.word(type(request)), *named_by(request)))


def named_by(request: client_requests.ClientRequest) -> tuple[str, ...]:
    """Keys that a request is about."""
    match request:
        case client_requests.Submit():
            return tuple(spec.key for spec in request.specs)
        case client_requests.Scattered():
            return tuple(request.who_has)
        case _:
            return request.keys


def client_tables(model: ClientModel) -> Mapping[str, Tables]:
    """Return what each client wants and cancelled."""
    return {
        client: filled(
            {
                "wants": {key: str(model.statuses[client].get(key, "-")) for key in wanted},
                "cancelled": dict.fromkeys(model.held[client], ""),
            }
        )
        for client, wanted in model.wants.items()
    }


#: What the tables of mailboxes, threads and transfers stand under.
SURROUNDINGS: Final = "surroundings"


def cluster_tables(world: TracedCluster) -> Mapping[str, Tables]:
    """Of a ``ClusterWorld``, by participant."""
    cluster = world.cluster
    found: dict[str, Tables] = dict(client_tables(world.client_model))
    for participant in (SCHEDULER, *world.present):
        if isinstance(cluster, ClusterHasTables):
            found[participant] = cluster.tables(participant)
        elif participant != SCHEDULER:
            found[participant] = viewed(cluster.worker(participant))
        else:
            known = cluster.keys()
            found[participant] = {"tasks": {key: str(cluster.state(key)) for key in known}}
    found[SURROUNDINGS] = filled(
        {
            "mailboxes": {
                f"{sender}->{receiver}": "; ".join(words(world, envelope) for envelope in box)
                for (sender, receiver), box in world.mail.items()
            },
            "threads to begin": named(world.issued),
            "threads": {
                f"{worker} {key}": "in its slot" if (worker, key) in world.slotted else "seceded"
                for worker, key in world.running
            },
            "transfers": transfers(world),
            "to be asked again": named(world.retrying),
            "paused": dict.fromkeys(world.paused, ""),
            "dead, unnoticed": dict.fromkeys(world.unnoticed, ""),
        }
    )
    return {participant: tables for participant, tables in found.items() if tables}


def words(world: TracedCluster, envelope: Envelope) -> str:
    """Return an envelope in words."""
    return world.trace.sent_as(envelope).words()


def named(pairs: Iterable[Pair]) -> dict[str, str]:
    return {" ".join(pair): "" for pair in pairs}


def transfers(world: TracedCluster) -> dict[str, str]:
    """Return the progress of each transfer."""
    found = {}
    for (worker, peer), gather in world.open.items():
        asked = said(gather.keys)
        if (worker, peer) in world.served:
            held = said(tuple(world.served[worker, peer]))
            found[f"{worker} from {peer}"] = f"asked for {asked}; {held} under way"
        elif (worker, peer) in world.unserved:
            found[f"{worker} from {peer}"] = f"asked for {asked}; not served"
        else:
            found[f"{worker} from {peer}"] = f"asked for {asked}; {peer} is dead"
    return found
