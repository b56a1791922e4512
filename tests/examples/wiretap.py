"""Sender, content and arrival of each message, seen at the subject: by identity, without any model.

A tap stands between a world and its subject. It knows each message as an object: the one that a call
returned is the one that a later call is given. Steps are counted where the world takes them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, CallResult, Envelope
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.strategies.text import word


class Seen(NamedTuple):
    """One thing that was sent. ``ended``: the row in which it arrived, or was lost."""

    kind: str
    sender: str
    receiver: str
    says: tuple[str, ...]
    sent: int
    ended: int | None
    fate: str = "arrived"


class Tap:
    """Record of all messages; they are kept alive, so that no identity is used again.

    Attributes:
        row: things that happened so far; 0 before the first step.
        vanished: row after which an object was nowhere any more, and had not arrived.
    """

    def __init__(self) -> None:
        self.row = 0
        self.sent: dict[int, tuple[object, str, str, str, tuple[str, ...], int]] = {}
        self.ended: dict[int, int] = {}
        self.vanished: dict[int, int] = {}
        self.at_once: list[Seen] = []

    def sends(
        self, content: object, kind: str, sender: str, receiver: str, says: Sequence[str]
    ) -> None:
        assert id(content) not in self.sent
        self.sent[id(content)] = (content, kind, sender, receiver, tuple(says), self.row)

    def arrives(self, content: object) -> None:
        assert self.sent[id(content)][0] is content
        assert id(content) not in self.ended
        self.ended[id(content)] = self.row

    def looks(self, world: ClusterWorld) -> None:
        """After a row: what is still under way there?"""
        now = {
            id(item)
            for box in world.mail.values()
            for envelope in box
            for item in (envelope, *request(envelope))
        }
        now |= {
            id(message) for table in (world.unserved, world.served) for message in table.values()
        }
        for number in self.sent:
            if number not in now and number not in self.ended:
                self.vanished.setdefault(number, self.row)

    def seen(self) -> list[Seen]:
        """Everything that was sent, sorted."""
        found = [
            Seen(kind, sender, receiver, says, row, *self.end(number))
            for number, (_, kind, sender, receiver, says, row) in self.sent.items()
        ]
        return sorted([*found, *self.at_once], key=str)

    def end(self, number: int) -> tuple[int | None, str]:
        if number in self.ended:
            return self.ended[number], "arrived"
        lost = self.vanished.get(number)
        return lost, "under way" if lost is None else "lost"


def request(envelope: Envelope) -> Iterator[object]:
    """Yield the requests of a client in an envelope, which the world makes around them."""
    return (
        message
        for message in envelope.messages
        if isinstance(message, client_requests.ClientRequest)
    )


class TappedCluster:
    """A cluster of any subject, with a tap on every call that carries something."""

    def __init__(self, cluster: Any, tap: Tap) -> None:
        self._cluster, self._tap = cluster, tap
        self._gathers: dict[tuple[str, str], do.GatherDep] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster, name)

    def _out(self, outcome: CallResult) -> CallResult:
        for envelope in outcome.envelopes:
            says = self._cluster.message_texts(envelope)
            self._tap.sends(envelope, "message", envelope.sender, envelope.receiver, says)
        for worker, transfer in outcome.actions:
            if isinstance(transfer, do.GatherDep):
                says = [" ".join(("gather-dep", *transfer.keys))]
                self._tap.sends(transfer, "request", worker, transfer.worker, says)
                self._gathers[worker, transfer.worker] = transfer
        return outcome

    def add_worker(self, worker: str) -> CallResult:
        if self._tap.row:
            row = self._tap.row
            self._tap.at_once.append(Seen("call", worker, SCHEDULER, ("join",), row, row))
        return self._out(self._cluster.add_worker(worker))

    def remove_worker(self, worker: str, *, expected: bool = False) -> CallResult:
        return self._out(self._cluster.remove_worker(worker, expected=expected))

    def handle_request(self, client: str, request: Any) -> CallResult:
        self._tap.arrives(request)
        return self._out(self._cluster.handle_request(client, request))

    def deliver(self, envelope: Envelope) -> CallResult:
        self._tap.arrives(envelope)
        return self._out(self._cluster.deliver(envelope))

    def notices(self, envelope: Envelope) -> Any:
        self._tap.arrives(envelope)
        return self._cluster.notices(envelope)

    def remove_client(self, client: str) -> CallResult:
        return self._out(self._cluster.remove_client(client))

    def add_client(self, client: str) -> CallResult:
        if self._tap.row:
            row = self._tap.row
            self._tap.at_once.append(Seen("call", client, SCHEDULER, ("connect",), row, row))
        return self._out(self._cluster.add_client(client))

    def steal(self, key: str, thief: str) -> CallResult:
        return self._out(self._cluster.steal(key, thief))

    def replicate(self, key: str, worker: str) -> CallResult:
        return self._out(self._cluster.replicate(key, worker))

    def drop(self, key: str, worker: str) -> CallResult:
        return self._out(self._cluster.drop(key, worker))

    def gather_on_worker(self, key: str, worker: str) -> CallResult:
        row, text = self._tap.row, f"gather {key}"
        self._tap.at_once.append(Seen("call", SCHEDULER, worker, (text,), row, row))
        return self._out(self._cluster.gather_on_worker(key, worker))

    def gathered(self, key: str, worker: str) -> CallResult:
        return self._out(self._cluster.gathered(key, worker))

    def recompute(self, keys: Sequence[str]) -> CallResult:
        return self._out(self._cluster.recompute(keys))

    def retire(self, worker: str) -> CallResult:
        return self._out(self._cluster.retire(worker))

    def unretire(self, worker: str) -> CallResult:
        return self._out(self._cluster.unretire(worker))

    def manage_memory(self) -> CallResult:
        return self._out(self._cluster.manage_memory())

    def copied(self, worker: str, values: Mapping[str, object]) -> CallResult:
        return self._out(self._cluster.copied(worker, values))

    def overflow(self, worker: str, peer: str, values: Mapping[str, object]) -> CallResult:
        self._tap.arrives(values)
        return self._out(self._cluster.overflow(worker, peer, values))

    def begin(self, worker: str, key: str) -> Any:
        run, outcome = self._cluster.begin(worker, key)
        return run, self._out(outcome)

    def fail_to_store(self, worker: str, key: str, run_id: int) -> CallResult:
        return self._out(self._cluster.fail_to_store(worker, key, run_id))

    def get_data(self, peer: str, keys: Sequence[str]) -> Mapping[str, object]:
        asking = [pair[0] for pair, transfer in self._gathers.items() if transfer.keys is keys]
        if not asking:  # it is for a copy that a worker makes at once
            found: Mapping[str, object] = self._cluster.get_data(peer, keys)
            return found
        (worker,) = asking
        self._tap.arrives(self._gathers.pop((worker, peer)))
        values = dict(self._cluster.get_data(peer, keys))
        says = [" ".join(("data", *(values or ["of", "nothing"])))]
        self._tap.sends(values, "data", peer, worker, says)
        return values

    def handle_event(self, worker: str, event: Any) -> CallResult:
        row = self._tap.row
        match event:
            case events.GatherDepSuccess():
                self._tap.arrives(event.values)
            case events.GatherDepBusy():
                self._tap.arrives(self._gathers.pop((worker, event.worker)))
                answer = Seen("data", event.worker, worker, ("busy",), row, row)
                self._tap.at_once.append(answer)
            case events.GatherDepFailure():
                self._tap.arrives(self._of(event.worker, worker))
            case events.GatherDepNetworkFailure():
                self._gathers.pop((worker, event.worker), None)
            case events.UpdateData():
                text = "update-data"
                self._tap.at_once.append(Seen("call", "client", worker, (text,), row, row))
            case _:
                pass
        return self._out(self._cluster.handle_event(worker, event))

    def _of(self, peer: str, worker: str) -> object:
        """The data that is under way."""
        (found,) = (
            content
            for number, (content, kind, sender, receiver, _, _) in self._tap.sent.items()
            if (kind, sender, receiver) == ("data", peer, worker)
            and number not in self._tap.ended
            and number not in self._tap.vanished
        )
        return found


class TappedMaker:
    """A system whose clusters are tapped."""

    def __init__(self, maker: Any, tap: Tap) -> None:
        self._maker, self._tap = maker, tap

    def __getattr__(self, name: str) -> Any:
        return getattr(self._maker, name)

    def cluster(self, config: Any) -> Any:
        return TappedCluster(self._maker.cluster(config), self._tap)


class TappedSubject:
    """A system whose worker alone is tapped: every call is one row, and nothing waits.

    Attributes:
        calls: event and what was asked for in reply, row by row.
    """

    def __init__(self, subject: Any) -> None:
        self._subject = subject
        self.calls: list[tuple[Any, Sequence[do.Instruction]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._subject, name)

    def worker(self, config: Any) -> Any:
        worker, calls = self._subject.worker(config), self.calls
        handle = worker.handle

        def tapped(event: Any) -> Sequence[do.Instruction]:
            calls.append((event, ()))
            issued: Sequence[do.Instruction] = handle(event)
            calls[-1] = (event, issued)
            return issued

        worker.handle = tapped
        return worker


@contextmanager
def counting(tap: Tap) -> Iterator[None]:
    """Rows are counted, and clients' wishes seen, in every world that there is meanwhile."""
    let, send_request = ClusterWorld.step, ClusterWorld.send_request

    def counted(world: ClusterWorld, *args: Any) -> Any:
        tap.row += 1
        try:
            return let(world, *args)
        finally:
            tap.looks(world)

    def noted(world: ClusterWorld, client: str, request: Any, *, at_once: bool = False) -> None:
        kind = "call" if at_once else "message"
        tap.sends(request, kind, client, SCHEDULER, [word(type(request))])
        send_request(world, client, request, at_once=at_once)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClusterWorld, "step", counted)
        patch.setattr(ClusterWorld, "send_request", noted)
        yield
