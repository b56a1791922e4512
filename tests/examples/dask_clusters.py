"""A cluster of Dask with surroundings: mailboxes, threads and transfers, honest or by a seed."""

import random
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from workerfuzz.harness.subjects.cluster_protocol import (
    SCHEDULER,
    CallResult,
    ClusterConfig,
    Envelope,
)
from workerfuzz.harness.subjects.dask.cluster.cluster import DaskCluster, DaskClusterSystem
from workerfuzz.harness.subjects.protocol import SubjectRaised
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.worker import events as ev
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.task import TaskSpec


def config(
    *, nthreads: int = 1, resources: Mapping[str, float] = MappingProxyType({}), **others: Any
) -> ClusterConfig:
    """Options of every worker, and of the cluster."""
    worker = WorkerConfig(nthreads=nthreads, resources=resources)
    return ClusterConfig(worker=worker, **others)


def graph(text: str, **options: client_requests.Options) -> client_requests.Submit:
    """``"a b(a) c(a,b) want c"``; an actor is written ``@a``."""
    tasks, _, wanted = text.partition(" want ")
    specs = []
    for word in tasks.split():
        name, _, inputs = word.partition("(")
        dependencies = tuple(inputs.rstrip(")").split(",")) if inputs else ()
        key = name.lstrip("@")
        specs.append(TaskSpec(key=key, dependencies=dependencies, actor=name != key))
    return client_requests.Submit(specs=tuple(specs), wanted=tuple(wanted.split()), options=options)


class Surroundings:
    """Keeps what a cluster sent and wants, and lets it happen when told to.

    Attributes:
        told: what clients were told, in order.
        log: all that could be seen, as text.
        broken: properties that are.
    """

    def __init__(self, cluster: DaskCluster, *workers: str) -> None:
        self.cluster = cluster
        self.mail: dict[tuple[str, str], deque[Envelope]] = defaultdict(deque)
        self.actions: list[tuple[str, do.Execute | do.GatherDep | do.RetryBusyWorkerLater]] = []
        self.threads: list[tuple[str, do.Execute]] = []
        self.told: list[client_requests.ClientNotice] = []
        self.log: list[str] = []
        self.broken: list[str] = []
        for worker in workers:
            self.see(cluster.add_worker(worker))

    def see(self, outcome: CallResult, participant: str = SCHEDULER) -> None:
        """Keep what a call led to."""
        for envelope in outcome.envelopes:
            self.log.append(f"{envelope.sender} -> {envelope.receiver}: {envelope.messages}")
            self.log += self.cluster.message_texts(envelope)
            if envelope.receiver.startswith("client"):
                self.told += self.cluster.notices(envelope)
            else:
                self.mail[envelope.sender, envelope.receiver].append(envelope)
        self.actions += outcome.actions
        self.log += map(repr, outcome.actions)
        self.log += map(repr, self.cluster.transitions())
        for item, what in self.cluster.check(participant, thoroughly=True):
            self.broken.append(f"{item.name}: {what}")

    def handle_request(
        self, request: client_requests.ClientRequest, client: str = "client"
    ) -> None:
        self.see(self.cluster.handle_request(client, request))

    def handle_event(self, worker: str, event: ev.Event) -> None:
        self.see(self.cluster.handle_event(worker, event), worker)

    def deliver(self, *pair: str) -> None:
        """The oldest batch between two participants."""
        self.see(self.cluster.deliver(self.mail[pair[0], pair[1]].popleft()), pair[1])

    def deliver_all(self) -> None:
        while pairs := [pair for pair, envelopes in self.mail.items() if envelopes]:
            self.deliver(*pairs[0])

    def act(self) -> None:
        """Threads begin, transfers succeed, until only threads are left."""
        self.deliver_all()
        while self.actions:
            worker, action = self.actions.pop(0)
            match action:
                case do.Execute():
                    found, outcome = self.cluster.begin(worker, action.key)
                    self.threads += [(worker, found)] if found else []
                    self.see(outcome, worker)
                case do.GatherDep():
                    values = self.cluster.get_data(action.worker, action.keys)
                    self.handle_event(
                        worker, ev.GatherDepSuccess(worker=action.worker, values=values)
                    )
                case do.RetryBusyWorkerLater():
                    self.handle_event(worker, ev.RetryBusyWorker(worker=action.worker))
            self.deliver_all()

    def finish(self, key: str = "") -> None:
        """Let a thread, or every one there will be, end well."""
        self.act()
        while threads := [message for message in self.threads if key in ("", message[1].key)]:
            worker, run = threads[0]
            self.threads.remove(threads[0])
            value = (run.key, *run.inputs.values())
            self.handle_event(
                worker, ev.ExecuteSuccess(key=run.key, run_id=run.run_id, value=value)
            )
            self.act()

    def fail(self, key: str) -> None:
        self.act()
        worker, run = next(message for message in self.threads if message[1].key == key)
        self.threads.remove((worker, run))
        self.handle_event(
            worker, ev.ExecuteFailure(key=key, run_id=run.run_id, exception="no luck")
        )
        self.act()

    def remove_worker(self, worker: str) -> None:
        self.mail = defaultdict(
            deque, {name: envelopes for name, envelopes in self.mail.items() if worker not in name}
        )
        self.actions = [message for message in self.actions if message[0] != worker]
        self.threads = [message for message in self.threads if message[0] != worker]
        self.see(self.cluster.remove_worker(worker))

    def last_told(self) -> dict[str, str]:
        return {told.key: told.status.value for told in self.told}


def walked(seed: int, steps: int = 60) -> Iterator[str]:
    """Yield the observable events of a run that a seed decides."""
    chooser = random.Random(seed)
    cluster = DaskClusterSystem().cluster(config(nthreads=2, resources={"cpu": 1.0}))
    run = Surroundings(cluster, "w0", "w1", "w2")
    try:
        for step in range(steps):
            _walk(run, chooser, step)
    except SubjectRaised as raised:
        run.log.append(str(raised))
    finally:
        cluster.close()
    return iter(run.log)


def _walk(run: Surroundings, chooser: random.Random, step: int) -> None:
    keys = chooser.sample("abcdefgh", 4)
    if step % 6 == 0:
        text = f"{keys[0]} {keys[1]} {keys[2]}({keys[0]},{keys[1]}) {keys[3]}({keys[0]})"
        options = {keys[3]: client_requests.Options(resources={"cpu": 1.0}, retries=1)}
        run.handle_request(graph(f"{text} want {keys[2]} {keys[3]}", **options))
    elif step % 11 == 0:
        run.handle_request(client_requests.Release(keys=(keys[0],)))
    elif pairs := chooser.choice((run.cluster.stealable(), run.cluster.replicable())):
        call = run.cluster.steal if pairs == run.cluster.stealable() else run.cluster.replicate
        run.see(call(*chooser.choice(pairs)))
    elif run.threads and chooser.random() < 0.7:
        (run.finish if chooser.random() < 0.5 else run.fail)(chooser.choice(run.threads)[1].key)
    else:
        run.act()
