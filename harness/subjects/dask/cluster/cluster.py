"""One cluster under test: Dask's scheduler, its workers, and what they send."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from workerfuzz.harness.subjects.cluster_protocol import (
    SCHEDULER,
    CallResult,
    Envelope,
    TaskTransition,
)
from workerfuzz.harness.subjects.dask.cluster import messages
from workerfuzz.harness.subjects.dask.cluster import possible_decisions as choices
from workerfuzz.harness.subjects.dask.cluster import registration as joining
from workerfuzz.harness.subjects.dask.cluster import residue as remains
from workerfuzz.harness.subjects.dask.cluster.client_requests import FULFIL, NBYTES, Wishes
from workerfuzz.harness.subjects.dask.cluster.faults import blame
from workerfuzz.harness.subjects.dask.cluster.patching import STAGE, Logged, belongings
from workerfuzz.harness.subjects.dask.cluster.properties import (
    copies_are_kept_for_a_reason,
    nothing_is_logged_as_error,
    resources_are_taken,
    scheduler_validate_state,
)
from workerfuzz.harness.subjects.dask.cluster.releases import ClusterRelease, missing
from workerfuzz.harness.subjects.dask.cluster.streams import Outbox, Stream, Streams
from workerfuzz.harness.subjects.dask.cluster.stubs import finished
from workerfuzz.harness.subjects.dask.cluster.worker import ClusterWorker
from workerfuzz.harness.subjects.dask.names import Name, address, named, peer_at, stable_hash
from workerfuzz.harness.subjects.dask.tables import scheduler_tables
from workerfuzz.harness.subjects.dask.worker.properties import validate_state
from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.harness.subjects.tables import Tables
from workerfuzz.statemachine.properties.property import Property
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Execute
from workerfuzz.strategies.cluster.run_config import ClusterConfig


class DaskCluster:
    """A scheduler and its workers. All calls are synchronous."""

    begins_later: bool = True

    def __init__(self, release: ClusterRelease, config: ClusterConfig) -> None:
        self.release = release
        self.config = config
        self._belongings = belongings(
            release.scheduler, release.stealing, release.worker.module, Stream
        )
        self._heard = self._belongings.heard
        self._outbox = Outbox()
        self._workers: dict[str, ClusterWorker] = {}
        self._lost: set[str] = set()
        self._chosen: dict[str, Sequence[tuple[str, str]]] = {}
        self._party = SCHEDULER
        STAGE.enter(self._belongings)
        self.scheduler = release.make(config)
        self.stealing = self.scheduler.extensions["stealing"]
        for reason in missing(self.scheduler, self.stealing):
            raise SubjectUnavailable(f'subject "dask" does not know this distributed: {reason}')
        self.scheduler.listen_to(Streams(self._outbox), Streams(self._outbox))
        self._wishes = Wishes(release, self.scheduler, self._nbytes)

    # Who is there

    def join(self, worker: str) -> CallResult:
        config = self.config.worker
        made = ClusterWorker(self.release.worker, worker, config, validate=self.config.validate)
        newcomer = joining.Newcomer(made.address, worker, config)
        arguments = joining.arguments(self.release.joins, newcomer)
        self._workers[worker] = made
        return self._scheduler(self.scheduler.add_worker, **arguments)

    def lose(self, worker: str) -> CallResult:
        del self._workers[worker]
        outcome = self._scheduler(
            self.scheduler.remove_worker, address=address(worker), stimulus_id=f"lose-{worker}"
        )
        outcome.posts = [post for post in outcome.posts if post.receiver != worker]
        return outcome

    # What happens to the scheduler

    def ask(self, client: str, wish: client_requests.ClientRequest) -> CallResult:
        return self._scheduler(self._ask, client, wish)

    def _ask(self, client: str, wish: client_requests.ClientRequest) -> Any:
        if client not in self.scheduler.clients:
            self._welcome(client)
        return FULFIL[type(wish)](self._wishes, client, wish)

    def _welcome(self, client: str) -> None:
        """What ``Scheduler.add_client`` does before it listens."""
        state = self.release.scheduler.ClientState(client, versions={})
        state._hash = stable_hash(client)
        self.scheduler.clients[client] = state
        self.scheduler.client_comms[client] = Stream()

    def deliver(self, post: Envelope) -> CallResult:
        if post.receiver == SCHEDULER:
            return self._scheduler(self._to_scheduler, post)
        worker = self._workers[post.receiver]
        return self._worker(worker, self._to_worker, worker, post)

    def _to_scheduler(self, post: Envelope) -> None:
        where = address(post.sender)
        handlers = self.scheduler.stream_handlers
        for message in post.messages:
            assert isinstance(message, dict)
            fields = message.copy()
            finished(handlers[fields.pop("op")](worker=where, **fields))

    def _to_worker(self, worker: ClusterWorker, post: Envelope) -> None:
        for message in post.messages:
            assert isinstance(message, dict)
            worker.take_in(message)

    def told(self, post: Envelope) -> Sequence[client_requests.ClientNotice]:
        return [*messages.told(post.messages)]

    def say(self, post: Envelope) -> Sequence[str]:
        return [*map(messages.words, post.messages)]

    def stealable(self) -> Sequence[tuple[str, str]]:
        return self._choice("steal", choices.stealable, self.scheduler, self.stealing)

    def steal(self, key: str, thief: str) -> CallResult:
        task = self.scheduler.tasks[Name(key)]
        to = self.scheduler.workers[address(thief)]
        return self._scheduler(self.stealing.move_task_request, task, task.processing_on, to)

    def replicable(self) -> Sequence[tuple[str, str]]:
        return self._choice("replicate", choices.replicable, self.scheduler)

    def replicate(self, key: str, worker: str) -> CallResult:
        call = self.scheduler.request_acquire_replicas
        return self._scheduler(call, address(worker), [Name(key)], stimulus_id="replicate")

    def droppable(self) -> Sequence[tuple[str, str]]:
        return self._choice("drop", choices.droppable, self.scheduler)

    def drop(self, key: str, worker: str) -> CallResult:
        call = self.scheduler.request_remove_replicas
        return self._scheduler(call, address(worker), [Name(key)], stimulus_id="drop")

    # What happens to a worker

    def handle_event(self, worker: str, event: Event) -> CallResult:
        it = self._workers[worker]
        return self._worker(it, it.handle_event, event)

    def begin(self, worker: str, key: str) -> tuple[Execute | None, CallResult]:
        it = self._workers[worker]
        found: list[Execute | None] = []

        def begin() -> None:
            run, said = it.begin(key)
            found.append(run)
            if said:
                self._heard.append(Logged(f"a thread could not begin: {said}", None))

        outcome = self._worker(it, begin)
        return found[0], outcome

    def spoil(self, worker: str, key: str, run_id: int) -> CallResult:
        it = self._workers[worker]
        return self._worker(it, it.spoil, key, run_id)

    def served(self, worker: str, keys: Sequence[str]) -> Mapping[str, object]:
        return self._workers[worker].served(keys)

    # What can be seen

    def moves(self) -> Iterable[TaskTransition]:
        if self._party == SCHEDULER:
            return _scheduled([*self.scheduler.transition_log])
        return _worked(self._party, self._workers[self._party].machine.moves)

    def check(self, party: str, *, thoroughly: bool) -> Iterable[tuple[Property, str]]:
        found: list[tuple[Property, str]] = []
        worker = self._workers.get(party)
        if thoroughly and self.config.validate:
            STAGE.enter(self._belongings)
            if party == SCHEDULER:
                found += _broken(scheduler_validate_state, self.scheduler)
            elif worker is not None:
                found += _broken(validate_state, worker.machine)
        if worker is not None and worker.counts_resources:
            found += _broken(resources_are_taken, worker.machine)
        if worker is not None and worker.refused:
            found += _broken(copies_are_kept_for_a_reason, worker.refused)
            worker.refused = []
        if self._heard:
            found += _broken(nothing_is_logged_as_error, self._heard)
            self._heard.clear()
        return found

    def worker(self, worker: str) -> ClusterWorker:
        return self._workers[worker]

    def keys(self) -> Collection[str]:
        return sorted(map(str, self.scheduler.tasks))

    def state(self, key: str) -> str | None:
        task = self.scheduler.tasks.get(named(key))
        return None if task is None else str(task.state)

    def holders(self, key: str) -> Collection[str]:
        task = self.scheduler.tasks.get(named(key))
        return sorted(peer_at(it.address) for it in task.who_has or ()) if task else []

    def seceded(self) -> Mapping[str, Collection[str]]:
        workers = dict.items(self.scheduler.workers)  # which go unsorted, at less cost
        return {
            peer_at(where): {str(task.key) for task in it.long_running}
            for where, it in workers
            if it.long_running
        }

    def tables(self, party: str) -> Tables:
        if party == SCHEDULER:
            return scheduler_tables(self.scheduler, self.stealing)
        return self._workers[party].tables()

    def unsatisfiable(self) -> Collection[str]:
        return sorted(choices.unsatisfiable(self.scheduler))

    def leftovers(self) -> Iterator[str]:
        return remains.leftovers(self.scheduler, self.stealing, self._workers)

    def close(self) -> None:
        self._workers.clear()
        self.scheduler.forget_everything()
        STAGE.leave(self._belongings)

    # How Dask is called

    def _scheduler(self, call: Callable[..., Any], *args: Any, **named: Any) -> CallResult:
        """Let something happen to the scheduler."""
        scheduler = self.scheduler
        self._party = SCHEDULER
        self._chosen.clear()
        self._heard.clear()
        scheduler.transition_counter = 0  # the limit is for one call, not for the whole run
        scheduler.transition_log.clear()
        STAGE.enter(self._belongings)
        try:
            finished(call(*args, **named))
        except Exception as error:  # noqa: BLE001  # whatever it is, somebody is to blame
            self._heard.clear()  # it says the same
            blame(error)
        return CallResult(self._outbox.collected())

    def _worker(self, worker: ClusterWorker, call: Callable[..., None], *args: Any) -> CallResult:
        """Let something happen to a worker."""
        self._party = worker.name
        self._heard.clear()
        worker.machine.moves = []  # the former ones may still be read
        STAGE.enter(self._belongings)
        try:
            call(*args)
        except Exception as error:  # noqa: BLE001  # whatever it is, somebody is to blame
            self._heard.clear()  # it says the same
            blame(error)
        if worker.sent:
            self._outbox.send(worker.name, SCHEDULER, worker.sent)
            worker.sent.clear()
        wanted, worker.wanted = worker.wanted, []
        return CallResult(self._outbox.collected(), wanted)

    def _choice(
        self, name: str, find: Callable[..., Iterator[tuple[str, str]]], *args: Any
    ) -> Sequence[tuple[str, str]]:
        chosen = self._chosen.get(name)
        if chosen is None:
            chosen = self._chosen[name] = sorted(find(*args))
        return chosen

    def _nbytes(self, key: str, worker: str) -> int:
        held = self._workers.get(worker)
        return NBYTES if held is None else held.nbytes(key)


def _broken(item: Property, about: Any) -> Iterator[tuple[Property, str]]:
    return ((item, counterexample) for counterexample in item(about))


def _scheduled(log: Iterable[Sequence[Any]]) -> Iterator[TaskTransition]:
    """What the scheduler's own log of transitions tells."""
    for key, start, finish, *_ in log:
        if start != finish:
            yield TaskTransition(SCHEDULER, str(key), str(start), str(finish))


def _worked(worker: str, moves: Iterable[Any]) -> Iterator[TaskTransition]:
    """What was recorded of a worker."""
    return (TaskTransition(worker, str(it.key), it.start, it.finish) for it in moves)
