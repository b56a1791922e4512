"""The environment's record of the tasks that a scheduler gave to workers, and of what came of them."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from workerfuzz.harness.subjects.cluster_protocol import ClusterSubject, Envelope, TaskTransition
from workerfuzz.statemachine.properties import assignments as must
from workerfuzz.statemachine.properties.property import Property
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.scheduler.client_requests import NO_OPTIONS, Options, Submit
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Execute
from workerfuzz.statemachine.worker.states import NEEDS_INPUTS
from workerfuzz.statemachine.worker.task import Priority, Request, TaskSpec
from workerfuzz.strategies.cluster.run_config import ClusterConfig
from workerfuzz.strategies.cluster.view import Pair

#: A property that is due, with what it observes.
Demand: TypeAlias = tuple[Property[Any], object]

#: Messages after which a worker need not compute a task that it was asked for.
TAKEN_BACK: Final = (events.FreeKeys, events.ForgetKeys, events.CancelCompute)


class AssignmentRecord:
    """Requests and reports between a scheduler and its workers, as the environment saw them.

    Attributes:
        running: workers that the scheduler knows; whether it was told that they take new tasks.
        retiring: those of them that are to leave, and whether they have told meanwhile that they run.
        overlooked: those that told so only then. They may be given tasks, and need not be: the
            scheduler may have taken that for news from before they were to leave.
        options: those that a task was submitted with since it was last unused, by key.
        graphs: numbers of the graphs that these came with, by key.
        given: run ids by worker and key, in the order in which the tasks were given to the worker.
        holder: worker that a task was given to last, by key.
        priorities: priority of the last request, by key.
        thefts: (victim, thief) of the last decision to steal a task, by key.
        stolen: (key, worker) that the scheduler decided on.
        was_queued: tasks that were in the queue after the last call.
        was_without: those that waited for a worker to come then.
        failures, tries: failures of a task since it was new, and since a client had it tried again.
        deaths, recent_deaths: deaths of workers that had a task since it was new, and in memory.
        asked: content that a worker is to compute, by worker and key.
        contents: content that was requested of a worker and not freed since, by worker and key.
        requests: last compute request that reached a worker, by worker and key.
        gone: peers that a worker was told to be gone, by worker.
        read: batches under way to workers, by identity, with their messages.
        posted, arrived: batches that a worker sent to the scheduler, and that got there.
        stored: batches under way to a worker that were sent before the scheduler knew of a value that a
            client put there, by worker and key; None: it does not know yet.
        statuses: for each worker, batches with which the scheduler will learn whether it is running.
    """

    def __init__(self, config: ClusterConfig) -> None:
        self.resources = config.worker.resources
        self.allowed_failures = config.allowed_failures
        most = config.saturation * config.worker.nthreads
        self.limit = None if math.isinf(most) else max(math.ceil(most), 1)
        self.running: dict[str, bool] = {}
        self.options: dict[str, list[Options]] = {}
        self.graphs: dict[str, list[int]] = {}
        self.graph = 0
        self.given: dict[str, dict[str, int]] = {}
        self.holder: dict[str, str] = {}
        self.priorities: dict[str, Priority] = {}
        self.stolen: dict[Pair, None] = {}
        self.thefts: dict[str, tuple[str, ...]] = {}
        self.was_queued: tuple[str, ...] = ()
        self.was_without: Collection[str] = ()
        self.failures: dict[str, int] = {}
        self.tries: dict[str, int] = {}
        self.deaths: dict[str, int] = {}
        self.recent_deaths: dict[str, int] = {}
        self.to_compute: dict[Pair, TaskSpec] = {}
        self.contents: dict[Pair, TaskSpec] = {}
        self.requests: dict[Pair, Request] = {}
        self.gone: dict[str, dict[str, None]] = {}
        self.read: dict[int, tuple[Envelope, Sequence[Event]]] = {}
        self.posted: dict[str, int] = {}
        self.arrived: dict[str, int] = {}
        self.statuses: dict[str, list[tuple[int, bool]]] = {}
        self.retiring: dict[str, bool] = {}
        self.overlooked: dict[str, None] = {}
        self.stored: dict[Pair, int | None] = {}

    # Workers that come, go, pause, and run again

    def note_join(self, worker: str) -> None:
        self.running[worker] = True
        self.given[worker], self.gone[worker], self.statuses[worker] = {}, {}, []
        self.posted[worker] = self.arrived[worker] = 0

    def note_removed(self, worker: str) -> None:
        self.note_unretire(worker)
        self.overlooked.pop(worker, None)
        del self.running[worker], self.given[worker]
        self.stored = {pair: left for pair, left in self.stored.items() if pair[0] != worker}
        for table in (self.to_compute, self.requests):
            for pair in [pair for pair in table if pair[0] == worker]:
                del table[pair]

    def note_stored(self, worker: str, key: str) -> None:
        """A client put a value on a worker."""
        self.stored[worker, key] = None

    def note_scattered(self, worker: str, key: str, under_way: int) -> None:
        """The scheduler is about to hear of it, with so many batches under way to the worker."""
        self.stored[worker, key] = under_way

    def note_retire(self, worker: str) -> None:
        """The scheduler is about to give a worker nothing new."""
        self.running[worker] = False
        self.retiring[worker] = False
        self.overlooked.pop(worker, None)

    def note_unretire(self, worker: str) -> None:
        """A worker may be given something again, once it says that it runs, if it has not meanwhile."""
        if self.retiring.pop(worker, False):
            self.running[worker] = True
            self.overlooked[worker] = None

    def surely_running(self) -> Mapping[str, bool]:
        """Return the workers that the scheduler knows; whether it has to give them tasks."""
        if not self.overlooked:
            return self.running
        return {
            worker: running and worker not in self.overlooked
            for worker, running in self.running.items()
        }

    def note_status(self, worker: str, posted_before: int, *, running: bool) -> None:
        """A worker paused or runs again; what it sent meanwhile tells the scheduler."""
        if self.posted[worker] > posted_before:
            self.statuses[worker].append((self.posted[worker], running))

    def note_arrival(self, worker: str) -> None:
        """The scheduler is about to get a batch of a worker. One that runs again may be given tasks."""
        self.arrived[worker] += 1
        self._learn(worker, running=True)

    def note_arrived(self, worker: str) -> None:
        """It has got it. One that is paused may not be given tasks any more."""
        if worker in self.running:
            self._learn(worker, running=False)

    def _learn(self, worker: str, *, running: bool) -> None:
        statuses = self.statuses[worker]
        while statuses and statuses[0][0] <= self.arrived[worker] and statuses[0][1] is running:
            if worker in self.retiring:
                self.retiring[worker] = running
            else:
                self.running[worker] = running
                self.overlooked.pop(worker, None)
            del statuses[0]

    # Requests of clients

    def note_graph(self, graph: Submit, in_use: Collection[str], cluster: ClusterSubject) -> None:
        """The scheduler is about to get a graph. A task that nobody uses is new, with new options."""
        self.graph += 1
        for spec in graph.specs:
            key = spec.key
            if key not in in_use and cluster.state(key) in must.UNUSED:
                self.options[key], self.graphs[key] = [], []
                for table in (self.failures, self.tries, self.deaths, self.recent_deaths):
                    table.pop(key, None)
            self.options.setdefault(key, []).append(graph.options.get(key, NO_OPTIONS))
            self.graphs.setdefault(key, []).append(self.graph)

    def note_retry(self, keys: Iterable[str]) -> None:
        """The scheduler is about to hear that failed keys are to be tried again."""
        for key in keys:
            self.tries.pop(key, None)
            self.recent_deaths.pop(key, None)

    # What the scheduler sends

    def after_call(
        self, cluster: ClusterSubject, envelopes: Sequence[Envelope]
    ) -> Iterator[Demand]:
        """Yield what is due after a call of the scheduler, which sent this."""
        fresh: dict[str, None] = {}
        for envelope in envelopes:
            if envelope.receiver in self.gone:
                yield from self._requests(cluster, envelope, fresh)
        for key in fresh:
            yield from self._priorities(cluster, key)
        if self.recent_deaths:
            for key in [death for death in self.recent_deaths if cluster.state(death) == "memory"]:
                del self.recent_deaths[key]
        if self.limit is not None:
            yield from self._room(cluster, self.limit, fresh)
        if self.was_without:
            yield from self._request_order([key for key in fresh if key in self.was_without])
        without_worker = self.was_without = tuple(cluster.without_worker())
        if without_worker:
            options = {key: self.options.get(key, ()) for key in sorted(without_worker)}
            observation = must.StrandedObservation(options, self.resources, self.surely_running())
            yield must.able_workers_are_not_overlooked, observation

    def _requests(
        self, cluster: ClusterSubject, envelope: Envelope, fresh: dict[str, None]
    ) -> Iterator[Demand]:
        worker = envelope.receiver
        messages = tuple(cluster.worker_events(envelope))
        self.read[id(envelope)] = (envelope, messages)
        for event in messages:
            if isinstance(event, events.ComputeTask):
                key = event.key
                options = self.options.get(key, ())
                is_stolen = (key, worker) in self.stolen
                observation = must.RequestObservation(
                    worker, event, options, self.resources, self.running, is_stolen
                )
                yield must.tasks_go_where_they_may, observation
                yield must.requests_are_complete, observation
                fresh[key] = None
                self._note_given(worker, event)
            elif isinstance(event, events.AcquireReplicas | events.RefreshWhoHas):
                observation = must.RequestObservation(
                    worker, event, (), self.resources, self.running
                )
                if isinstance(event, events.AcquireReplicas):
                    yield must.requests_are_complete, observation
            elif worker not in self.running:
                yield (
                    must.removed_workers_are_not_named,
                    must.RequestObservation(worker, event, (), self.resources, self.running),
                )
                continue
            else:
                continue
            if not isinstance(event, events.RefreshWhoHas):
                yield must.paused_workers_are_given_nothing, observation
            yield must.removed_workers_are_not_named, observation

    def _note_given(self, worker: str, event: events.ComputeTask) -> None:
        key = event.key
        self.stolen.pop((key, worker), None)
        former = self.given.get(self.holder.get(key, ""))
        if former is not None:
            former.pop(key, None)
        self.holder[key] = worker
        self.given.get(worker, {})[key] = event.request.run_id
        self.priorities[key] = event.request.priority

    def user_priority(self, key: str) -> int | None:
        """Priority that the user gave a task; None where that is not known for certain."""
        given = {options.priority for options in self.options.get(key, ())}
        return given.pop() if len(given) == 1 else None

    def _priorities(self, cluster: ClusterSubject, key: str) -> Iterator[Demand]:
        """Compare a request with those that are with workers already."""
        mine = self.user_priority(key)
        if mine is None:
            return
        for given in self.given.values():
            for other in given:
                priority = self.user_priority(other) if other != key else None
                if priority is None or cluster.state(other) != "processing":
                    continue
                if priority == mine:
                    yield from self._graph_order(key, other)
                    continue
                urgent, less = (key, other) if mine > priority else (other, key)
                is_first = self.priorities[urgent] < self.priorities[less]
                observation = must.PriorityObservation(urgent, less, is_first)
                yield must.priorities_are_passed_on, observation

    def _graph_order(self, key: str, other: str) -> Iterator[Demand]:
        """Compare the requests of two tasks whose users gave them the same priority."""
        graphs, others = self.graphs.get(key, ()), self.graphs.get(other, ())
        if len(graphs) == len(others) == 1 and graphs != others:
            first, second = (key, other) if graphs < others else (other, key)
            is_first = self.priorities[first] < self.priorities[second]
            observation = must.PriorityObservation(first, second, is_first)
            yield must.earlier_graphs_are_more_urgent, observation

    def _request_order(self, keys: Iterable[str]) -> Iterator[Demand]:
        """Compare requests of tasks that waited for a worker, in the order in which they were sent."""
        last: dict[str, str] = {}
        for key in keys:
            worker = self.holder[key]
            if worker in last:
                is_first = self.priorities[last[worker]] <= self.priorities[key]
                observation = must.PriorityObservation(key, last[worker], is_first)
                yield must.urgent_tasks_are_requested_first, observation
            last[worker] = key

    def _room(
        self, cluster: ClusterSubject, limit: int, fresh: Mapping[str, None]
    ) -> Iterator[Demand]:
        queued, before = cluster.queued(), self.was_queued
        if not queued and not before:
            return
        self.was_queued = tuple(queued)
        seceded = cluster.seceded()
        taken: dict[str, list[str]] = {}
        for worker, running in self.running.items():
            if running:
                left = seceded.get(worker, ())
                here = [key for key in cluster.processing(worker) if key not in left]
                order = {key: place for place, key in enumerate(self.given[worker])}
                taken[worker] = sorted(here, key=lambda key: order.get(key, -1))
        dequeued = [key for key in before if key in fresh]
        observation = must.RoomObservation(queued, limit, taken, dequeued)
        yield must.room_is_not_exceeded, observation
        if self.overlooked:
            sure = {worker: keys for worker, keys in taken.items() if worker not in self.overlooked}
            observation = must.RoomObservation(queued, limit, sure, dequeued)
        yield must.room_is_not_left_idle, observation

    def hopeless(self, cluster: ClusterSubject) -> Sequence[str]:
        """Return tasks that wait for a worker, and that none that is there may compute."""
        return [
            key
            for key in sorted(cluster.without_worker())
            if not all(map(self._can_run, self.options.get(key, ())))
        ]

    def _can_run(self, options: Options) -> bool:
        return any(
            must.may_run(options, worker, self.resources, self.running) for worker in self.running
        )

    # What becomes of tasks

    def current_failures(self, worker: str, reports: Iterable[do.Message]) -> Sequence[str]:
        """Return the tasks whose last run is reported to have failed, by itself."""
        given = self.given.get(worker, {})
        return [
            message.key
            for message in reports
            if isinstance(message, do.TaskErred)
            and message.cause is None
            and given.get(message.key) == message.run_id
        ]

    def after_failures(
        self, failed: Iterable[str], transitions: Sequence[TaskTransition]
    ) -> Iterator[Demand]:
        """Yield what is due after failures of tasks reached the scheduler, which made these moves."""
        for key in failed:
            finish = after_processing(key, transitions)
            if finish is None:
                continue
            self.failures[key] = self.failures.get(key, 0) + 1
            self.tries[key] = self.tries.get(key, 0) + 1
            retries = [options.retries for options in self.options.get(key, ())]
            if retries:
                yield must.tries_are_counted, must.FailureObservation(
                    key, "failures", finish == "erred", self.failures[key], self.tries[key],
                    min(retries), max(retries),
                )  # fmt: skip

    def after_death(
        self, processing: Iterable[str], transitions: Sequence[TaskTransition]
    ) -> Iterator[Demand]:
        """Yield what is due after the scheduler noticed that a worker with these tasks is dead."""
        for key in processing:
            self.deaths[key] = self.deaths.get(key, 0) + 1
            self.recent_deaths[key] = self.recent_deaths.get(key, 0) + 1
            finish = after_processing(key, transitions)
            if finish is not None:
                yield must.tries_are_counted, must.FailureObservation(
                    key, "deaths", finish == "erred", self.deaths[key], self.recent_deaths[key],
                    self.allowed_failures, self.allowed_failures,
                )  # fmt: skip

    def note_steal(self, key: str, victim: Collection[str], thief: str) -> None:
        """The scheduler is about to ask a worker to give a task away."""
        self.stolen[key, thief] = None
        self.thefts[key] = (*victim, thief)

    def after_reports(
        self,
        cluster: ClusterSubject,
        worker: str,
        reports: Sequence[do.Message],
        unknown: Collection[str],
        sent: Sequence[tuple[str, Event]],
    ) -> Iterator[Demand]:
        """Yield what is due once the scheduler has got reports of a worker, and sent this."""
        released: dict[str, None] = {}
        asked: dict[str, None] = {}
        for message in reports:
            if isinstance(message, do.ReleaseWorkerData):
                released[message.key] = None
            elif isinstance(message, do.TaskFinished | do.AddKeys):
                for key in must.keys_reported(message):
                    released.pop(key, None)
            elif isinstance(message, do.RequestRefreshWhoHas):
                asked.update(dict.fromkeys(message.keys))
            elif isinstance(message, do.StealResponse) and message.state in NEEDS_INPUTS:
                yield from self._stolen(cluster, worker, message.key, sent)
        if released:
            held = [key for key in released if worker in cluster.holders(key)]
            observation = must.ReportedObservation(worker, tuple(released), held)
            yield must.released_values_are_not_counted_on, observation
        if asked and worker in self.running:
            messages = [event for to, event in sent if to == worker]
            answers = [event for event in messages if isinstance(event, events.RefreshWhoHas)]
            drops = [
                event
                for event in messages
                if isinstance(event, events.FreeKeys | events.ForgetKeys)
            ]
            yield (
                must.questions_are_answered,
                must.QuestionObservation(
                    worker,
                    [key for key in asked if key not in unknown],
                    [key for key in asked if key in unknown],
                    {key for has in answers for key in has.who_has},
                    {key for drop in drops for key in drop.keys},
                ),
            )

    def _stolen(
        self, cluster: ClusterSubject, worker: str, key: str, sent: Sequence[tuple[str, Event]]
    ) -> Iterator[Demand]:
        """Compare the worker that gets a task with the one that was to steal it."""
        victim, *_, thief = self.thefts.get(key, ("", ""))
        able = any(
            must.may_run(options, thief, self.resources, self.running)
            for options in self.options.get(key, ())
        )
        if not able or victim != worker or not self.surely_running().get(thief, False):
            return
        taken = len(cluster.processing(thief)) - len(cluster.seceded().get(thief, ()))
        if self.limit is None or taken < self.limit:
            for receiver, event in sent:
                if isinstance(event, events.ComputeTask) and event.key == key:
                    yield (
                        must.stolen_tasks_go_to_the_thief,
                        must.StolenObservation(key, receiver, thief),
                    )

    # What reaches workers, and what they say

    def messages(self, cluster: ClusterSubject, envelope: Envelope) -> Sequence[Event]:
        """Return the messages of a batch that is about to reach a worker."""
        entry = self.read.pop(id(envelope), None)
        return (
            entry[1]
            if entry is not None and entry[0] is envelope
            else cluster.worker_events(envelope)
        )

    def note_messages(
        self, worker: str, messages: Sequence[Event], *threads: Collection[Pair]
    ) -> None:
        """Messages of the scheduler are about to reach a worker.

        Args:
            threads: tables of threads, by worker and key.
        """
        for event in messages:
            if isinstance(event, events.ComputeTask):
                self.to_compute[worker, event.key] = self.contents[worker, event.key] = event.spec
                self.requests[worker, event.key] = event.request
            elif isinstance(event, TAKEN_BACK):
                for key in must.keys_about(event):
                    self.to_compute.pop((worker, key), None)
                    if not isinstance(event, events.CancelCompute):
                        self.contents.pop((worker, key), None)
            elif isinstance(event, events.StealRequest) and not any(
                (worker, event.key) in table for table in threads
            ):
                self.to_compute.pop((worker, event.key), None)
            self._note_peers(worker, event)

    def _note_peers(self, worker: str, event: Event) -> None:
        """A worker is about to hear that a peer is gone, or that another one has its address."""
        gone = self.gone[worker]
        if isinstance(event, events.RemoveWorker):
            gone[event.worker] = None
        elif gone:
            for peer in peers_named(event):
                gone.pop(peer, None)

    def after_messages(
        self, cluster: ClusterSubject, worker: str, messages: Sequence[Event]
    ) -> Iterator[Demand]:
        """Yield what is due once messages of the scheduler have reached a worker."""
        freed: dict[str, None] = {}
        for event in messages:
            if isinstance(event, events.FreeKeys | events.ForgetKeys):
                freed.update(dict.fromkeys(event.keys))
            elif isinstance(event, events.RemoveWorker):
                counted = keys_held(cluster.worker(worker), event.worker)
                observation = must.RemovedObservation(worker, event.worker, counted)
                yield must.removed_peers_are_not_counted_on, observation
            elif freed:
                for key in must.keys_about(event):
                    freed.pop(key, None)
        for key in self._replaced(worker):
            freed.pop(key, None)
        if freed:
            stored = cluster.worker(worker).data()
            yield must.freed_values_are_gone, must.FreedObservation(worker, tuple(freed), stored)

    def _replaced(self, worker: str) -> Sequence[str]:
        """Return the keys whose value on a worker is newer than what it has just been told."""
        found = []
        for pair, under_way in [*self.stored.items()]:
            if pair[0] == worker and under_way != 0:
                found.append(pair[1])
                self.stored[pair] = under_way and under_way - 1
            if self.stored[pair] == 0:
                del self.stored[pair]
        return found

    def after_gather(self, worker: str, gather: do.GatherDep) -> Iterator[Demand]:
        """Yield what is due when a worker asks a peer for keys."""
        if gather.worker in self.gone[worker]:
            observation = must.RemovedObservation(worker, gather.worker, gather.keys)
            yield must.removed_peers_are_not_counted_on, observation

    def after_run(
        self,
        worker: str,
        execute: Execute,
        how: str,
        reports: Sequence[do.Message],
        *,
        was_stored: bool,
    ) -> Iterator[Demand]:
        """Yield what is due after a thread ended, and the worker reported this."""
        pair = (worker, execute.key)
        if execute.spec.run_spec is not None:  # a thread that found its task cancelled ran nothing
            is_asked = self.to_compute.get(pair) == execute.spec
            yield (
                must.runs_are_reported_as_they_ended,
                must.RunObservation(worker, execute.key, how, is_asked, was_stored, reports),
            )


def after_processing(key: str, transitions: Iterable[TaskTransition]) -> str | None:
    """Return the state that a task went to from processing on the scheduler; None: it did not."""
    for move in transitions:
        if move.key == key and move.start == "processing":
            return move.finish
    return None


def peers_named(event: Event) -> Iterator[str]:
    """Yield the workers that a message of the scheduler says to hold something."""
    if isinstance(event, events.ComputeTask | events.AcquireReplicas | events.RefreshWhoHas):
        for peers in event.who_has.values():
            yield from peers


def keys_held(view: WorkerView, peer: str) -> Sequence[str]:
    """Return the keys that a worker believes a peer to hold."""
    known = view.keys()
    return [key for key in known if peer in view.holders(key)]
