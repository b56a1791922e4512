"""The environment of the participants of a cluster: mailboxes, threads, transfers, presence."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias, TypeVar

from workerfuzz.harness.subjects.cluster_protocol import (
    SCHEDULER,
    Action,
    CallResult,
    ClusterSubject,
    ClusterSystem,
    Envelope,
    TaskTransition,
)
from workerfuzz.harness.subjects.protocol import SubjectRaised
from workerfuzz.harness.worlds.base import BaseWorld
from workerfuzz.harness.worlds.cluster.assignments import AssignmentRecord, Demand
from workerfuzz.harness.worlds.cluster.client_model import ClientModel
from workerfuzz.harness.worlds.cluster.effect import ClusterEffect
from workerfuzz.harness.worlds.cluster.worker_environment import (
    ClusterWorkerEnvironment,
    ClusterWorkerReply,
)
from workerfuzz.statemachine.properties import cluster as must
from workerfuzz.statemachine.properties.any_worker import nothing_starts_while_paused
from workerfuzz.statemachine.properties.crashes import no_handler_raises
from workerfuzz.statemachine.properties.utilization import UTILIZATION, UtilizationObservation
from workerfuzz.statemachine.worker.instructions import Execute, GatherDep
from workerfuzz.strategies.cluster import CLUSTER_STEPS
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.cluster.step import ClusterStep
from workerfuzz.strategies.cluster.view import Pair
from workerfuzz.strategies.worker import Step

#: Told of each step once it has happened, with the world; with None while coming to rest.
Observer: TypeAlias = Callable[[Any, Step | None], None]

#: What a worker that dies takes with it, by worker first.
OWN: Final = ("issued", "running", "slotted", "retrying", "open", "served")

V = TypeVar("V")


class ClusterEnvironment(BaseWorld[ClusterStep, ClusterEffect]):
    """A cluster with all that is under way in it.

    Attributes:
        step_count: steps, and what happened one by one while coming to rest.
        mail: batches that were sent and have not arrived, by sender and receiver.
        retiring, closing: workers that the scheduler retires, and those that were told so.
        departed: workers that the scheduler noticed to be dead; others may join at their addresses.
        joins: workers that have joined at an address so far, by its name.
        scattering: for each scatter that the scheduler has not heard of, which one of ``joins`` has the
            value.
        effect: what the last step led to so far.
        decisions: whether the scheduler could steal, replicate and drop; None: to be found out anew.
    """

    step_class = ClusterStep
    foreign = "happens to one worker, not to a cluster"

    def __init__(
        self,
        subject: ClusterSystem,
        run_config: ClusterRunConfig | None = None,
        *,
        observer: Observer | None = None,
    ) -> None:
        self.subject: ClusterSystem
        self.run_config: ClusterRunConfig
        super().__init__(subject, run_config or ClusterRunConfig(), CLUSTER_STEPS)
        self.pool = self.run_config.keys
        self.clients: Sequence[str] = self.run_config.clients
        self.workload = self.run_config.workload
        self.resources = self.run_config.config.worker.resources
        client_model = self.client_model = ClientModel(self.clients)
        self.wants, self.held, self.failed = (
            client_model.wants,
            client_model.held,
            client_model.failed,
        )
        self.contents, self.data = client_model.contents, client_model.data
        self.disconnecting, self.removed = client_model.disconnecting, client_model.removed
        self._observer = observer
        self.assignments = AssignmentRecord(self.run_config.config)
        self.step_count = 0
        self.nothing_is_under_way()
        self._joined = self._named = 0
        self.joins: dict[str, int] = {}
        self._exempt = frozenset(subject.exempt())
        self._promised = tuple(item for item in UTILIZATION if item.name not in self._exempt)
        try:
            self.enter_process()
            self.cluster: ClusterSubject = subject.cluster(self.run_config.config)
            self._on_close.callback(self.cluster.close)
            self.effect = ClusterEffect(self.cluster)
            for _ in range(self.run_config.config.workers):
                self.join(self.next_worker)
        except BaseException:
            self.close()
            raise

    def nothing_is_under_way(self) -> None:
        """Nobody is there, nothing is possible, and nothing is outstanding."""
        self.mail: dict[Pair, deque[Envelope]] = {}
        self.present: dict[str, None] = {}
        self.unnoticed: dict[str, None] = {}
        self.departed: dict[str, None] = {}
        self.retiring: dict[str, None] = {}
        self.closing: dict[str, None] = {}
        self.resumable: Sequence[str] = ()
        self.retirable: Sequence[str] = ()
        self.paused: dict[str, None] = {}
        self.awake: Sequence[str] = ()
        self.joining: Sequence[str] = ()
        self.wanting: Sequence[str] = ()
        self.holding: Sequence[str] = ()
        self.scatterable: Sequence[str] = ()
        self.decisions: tuple[bool, ...] | None = None
        self.issued: dict[Pair, Execute] = {}
        self.running: dict[Pair, Execute] = {}
        self.slotted: dict[Pair, None] = {}
        self.resources_taken: dict[Pair, Mapping[str, float]] = {}
        self.unserved: dict[Pair, GatherDep] = {}
        self.served: dict[Pair, Mapping[str, object]] = {}
        self.open: dict[Pair, GatherDep] = {}
        self.retrying: dict[Pair, None] = {}
        self.scattering: dict[tuple[str, str, str], list[int]] = {}
        self.gathering: dict[Pair, None] = {}

    @property
    def next_worker(self) -> str:
        """Name of the next worker that joins at a new address."""
        return f"w{self._named}"

    @property
    def transitions(self) -> Sequence[TaskTransition]:
        """Transitions that the last step caused."""
        return self.effect.transitions

    # What is possible, where it is not one of the tables

    def note_presence(self) -> None:
        """Somebody came, went, was paused, or runs again."""
        self.awake = [worker for worker in self.present if worker not in self.paused]
        self.resumable = [worker for worker in self.paused if worker not in self.closing]
        running = self.assignments.running
        self.retirable = [worker for worker in self.present if running.get(worker)]
        most = self.run_config.config.workers + self.run_config.later
        self.joining = (self.next_worker, *self.departed) if self._joined < most else ()
        self.decisions = None
        self.note_scatterable()

    def note_wants(self) -> None:
        """A client wished for something."""
        wants, held = self.wants, self.held
        self.wanting = [client for client in self.clients if wants[client]]
        self.holding = [client for client in self.clients if wants[client] or held[client]]
        self.note_scatterable()

    def note_scatterable(self) -> None:
        """Something is always left that can be submitted. What is data may be scattered again."""
        contents, data = self.contents, self.data
        if not self.present or not self.clients:
            self.scatterable = ()
        elif len(data) + 1 >= len(self.pool):
            self.scatterable = [key for key in self.pool if key in data]
        else:
            self.scatterable = [key for key in self.pool if key not in contents]

    # What is checked

    def check(self, participant: str, *, thoroughly: bool = False) -> None:
        for broken, counterexample in self.cluster.check(participant, thoroughly=thoroughly):
            self.end_with(broken, counterexample)

    def check_utilization(self, worker: str) -> None:
        """Check the use that a worker makes of its threads and transfers."""
        view = self.cluster.worker(worker)
        environment = ClusterWorkerEnvironment.of(self, worker, view)
        self.judge(self._promised, UtilizationObservation(view, environment))

    def compare_slots(self) -> None:
        """Demand that workers and scheduler agree on seceded tasks where no message is under way."""
        believed = self.cluster.seceded()
        if not believed and len(self.running) == len(self.slotted):
            return
        for worker in self.present:
            if (worker, SCHEDULER) in self.mail or (SCHEDULER, worker) in self.mail:
                continue
            threads = [key for where, key in self.running if where == worker]
            seceded = [key for key in threads if (worker, key) not in self.slotted]
            view = self.cluster.worker(worker)
            there = believed.get(worker, ())
            observation = must.SecededObservation(worker, view, seceded, there)
            self.demand(must.seceded_tasks_are_known, observation)

    def sweep(self) -> None:
        """Check everything on every participant."""
        for participant in (SCHEDULER, *self.present):
            self.check(participant, thoroughly=True)

    def join(self, worker: str) -> None:
        self._joined += 1
        self._named += worker == self.next_worker
        self.departed.pop(worker, None)
        self.joins[worker] = self.joins.get(worker, 0) + 1
        self.present[worker] = None
        self.assignments.note_join(worker)
        self.note_presence()
        self.call(SCHEDULER, self.cluster.add_worker, worker)

    def die(self, worker: str) -> None:
        del self.present[worker]
        for table in (self.paused, self.retiring, self.closing):
            table.pop(worker, None)
        self.unnoticed[worker] = None
        self.note_presence()
        self.mail.pop((SCHEDULER, worker), None)
        for name in OWN:
            drop(getattr(self, name), lambda pair: pair[0] == worker)
        drop(self.unserved, lambda pair: worker in pair)

    def note_clients(self) -> None:
        """A client came or went."""
        gone = {**self.disconnecting, **self.removed}
        self.clients = tuple(client for client in self.run_config.clients if client not in gone)
        self.note_wants()

    def call(
        self, participant: str, handler: Callable[..., CallResult], *arguments: object
    ) -> None:
        """Let one participant act, and note what it sends and wants."""
        self.call_count += 1
        self.effect.participants[participant] = None
        if participant == SCHEDULER:
            self.decisions = None
        try:
            outcome = handler(*arguments)
        except SubjectRaised as raised:
            raise self.violation(no_handler_raises, str(raised)) from raised.__cause__
        self.effect.unread.append(self.cluster.transitions())
        for envelope in outcome.envelopes:
            self.send(envelope)
        if participant == SCHEDULER:
            self.demand_all(self.assignments.after_call(self.cluster, outcome.envelopes))
        for worker, action in outcome.actions:
            self.note(worker, action)

    def demand_all(self, due: Iterable[Demand]) -> None:
        for item, observation in due:
            if item.name not in self._exempt:
                self.demand(item, observation)

    def send(self, envelope: Envelope) -> None:
        self.effect.envelopes.append(envelope)
        if envelope.receiver == SCHEDULER:
            self.assignments.posted[envelope.sender] += 1
        if envelope.receiver in self.unnoticed or envelope.sender in self.unnoticed:
            return
        if envelope.receiver in self.disconnecting or envelope.receiver in self.removed:
            return
        self.mail.setdefault((envelope.sender, envelope.receiver), deque()).append(envelope)
        if envelope.receiver in self.wants:
            self.client_model.note_sent(envelope.receiver)

    def note(self, worker: str, action: Action) -> None:
        """A worker wants something done."""
        self.effect.actions.append((worker, action))
        if worker in self.paused:
            self.demand_pause(worker, action)
        if isinstance(action, Execute):
            self.note_execute(worker, action)
        elif isinstance(action, GatherDep):
            pair = (worker, action.worker)
            self.demand(
                must.transfers_are_single,
                must.ActionObservation(worker, action.worker, pair in self.open),
            )
            self.demand_all(self.assignments.after_gather(worker, action))
            self.open[pair] = action
            if action.worker in self.present:
                self.unserved[pair] = action
        else:
            self.retrying[worker, action.worker] = None

    def demand_pause(self, worker: str, action: Action) -> None:
        """Demand that what a paused worker wants done starts nothing."""
        view = self.cluster.worker(worker)
        environment = ClusterWorkerEnvironment.of(self, worker, view)
        self.demand(nothing_starts_while_paused, ClusterWorkerReply(environment, (action,)))

    def note_execute(self, worker: str, execute: Execute) -> None:
        pair = (worker, execute.key)
        busy = pair in self.issued or pair in self.running
        action = must.ActionObservation(worker, execute.key, busy, execute)
        self.demand(must.one_thread_for_a_task, action)
        if self.resources:
            self.resources_taken[pair] = self.assignments.requests[pair].resources
        if self.cluster.begins_later:
            self.issued[pair] = execute
        else:
            self.demand(must.tasks_start_with_their_inputs, action)
            self.running[pair] = execute
            self.slotted[pair] = None
        taken = sum(pair[0] == worker for table in (self.issued, self.slotted) for pair in table)
        nthreads = self.run_config.config.worker.nthreads
        action = replace(action, slots_taken=taken, nthreads=nthreads)
        self.demand(must.threads_are_not_exceeded, action)


def drop(table: dict[Pair, V], goes: Callable[[Pair], bool]) -> None:
    for pair in [pair for pair in table if goes(pair)]:
        del table[pair]
