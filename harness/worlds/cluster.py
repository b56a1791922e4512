"""A whole cluster in one thread: clients, a scheduler, workers, and mailboxes between them.

Messages wait in a mailbox for each sender and receiver, without bound, in the order sent. Nothing is
sent that the scheduler or a worker under test did not send.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from workerfuzz.harness.subjects.cluster import (
    SCHEDULER,
    Action,
    ClusterMaker,
    ClusterSubject,
    Move,
    Outcome,
    Post,
)
from workerfuzz.harness.subjects.protocol import SubjectRaised
from workerfuzz.harness.worlds.cluster_books import Books, computed
from workerfuzz.harness.worlds.cluster_effect import ClusterEffect
from workerfuzz.harness.worlds.cluster_properties import (
    every_call_returns,
    one_thread_for_a_task,
    tasks_start_with_their_inputs,
    threads_are_not_exceeded,
    transfers_are_single,
)
from workerfuzz.harness.worlds.cluster_rest import come_to_rest
from workerfuzz.harness.worlds.guard import REST_S, STEP_S, Overdue, limited
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.harness.worlds.worker import no_handler_raises
from workerfuzz.statemachine import events, requests
from workerfuzz.statemachine.events import Event
from workerfuzz.statemachine.instructions import Execute, GatherDep
from workerfuzz.statemachine.properties import Property
from workerfuzz.statemachine.task import TaskSpec
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster import CLUSTER_STEPS
from workerfuzz.strategies.cluster.step import ClusterStep
from workerfuzz.strategies.cluster.universe import ClusterUniverse
from workerfuzz.strategies.cluster.view import Pair
from workerfuzz.strategies.steps import Step

#: Told of each step once it has happened; None while coming to rest.
Observer: TypeAlias = Callable[["ClusterWorld", Step | None], None]

#: Every party is checked thoroughly after this many steps.
SWEEP_EVERY: Final = 50


class ClusterWorld:
    """A cluster and all that can happen to it; implements ``strategies.cluster.view.ClusterActs``.

    Attributes:
        steps: what was let happen so far.
        happened: calls of the subject so far, those of ``finish`` included.
        resting: the steps are over; what happens now is ``finish``.
        mail: batches that were sent and have not arrived, by sender and receiver.
        moves: transitions that the last step caused.
    """

    def __init__(
        self,
        subject: ClusterMaker,
        universe: ClusterUniverse | None = None,
        *,
        observer: Observer | None = None,
    ) -> None:
        self.subject = subject
        self.universe = universe or ClusterUniverse()
        self.pool = self.universe.keys
        self.clients = self.universe.clients
        self.resources = tuple(self.universe.config.worker.resources)
        self.books = Books(self.clients)
        self._observer = observer
        self.steps: list[Step] = []
        self.happened = 0
        self.resting = False
        self.mail: dict[Pair, deque[Post]] = {}
        self.present: dict[str, None] = {}
        self.unnoticed: dict[str, None] = {}
        self.paused: dict[str, None] = {}
        self.issued: dict[Pair, Execute] = {}
        self.running: dict[Pair, Execute] = {}
        self.slotted: dict[Pair, None] = {}
        self.asked: dict[Pair, GatherDep] = {}
        self.served: dict[Pair, Mapping[str, object]] = {}
        self.open: dict[Pair, GatherDep] = {}
        self.retrying: dict[Pair, None] = {}
        self.moves: list[Move] = []
        self._sent: list[Post] = []
        self._acted: list[tuple[str, Action]] = []
        self._parties: dict[str, None] = {}
        self._joined = 0
        without = subject.cannot()
        self.kinds = tuple(kind for kind in CLUSTER_STEPS if kind.word not in without)
        self.cluster: ClusterSubject = subject.cluster(self.universe.config)
        for _ in range(self.universe.config.workers):
            self.join(f"w{self._joined}")

    # What engines use

    def possible(self) -> tuple[type[ClusterStep], ...]:
        """Kinds of step that may happen now, in a fixed order."""
        return tuple(kind for kind in self.kinds if kind.may(self))

    def draw(self, kind: type[ClusterStep], chooser: Chooser) -> ClusterStep:
        """A step of that kind, possible now."""
        return kind.draw(self, chooser)

    def apply(self, step: Step) -> ClusterEffect:
        """Let a step happen and check every property that it can break.

        Raises:
            ImpossibleStep: it cannot happen now; nothing was changed.
            Violation: it broke a property.
        """
        if not isinstance(step, ClusterStep):
            raise ImpossibleStep(f"{step.word} happens to one worker, not to a cluster")
        if type(step) not in self.kinds:
            raise ImpossibleStep(f"{step.word}: {self.subject.cannot()[step.word]}")
        obstacle = step.obstacle(self)
        if obstacle is not None:
            raise ImpossibleStep(obstacle)
        self.steps.append(step)
        with self.in_time(STEP_S):
            return self.let(lambda: step.happen(self), step)

    def let(self, happen: Callable[[], None], step: Step | None = None) -> ClusterEffect:
        """Let something happen; check what it can have broken."""
        self.moves, self._sent, self._acted, self._parties = [], [], [], {}
        happen()
        if self._observer is not None:
            self._observer(self, step)
        for party in self._parties:
            self.check(party)
        if len(self.steps) % SWEEP_EVERY == 0:
            self.sweep()
        return ClusterEffect.of(self.cluster, self.moves, self._acted, self._sent)

    def check(self, party: str, *, thoroughly: bool = False) -> None:
        for broken, counterexample in self.cluster.check(party, thoroughly=thoroughly):
            raise self.violation(broken, counterexample)

    def sweep(self) -> None:
        """Check everything on every party."""
        for party in (SCHEDULER, *self.present):
            self.check(party, thoroughly=True)

    def finish(self) -> None:
        """Stop all faults, let everything outstanding end, and check what holds at rest."""
        self.resting = True
        with self.in_time(REST_S):
            come_to_rest(self)

    @contextlib.contextmanager
    def in_time(self, seconds: float) -> Iterator[None]:
        """What happens in its body must end."""
        try:
            with limited(seconds):
                yield
        except Overdue:
            raise self.violation(
                every_call_returns, f"it was still going on after {seconds:g} s of CPU"
            ) from None

    def where(self) -> str:
        """Where every task is now, in a line: ``scheduler: a processing; w0: a executing``."""
        keys = sorted(self.cluster.keys())
        said = [f"{SCHEDULER}: " + ", ".join(f"{key} {self.cluster.state(key)}" for key in keys)]
        for worker in self.present:
            view = self.cluster.worker(worker)
            here = view.keys()
            if here:
                said.append(f"{worker}: " + ", ".join(f"{key} {view.state(key)}" for key in here))
        return "; ".join(said) if keys or len(said) > 1 else "no task"

    def close(self) -> None:
        """Let go of the subject; the world is not used any more."""
        self.cluster.close()

    def violation(self, broken: Property, counterexample: str) -> Violation:
        return Violation(
            broken.name,
            broken.sentence,
            counterexample,
            tuple(self.steps),
            self.resting,
            self.universe,
        )

    def demand(self, counterexamples: Iterator[str], broken: Property) -> None:
        """Raises Violation where there is a counterexample."""
        for counterexample in counterexamples:
            raise self.violation(broken, counterexample)

    # What steps may know

    @property
    def wants(self) -> Mapping[str, Collection[str]]:
        return self.books.wants

    @property
    def held(self) -> Mapping[str, Collection[str]]:
        return self.books.held

    @property
    def failed(self) -> Collection[Pair]:
        return self.books.failed

    @property
    def contents(self) -> Mapping[str, TaskSpec]:
        return self.books.contents

    @property
    def may_join(self) -> str | None:
        most = self.universe.config.workers + self.universe.later
        return f"w{self._joined}" if self._joined < most else None

    def fixed(self, client: str) -> Collection[str]:
        others = [name for name in self.clients if name != client]
        if any((other, SCHEDULER) in self.mail for other in others):
            return {**self.books.contents, **self.books.data}
        tables = (*self.books.wants.values(), *self.books.held.values())
        wanted = [key for table in tables for key in table]
        return {**dict.fromkeys(self.books.needed_by(wanted)), **self.books.data}

    def submitters(self) -> Sequence[str]:
        changing = [client for client in self.clients if self.books.changing[client]]
        return changing[:1] or self.clients

    def scatterable(self) -> Sequence[str]:
        books = self.books
        return [key for key in self.pool if key not in books.contents and key not in books.data]

    def stealable(self) -> Sequence[Pair]:
        return self.cluster.stealable()

    def replicable(self) -> Sequence[Pair]:
        return [pair for pair in self.cluster.replicable() if pair[1] not in self.unnoticed]

    def droppable(self) -> Sequence[Pair]:
        return self.cluster.droppable()

    # What steps let happen

    def ask(self, client: str, wish: requests.Wish, *, at_once: bool = False) -> None:
        self.books.note_wish(client, wish)
        if at_once:
            self.call(SCHEDULER, lambda: self.cluster.ask(client, wish))
        else:
            self.mail.setdefault((client, SCHEDULER), deque()).append(
                Post(client, SCHEDULER, (wish,))
            )

    def scatter(self, client: str, key: str, worker: str) -> None:
        value = self.books.data[key] = f"{key} scattered"
        event = events.UpdateData(values={key: value})
        self.call(worker, lambda: self.cluster.happen(worker, event))
        self.ask(client, requests.Scattered(who_has={key: (worker,)}), at_once=True)

    def deliver(self, sender: str, receiver: str) -> None:
        box = self.mail[sender, receiver]
        post = box.popleft()
        if not box:
            del self.mail[sender, receiver]
        if receiver in self.books.wants:
            for told in self.cluster.told(post):
                self.books.note_told(receiver, told)
        elif sender in self.books.wants:
            (wish,) = post.messages
            self.books.note_arrival(sender, wish)  # type: ignore[arg-type]
            self.call(receiver, lambda: self.cluster.ask(sender, wish))  # type: ignore[arg-type]
        else:
            self.call(receiver, lambda: self.cluster.deliver(post))

    def begin(self, worker: str, key: str) -> None:
        del self.issued[worker, key]
        found: list[Execute | None] = []

        def start() -> Outcome:
            execute, outcome = self.cluster.begin(worker, key)
            found.append(execute)
            return outcome

        self.call(worker, start)
        (execute,) = found
        if execute is None:
            return
        self.demand(tasks_start_with_their_inputs(worker, execute), tasks_start_with_their_inputs)
        self.running[worker, key] = execute
        self.slotted[worker, key] = None

    def end(self, worker: str, key: str, how: str) -> None:
        it = self.running.pop((worker, key))
        self.slotted.pop((worker, key), None)
        if how in ("badly", "spoiled"):
            self.books.failures[key] = None
        if how == "spoiled":
            self.call(worker, lambda: self.cluster.spoil(worker, key, it.run_id))
        else:
            event = ENDINGS[how](it)
            self.call(worker, lambda: self.cluster.happen(worker, event))

    def secede(self, worker: str, key: str) -> None:
        it = self.running[worker, key]
        del self.slotted[worker, key]
        self.happen(worker, events.Secede(key=key, run_id=it.run_id))

    def serve(self, worker: str, peer: str) -> None:
        gather = self.asked.pop((worker, peer))
        self.served[worker, peer] = self.cluster.served(peer, gather.keys)

    def transferred(self, worker: str, peer: str, how: str) -> None:
        gather = self.open.pop((worker, peer))
        self.asked.pop((worker, peer), None)
        values = self.served.pop((worker, peer), {})
        event: Event
        if how == "arrives":
            event = events.GatherDepSuccess(worker=peer, values=values)
        elif how == "busy":
            event = events.GatherDepBusy(worker=peer)
        elif how == "broken":
            event = events.GatherDepNetworkFailure(worker=peer)
        else:
            self.books.failures.update(dict.fromkeys(gather.keys))
            event = events.GatherDepFailure(worker=peer)
        self.happen(worker, event)

    def happen(self, worker: str, event: Event) -> None:
        match event:
            case events.RetryBusyWorker():
                del self.retrying[worker, event.worker]
            case events.Pause():
                self.paused[worker] = None
            case events.Unpause():
                del self.paused[worker]
            case _:
                pass
        self.call(worker, lambda: self.cluster.happen(worker, event))

    def decide(self, what: str, key: str, worker: str) -> None:
        decision = getattr(self.cluster, what)
        self.call(SCHEDULER, lambda: decision(key, worker))

    def die(self, worker: str) -> None:
        del self.present[worker]
        self.paused.pop(worker, None)
        self.unnoticed[worker] = None
        self.books.deaths += 1
        self.books.lost.update(dict.fromkeys(self.books.data))
        self.mail.pop((SCHEDULER, worker), None)
        for name in ("issued", "running", "slotted", "retrying", "open", "served"):
            drop(getattr(self, name), lambda pair: pair[0] == worker)
        drop(self.asked, lambda pair: worker in pair)

    def notice(self, worker: str) -> None:
        del self.unnoticed[worker]
        self.mail.pop((worker, SCHEDULER), None)
        self.call(SCHEDULER, lambda: self.cluster.lose(worker))

    def join(self, worker: str) -> None:
        self._joined += 1
        self.present[worker] = None
        self.call(SCHEDULER, lambda: self.cluster.join(worker))

    # The books of the surroundings

    def call(self, party: str, happens: Callable[[], Outcome]) -> None:
        """Let one party act, and note what it sends and wants."""
        self.happened += 1
        self._parties[party] = None
        try:
            outcome = happens()
        except SubjectRaised as raised:
            raise self.violation(no_handler_raises, str(raised)) from raised.__cause__
        self.moves += self.cluster.moves()
        for post in outcome.posts:
            self.send(post)
        for worker, action in outcome.actions:
            self.note(worker, action)

    def send(self, post: Post) -> None:
        self._sent.append(post)
        if post.receiver in self.unnoticed or post.sender in self.unnoticed:
            return
        self.mail.setdefault((post.sender, post.receiver), deque()).append(post)

    def note(self, worker: str, action: Action) -> None:
        """A worker wants something done."""
        self._acted.append((worker, action))
        if isinstance(action, Execute):
            self.note_execute(worker, action)
        elif isinstance(action, GatherDep):
            pair = (worker, action.worker)
            self.demand(
                transfers_are_single(worker, action.worker, pair in self.open),
                transfers_are_single,
            )
            self.open[pair] = action
            if action.worker in self.present:
                self.asked[pair] = action
        else:
            self.retrying[worker, action.worker] = None

    def note_execute(self, worker: str, execute: Execute) -> None:
        pair = (worker, execute.key)
        self.demand(
            one_thread_for_a_task(worker, execute.key, pair in self.issued or pair in self.running),
            one_thread_for_a_task,
        )
        if self.cluster.begins_later:
            self.issued[pair] = execute
        else:
            self.demand(
                tasks_start_with_their_inputs(worker, execute), tasks_start_with_their_inputs
            )
            self.running[pair] = execute
            self.slotted[pair] = None
        taken = sum(it[0] == worker for table in (self.issued, self.slotted) for it in table)
        nthreads = self.universe.config.worker.nthreads
        self.demand(threads_are_not_exceeded(worker, taken, nthreads), threads_are_not_exceeded)


def drop(table: dict[Pair, Any], goes: Callable[[Pair], bool]) -> None:
    for pair in [pair for pair in table if goes(pair)]:
        del table[pair]


#: The event with which a thread ends, by how it ended.
ENDINGS: Final[Mapping[str, Callable[[Execute], Event]]] = {
    "well": lambda it: events.ExecuteSuccess(
        key=it.key, run_id=it.run_id, value=computed(it.spec, it.inputs)
    ),
    "badly": lambda it: events.ExecuteFailure(key=it.key, run_id=it.run_id),
    "elsewhere": lambda it: events.Reschedule(key=it.key, run_id=it.run_id),
}
