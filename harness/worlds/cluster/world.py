"""A whole cluster in one thread: clients, a scheduler, workers, and mailboxes between them.

Messages wait in a mailbox for each sender and receiver, without bound, in the order sent. Nothing is
sent that the scheduler or a worker under test did not send.
"""

from collections import deque
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Final

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, CallResult, Envelope
from workerfuzz.harness.worlds.cluster.client_model import computed, with_dependents
from workerfuzz.harness.worlds.cluster.drain import come_to_rest
from workerfuzz.harness.worlds.cluster.effect import ClusterEffect
from workerfuzz.harness.worlds.cluster.environment import ClusterEnvironment, drop
from workerfuzz.harness.worlds.cluster.fingerprint import copied, fingerprint
from workerfuzz.harness.worlds.cluster.scheduler_loss import can_lose_scheduler, lose_scheduler
from workerfuzz.harness.worlds.worker.world import SWEEP_EVERY
from workerfuzz.statemachine.properties import cluster as must
from workerfuzz.statemachine.properties.assignments import (
    RetryObservation,
    UnusedObservation,
    failed_inputs_are_tried_again,
    removed_clients_keep_nothing,
    unused_tasks_are_released,
)
from workerfuzz.statemachine.properties.excuses import Excuse
from workerfuzz.statemachine.properties.property import Property
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.canonical import OWN_NAMES
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import (
    Execute,
    RequestRefreshWhoHas,
    StealResponse,
)
from workerfuzz.strategies.cluster import CLUSTER_STEPS
from workerfuzz.strategies.cluster.step import ClusterStep
from workerfuzz.strategies.cluster.view import Pair
from workerfuzz.strategies.worker import Step

#: What decides which kinds of step are possible: what the scheduler could decide, and what is under way.
DECIDED: Final = ("stealable", "replicable", "droppable", "gatherable", "leaving")
DECISIONS: Final = attrgetter(*DECIDED)
SOURCES: Final = attrgetter(
    *dict.fromkeys(kind.source for kind in CLUSTER_STEPS if kind.source not in DECIDED)
)


class ClusterWorld(ClusterEnvironment):
    """A cluster and all that can happen to it; implements ``strategies.cluster.view.ClusterControl``."""

    # What engines use

    def situation(self) -> tuple[bool, ...]:
        if self.decisions is None:
            self.decisions = tuple(map(bool, DECISIONS(self)))
        return (*map(bool, SOURCES(self)), *self.decisions)

    def take(self, step: ClusterStep) -> ClusterEffect:
        return self.step(step, step.apply, self)

    def step(
        self, step: Step | None, action: Callable[..., None], *arguments: object
    ) -> ClusterEffect:
        """Let a step happen, or something else; check what it can have broken."""
        effect = self.effect = ClusterEffect(self.cluster)
        action(*arguments)
        if self._observer is not None:
            self._observer(self, step)
        for participant in effect.participants:
            self.check(participant)
            if participant in self.present:
                self.check_utilization(participant)
        self.compare_slots()
        self.step_count += 1
        if self.step_count % SWEEP_EVERY == 0:
            self.sweep()
        return effect

    def copy(self) -> "ClusterWorld":
        """A world of its own that continues alike, without notes. Raises SubjectUnavailable."""
        return copied(self, ClusterWorld)

    def fingerprint(self, names: Mapping[str, str] = OWN_NAMES) -> tuple[Hashable, ...]:
        """Equal for worlds that continue alike. Raises SubjectUnavailable.

        Args:
            names: what workers are called in it, where that is not what they are called.
        """
        return fingerprint(self, names)

    def come_to_rest(self) -> None:
        if not can_lose_scheduler(self):
            come_to_rest(self)
            return
        with self.copy() as other:
            come_to_rest(self)
            other._observer = None
            lose_scheduler(other)
            come_to_rest(other)

    def where(self) -> str:
        """Return the state of every task, in a line: ``scheduler: a processing; w0: a executing``."""
        keys = sorted(self.cluster.keys())
        words = [f"{SCHEDULER}: " + ", ".join(f"{key} {self.cluster.state(key)}" for key in keys)]
        for worker in self.present:
            view = self.cluster.worker(worker)
            here = view.keys()
            if here:
                words.append(f"{worker}: " + ", ".join(f"{key} {view.state(key)}" for key in here))
        return "; ".join(words) if keys or len(words) > 1 else "no task"

    # What steps may know

    @property
    def fetching(self) -> Collection[Pair]:
        return [
            (worker, key) for (worker, _), transfer in self.open.items() for key in transfer.keys
        ]

    @property
    def storing(self) -> Collection[Pair]:
        return [pair for pair, execution in self.running.items() if not execution.spec.actor]

    @property
    def leaving(self) -> Collection[str]:
        cluster = self.cluster
        found = list(self.retiring)
        for key in cluster.keys() if found else ():
            holders = cluster.holders(key)
            if len(holders) == 1:
                found = [worker for worker in found if worker not in holders]
        return found

    @property
    def bringing(self) -> Collection[Pair]:
        return [pair for pair, values in self.served.items() if values]

    @property
    def disconnectable(self) -> Collection[str]:
        return [client for client in self.clients if not self.client_model.changing[client]]

    @property
    def connectable(self) -> Collection[str]:
        if not self.removed:
            return ()
        asking = {client for client, _, _ in self.scattering}
        return [client for client in self.removed if client not in asking]

    def fixed(self, client: str) -> Collection[str]:
        others = [name for name in self.clients if name != client]
        if self.disconnecting or any((other, SCHEDULER) in self.mail for other in others):
            return {**self.client_model.contents, **self.client_model.data}
        tables = (*self.client_model.wants.values(), *self.client_model.held.values())
        wanted = [key for table in tables for key in table]
        return {**dict.fromkeys(self.client_model.needed_by(wanted)), **self.client_model.data}

    @property
    def submitters(self) -> Sequence[str]:
        changing = [client for client in self.clients if self.client_model.changing[client]]
        return changing[:1] or self.clients

    @property
    def stealable(self) -> Collection[Pair]:
        return self.cluster.stealable()

    @property
    def replicable(self) -> Collection[Pair]:
        pairs = self.cluster.replicable()
        if not self.unnoticed:
            return pairs
        return [pair for pair in pairs if pair[1] not in self.unnoticed]

    @property
    def droppable(self) -> Collection[Pair]:
        return self.cluster.droppable()

    @property
    def gatherable(self) -> Collection[Pair]:
        pairs = self.cluster.gatherable()
        if not self.unnoticed and not self.gathering:
            return pairs
        return [pair for pair in pairs if pair[1] in self.present and pair not in self.gathering]

    # What steps let happen

    def send_request(
        self, client: str, request: client_requests.ClientRequest, *, at_once: bool = False
    ) -> None:
        if client in self.clients:  # else it has left, and its scatter is heard of
            self.client_model.note_request(client, request)
            self.note_wants()
        if isinstance(request, client_requests.Retry):
            self.retry(client, request)
        elif at_once:
            self.deliver_request(client, request)
        else:
            self.mail.setdefault((client, SCHEDULER), deque()).append(
                Envelope(client, SCHEDULER, (request,))
            )

    def disconnect(self, client: str) -> None:
        self.mail.pop((SCHEDULER, client), None)
        self.client_model.disconnect(client)
        self.note_clients()

    def disconnected(self, client: str) -> None:
        self.mail.pop((client, SCHEDULER), None)
        wanted = tuple(self.client_model.scheduler_wants[client])
        self.client_model.disconnected(client)
        self.call(SCHEDULER, self.cluster.remove_client, client)
        if not any((other, SCHEDULER) in self.mail for other in self.client_model.wants):
            self.demand_unused(client, wanted)

    def connect(self, client: str) -> None:
        del self.removed[client]
        self.note_clients()
        self.call(SCHEDULER, self.cluster.add_client, client)

    def scatter(self, client: str, key: str, worker: str) -> None:
        self.store(client, key, worker)
        self.scattered(client, key, worker)

    def store(self, client: str, key: str, worker: str) -> None:
        self.scattering.setdefault((client, key, worker), []).append(self.joins[worker])
        value = self.client_model.data[key] = f"{key} scattered"
        event = events.UpdateData(values={key: value})
        self.call(worker, self.cluster.handle_event, worker, event)
        self.assignments.note_stored(worker, key)
        self.note_scatterable()

    def scattered(self, client: str, key: str, worker: str) -> None:
        joined = self.scattering[client, key, worker].pop(0)
        if not self.scattering[client, key, worker]:
            del self.scattering[client, key, worker]
        is_known = worker in self.present or worker in self.unnoticed
        is_there = is_known and self.joins[worker] == joined
        if is_there and not any(scattered[1:] == (key, worker) for scattered in self.scattering):
            under_way = len(self.mail.get((SCHEDULER, worker), ()))
            self.assignments.note_scattered(worker, key, under_way)
        self.client_model.note_value(key, is_lost=not is_there and not self.cluster.holders(key))
        request = client_requests.Scattered(
            who_has={key: (worker,)},
            joined={worker: joined},
            streamed=self.client_model.requests_sent[client],
        )
        self.send_request(client, request, at_once=True)
        if client in self.removed:
            self.demand_unused(client, (key,), because=removed_clients_keep_nothing)

    def deliver(self, sender: str, receiver: str) -> None:
        box = self.mail[sender, receiver]
        envelope = box.popleft()
        if not box:
            del self.mail[sender, receiver]
        if receiver in self.client_model.wants:
            self.client_model.note_delivered(receiver, self.cluster.notices(envelope))
        elif sender in self.client_model.wants:
            (request,) = envelope.messages
            assert isinstance(request, client_requests.ClientRequest)
            self.deliver_request(sender, request)
        elif receiver == SCHEDULER:
            self.deliver_reports(sender, envelope)
        else:
            self.deliver_messages(receiver, envelope)

    def deliver_request(self, client: str, request: client_requests.ClientRequest) -> None:
        """The scheduler gets what a client asked for."""
        if isinstance(request, client_requests.Submit):
            # A wanted key without a record was given up, because data that it rests on is lost.
            known = (key for key in self.pool if self.cluster.state(key) is not None)
            in_use = self.client_model.may_be_in_use(frozenset(known))
            self.assignments.note_graph(request, in_use, self.cluster)
        self.client_model.note_arrival(client, request)
        self.call(SCHEDULER, self.cluster.handle_request, client, request)
        if isinstance(request, client_requests.Cancel | client_requests.Release):
            self.demand_release(client, request)

    def demand_release(
        self, client: str, request: client_requests.Cancel | client_requests.Release
    ) -> None:
        """Demand that the scheduler keeps nothing that no client has a future of any more.

        Nothing is known for certain while other requests of clients are under way.
        """
        if any((other, SCHEDULER) in self.mail for other in self.client_model.wants):
            return
        is_cancelled = isinstance(request, client_requests.Cancel)
        self.demand_unused(client, request.keys, request.keys if is_cancelled else ())

    def demand_unused(
        self,
        client: str,
        keys: Collection[str],
        held: Collection[str] = (),
        because: Property[UnusedObservation] = unused_tasks_are_released,
    ) -> None:
        """Demand the same of some keys. Nor is it certain while a client is gone that was not removed.

        Args:
            held: of the futures that the client has cancelled, those that do not count.
        """
        model = self.client_model
        if model.disconnecting:
            return
        futures = [
            key
            for table in (model.wants, model.scheduler_wants, model.held)
            for other, those in table.items()
            for key in those
            if not (table is model.held and other == client and key in held)
        ]
        used = model.closure(futures)
        dropped = with_dependents(keys, model.needs)
        states = {key: self.cluster.state(key) for key in dropped if key not in used}
        self.demand(because, UnusedObservation(client, states))

    def retry(self, client: str, request: client_requests.Retry) -> None:
        """The scheduler gets a request for another try."""
        cluster = self.cluster
        # An input that is in memory is not computed again, whatever became of its own inputs.
        among = self.client_model.closure(request.keys, lambda key: cluster.state(key) != "memory")
        failed = [key for key in among if cluster.state(key) == "erred"]
        self.assignments.note_retry(failed)
        self.call(SCHEDULER, cluster.handle_request, client, request)
        if any(key in failed for key in request.keys):
            erred = [key for key in failed if cluster.state(key) == "erred"]
            self.demand(failed_inputs_are_tried_again, RetryObservation(client, erred))

    def deliver_reports(self, worker: str, envelope: Envelope) -> None:
        """The scheduler gets messages of a worker."""
        record, cluster = self.assignments, self.cluster
        reports = cluster.reports(envelope)
        failed = record.current_failures(worker, reports)
        asked = [
            key
            for message in reports
            if isinstance(message, RequestRefreshWhoHas)
            for key in message.keys
        ]
        unknown = [key for key in asked if cluster.state(key) is None]
        before, running = len(self.effect.envelopes), record.running.copy()
        record.note_arrival(worker)
        self.call(SCHEDULER, cluster.deliver, envelope)
        record.note_arrived(worker)
        if record.running != running:
            self.note_presence()
        sent = (
            self.sent_since(before)
            if any(type(message) in FOLLOWED_UP for message in reports)
            else ()
        )
        data = self.client_model.data  # may have been put there again since
        computed = [message for message in reports if getattr(message, "key", None) not in data]
        self.demand_all(record.after_reports(cluster, worker, computed, unknown, sent))
        if failed:
            transitions = [
                transition
                for transition in self.effect.transitions
                if transition.participant == SCHEDULER
            ]
            self.demand_all(record.after_failures(failed, transitions))

    def deliver_messages(self, worker: str, envelope: Envelope) -> None:
        """A worker gets messages of the scheduler."""
        record = self.assignments
        messages = record.messages(self.cluster, envelope)
        record.note_messages(worker, messages, self.issued, self.running)
        posted = record.posted[worker]
        for event in messages:
            self.note_order(worker, event)
        self.call(worker, self.cluster.deliver, envelope)
        for event in messages:
            if isinstance(event, events.Pause | events.Unpause):
                running = isinstance(event, events.Unpause)
                record.note_status(worker, posted, running=running)
        self.demand_all(record.after_messages(self.cluster, worker, messages))

    def note_order(self, worker: str, event: Event) -> None:
        """A worker is about to be told to retire, or to run again."""
        if isinstance(event, events.Pause):
            self.closing[worker] = self.paused[worker] = None
            self.note_presence()
        elif isinstance(event, events.Unpause):
            self.closing.pop(worker, None)
            self.paused.pop(worker, None)
            self.note_presence()

    def begin(self, worker: str, key: str) -> None:
        del self.issued[worker, key]
        found: list[Execute | None] = []

        def start() -> CallResult:
            execute, outcome = self.cluster.begin(worker, key)
            found.append(execute)
            return outcome

        self.call(worker, start)
        (execute,) = found
        if execute is None:
            return
        action = must.ActionObservation(worker, key, execute=execute)
        self.demand(must.tasks_start_with_their_inputs, action)
        self.running[worker, key] = execute
        self.slotted[worker, key] = None

    def end(self, worker: str, key: str, how: str) -> None:
        execution = self.running.pop((worker, key))
        self.slotted.pop((worker, key), None)
        if how in ("badly", "spoiled"):
            self.client_model.failures[key, execution.spec] = None
        sent = len(self.effect.envelopes)
        was_stored = self.has_value(worker, key)
        if how == "spoiled":
            self.call(worker, self.cluster.fail_to_store, worker, key, execution.run_id)
        else:
            self.call(worker, self.cluster.handle_event, worker, ENDINGS[how](execution))
        reports = [
            message
            for envelope in self.effect.envelopes[sent:]
            for message in self.cluster.reports(envelope)
        ]
        record = self.assignments
        self.demand_all(record.after_run(worker, execution, how, reports, was_stored=was_stored))

    def has_value(self, worker: str, key: str) -> bool:
        """A value of a key was put on a worker, which may keep it aside while a thread runs."""
        if key in self.cluster.worker(worker).data():
            return True
        if (key, worker) in self.gathering or (worker, key) in self.assignments.stored:
            return True
        return self.cluster.state(key) is not None and worker in self.cluster.holders(key)

    def secede(self, worker: str, key: str) -> None:
        execution = self.running[worker, key]
        del self.slotted[worker, key]
        self.handle_event(worker, events.Secede(key=key, run_id=execution.run_id))

    def serve(self, worker: str, peer: str) -> None:
        gather = self.unserved.pop((worker, peer))
        self.served[worker, peer] = self.cluster.get_data(peer, gather.keys)

    def transferred(self, worker: str, peer: str, how: str) -> None:
        gather = self.open.pop((worker, peer))
        self.unserved.pop((worker, peer), None)
        values = self.served.pop((worker, peer), {})
        event: Event
        if how == "arrives":
            event = events.GatherDepSuccess(worker=peer, values=values)
        elif how == "busy":
            event = events.GatherDepBusy(worker=peer)
        elif how == "broken":
            event = events.GatherDepNetworkFailure(worker=peer)
        else:
            self.client_model.failures.update(dict.fromkeys((key, None) for key in gather.keys))
            if how == "overflowing":
                self.call(worker, self.cluster.overflow, worker, peer, values)
                return
            event = events.GatherDepFailure(worker=peer)
        self.handle_event(worker, event)

    def handle_event(self, worker: str, event: Event) -> None:
        match event:
            case events.RetryBusyWorker():
                del self.retrying[worker, event.worker]
            case events.Pause():
                self.paused[worker] = None
                self.note_presence()
            case events.Unpause():
                del self.paused[worker]
                self.note_presence()
            case _:
                pass
        posted = self.assignments.posted[worker]
        self.call(worker, self.cluster.handle_event, worker, event)
        if isinstance(event, events.Pause | events.Unpause):
            running = isinstance(event, events.Unpause)
            self.assignments.note_status(worker, posted, running=running)

    def sent_since(self, before: int) -> Sequence[tuple[str, Event]]:
        """Return messages of the scheduler to workers, behind so many batches of this step."""
        envelopes = [
            envelope for envelope in self.effect.envelopes[before:] if envelope.sender == SCHEDULER
        ]
        return [
            (envelope.receiver, event)
            for envelope in envelopes
            if envelope.receiver in self.assignments.gone
            for event in self.cluster.worker_events(envelope)
        ]

    def steal(self, key: str, thief: str) -> None:
        cluster = self.cluster
        victim = [
            worker for worker in self.assignments.running if key in cluster.processing(worker)
        ]
        self.assignments.note_steal(key, victim, thief)
        self.decide("steal", cluster.steal, key, thief, victim)

    def replicate(self, key: str, worker: str) -> None:
        cluster = self.cluster
        self.decide("replicate", cluster.replicate, key, worker, tuple(cluster.holders(key)))

    def drop(self, key: str, worker: str) -> None:
        cluster = self.cluster
        self.decide("drop", cluster.drop, key, worker, tuple(cluster.holders(key)))

    def decide(
        self,
        decision: str,
        happens: Callable[[str, str], CallResult],
        key: str,
        worker: str,
        had: Collection[str],
    ) -> None:
        """The scheduler decides something about a key."""
        before = len(self.effect.envelopes)
        self.call(SCHEDULER, happens, key, worker)
        sent = self.sent_since(before)
        observation = must.DecisionObservation(self.cluster, decision, key, worker, had, sent)
        self.judge(DECISION_PROPERTIES, observation)

    def gather_on_worker(self, key: str, worker: str) -> None:
        values = self.value_elsewhere(key)
        self.call(SCHEDULER, self.cluster.gather_on_worker, key, worker)
        if values:
            self.gathering[key, worker] = None
            self.call(worker, self.cluster.copied, worker, values)

    def value_elsewhere(self, key: str) -> Mapping[str, object]:
        """Return the value of a key that one of its holders sends, if one does."""
        for holder in self.cluster.holders(key):
            if holder in self.present and (values := self.cluster.get_data(holder, (key,))):
                return values
        return {}

    def gathered(self, key: str, worker: str) -> None:
        del self.gathering[key, worker]
        self.call(SCHEDULER, self.cluster.gathered, key, worker)

    def recompute(self, keys: Sequence[str]) -> None:
        self.call(SCHEDULER, self.cluster.recompute, keys)

    def retire(self, worker: str) -> None:
        self.retiring[worker] = None
        self.assignments.note_retire(worker)
        self.note_presence()
        self.call(SCHEDULER, self.cluster.retire, worker)

    def unretire(self, worker: str) -> None:
        del self.retiring[worker]
        self.assignments.note_unretire(worker)
        self.note_presence()
        self.call(SCHEDULER, self.cluster.unretire, worker)

    def retired(self, worker: str) -> None:
        self.die(worker)
        self.remove(worker, expected=True)

    def manage_memory(self) -> None:
        cluster = self.cluster
        known = cluster.keys()
        several = [key for key in known if len(cluster.holders(key)) > 1]
        self.call(SCHEDULER, cluster.manage_memory)
        for key in several:
            observation = must.DecisionObservation(cluster, "drop", key, "", (), ())
            self.demand(must.last_copy_is_kept, observation)

    def notice(self, worker: str) -> None:
        self.remove(worker, expected=False)

    def remove(self, worker: str, *, expected: bool) -> None:
        """The scheduler removes a worker that is gone."""
        del self.unnoticed[worker]
        self.departed[worker] = None
        self.mail.pop((worker, SCHEDULER), None)
        drop(self.gathering, lambda pair: pair[1] == worker)  # the connection for it has broken
        cluster = self.cluster
        held = {key: cluster.holders(key) for key in sorted(cluster.keys())}
        before = {key: tuple(holders) for key, holders in held.items() if worker in holders}
        processing = tuple(cluster.processing(worker))
        self.assignments.note_removed(worker)
        self.call(SCHEDULER, partial(cluster.remove_worker, expected=expected), worker)
        self.note_presence()
        after = {key: cluster.holders(key) for key in before}
        self.client_model.note_death(() if expected else processing, before, after)
        if expected:
            return
        transitions = [
            transition
            for transition in self.effect.transitions
            if transition.participant == SCHEDULER
        ]
        model = self.client_model
        judged = [task for task in processing if not model.is_excused(Excuse.ACTOR_DIED, "", task)]
        self.demand_all(self.assignments.after_death(judged, transitions))


#: Reports that the scheduler replies to.
FOLLOWED_UP: Final = (RequestRefreshWhoHas, StealResponse)

#: Of a decision that was made.
DECISION_PROPERTIES: Final = (
    must.last_copy_is_kept,
    must.decisions_reach_their_worker,
    must.decisions_change_something,
)

#: The event with which a thread ends, by how it ended.
ENDINGS: Final[Mapping[str, Callable[[Execute], Event]]] = {
    "well": lambda execution: events.ExecuteSuccess(
        key=execution.key, run_id=execution.run_id, value=computed(execution.spec, execution.inputs)
    ),
    "badly": lambda execution: events.ExecuteFailure(key=execution.key, run_id=execution.run_id),
    "elsewhere": lambda execution: events.Reschedule(key=execution.key, run_id=execution.run_id),
}
