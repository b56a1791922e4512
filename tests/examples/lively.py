"""A cluster of ours whose mail is delivered in order, for examples that need real workers."""

from collections import deque

from workerfuzz.harness.subjects.cluster_protocol import (
    SCHEDULER,
    CallResult,
    ClusterConfig,
    Envelope,
)
from workerfuzz.harness.subjects.reference.cluster import ReferenceCluster
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do


class Lively:
    """A cluster and its mail.

    Attributes:
        running: tasks that threads run, by worker and key.
        open: transfers that are open, by worker and peer.
        told: the last thing that each client was told, by key.
    """

    def __init__(self, workers: int = 2, config: ClusterConfig | None = None) -> None:
        self.cluster = ReferenceCluster(config or ClusterConfig())
        self.mail: deque[Envelope] = deque()
        self.running: dict[tuple[str, str], do.Execute] = {}
        self.open: dict[tuple[str, str], do.GatherDep] = {}
        self.told: dict[str, str] = {}
        for number in range(workers):
            self.take(self.cluster.add_worker(f"w{number}"))

    def take(self, outcome: CallResult) -> None:
        """Note what a call led to, and check every property of everybody."""
        self.mail += outcome.envelopes
        for worker, action in outcome.actions:
            if isinstance(action, do.Execute):
                self.running[worker, action.key] = action
            elif isinstance(action, do.GatherDep):
                self.open[worker, action.worker] = action
        for participant in (SCHEDULER, *self.cluster.processes):
            broken = [
                (item.name, why) for item, why in self.cluster.check(participant, thoroughly=True)
            ]
            assert broken == []

    def deliver(self) -> None:
        """Everything that is in the mail arrives, and what is sent in reply."""
        while self.mail:
            envelope = self.mail.popleft()
            if envelope.receiver == SCHEDULER or envelope.receiver in self.cluster.processes:
                self.take(self.cluster.deliver(envelope))
            else:
                self.told |= {
                    notice.key: str(notice.status) for notice in self.cluster.notices(envelope)
                }

    def end(self, worker: str, key: str, value: object = 1) -> None:
        """A task ends well, and whoever has to know does."""
        execution = self.running.pop((worker, key))
        event = events.ExecuteSuccess(key=key, run_id=execution.run_id, value=value)
        self.take(self.cluster.handle_event(worker, event))
        self.deliver()

    def copy(self) -> None:
        """Every transfer that is open is served and arrives."""
        while self.open:
            (worker, peer), gather = self.open.popitem()
            values = self.cluster.get_data(peer, gather.keys)
            event = events.GatherDepSuccess(worker=peer, values=values)
            self.take(self.cluster.handle_event(worker, event))
            self.deliver()

    def handle_request(self, request: object, client: str = "me") -> None:
        """A client asks for something, and whoever has to know does."""
        self.take(self.cluster.handle_request(client, request))  # type: ignore[arg-type]  # any wish
        self.deliver()

    def states(self) -> dict[str, str | None]:
        return {key: self.cluster.state(key) for key in sorted(self.cluster.keys())}
