"""A model of the clients: what they know and want, and the values that tasks must have."""

import zlib
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from typing import Final

from workerfuzz.statemachine.properties.excuses import Excuse
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.scheduler.client_requests import ClientNotice, NoticeStatus
from workerfuzz.statemachine.worker.task import TaskSpec


def computed(spec: TaskSpec, inputs: Mapping[str, object]) -> str:
    """Return the value of a task: a digest of its parts, so that stale or mixed data shows."""
    text = repr((spec.key, spec.run_spec, [inputs.get(key) for key in spec.dependencies]))
    return f"{spec.key}#{spec.run_spec} {zlib.crc32(text.encode()):08x}"


def drop(table: dict[str, None], keys: Iterable[str]) -> None:
    for key in keys:
        table.pop(key, None)


def with_dependents(keys: Iterable[str], needs: Mapping[str, Collection[str]]) -> Collection[str]:
    """The keys, with all that need them, directly or not."""
    found = dict.fromkeys(keys)
    before = -1
    while before < len(found):
        before = len(found)
        found.update(
            (key, None)
            for key, collection in needs.items()
            if any(need in found for need in collection)
        )
    return found


#: Requests that arrive at once, whatever of the same client is under way.
OVERTAKES: Final = (client_requests.Retry, client_requests.Scattered)

#: Tables of requests and their notices, by client and key.
OF_REQUESTS: Final = (
    "failure_reasons", "failed", "graph_of_request", "scatter_of_request", "released", "late",
    "ended_late", "cancelled", "refused", "orphaned", "failed_after_finish", "dropped",
)  # fmt: skip


class ClientModel:
    """Everything that is known of keys outside of the cluster.

    A request counts as arrived once the scheduler has got the last graph of the client that wants the
    key. What the scheduler sent before is late: an answer to an earlier request, or to another client.
    A scatter arrives at once; requests of the same client that are under way by then are of the past.

    Attributes:
        contents: what was last submitted of a key.
        needs: keys that a key depends on, as far as the scheduler has heard since it was last unused.
        data: values of keys that were scattered, and are no task.
        wants: keys by client, in the order wanted.
        scheduler_wants: the same as far as the scheduler has heard, without those that it was made to
            drop.
        statuses: status of each key as each client believes, by client and key.
        held: keys that a client cancelled; it still has their futures, and so has to release them.
        failure_reasons: reasons of failures, by client and key.
        graphs_sent: graphs that each client submitted.
        graphs_arrived: those of them that the scheduler has got.
        graph_of_request: number of the last graph in which a client wanted a key, by client and key.
        scatters: times that each client scattered a value.
        scatter_of_request: number of the scatter by which a client wants a key, by client and key.
        requests_sent, requests_arrived: requests that each client sent one after the other, and those
            that the scheduler has got.
        overtaken: number of those that were sent before the client scattered a key, by client and key.
        notices_under_way: for each batch of notices to a client, graphs and scatters that had arrived
            when it was sent.
        released: (client, key) that was released once.
        late: (client, key) whose client believes a notice that was sent before the request arrived.
        ended_late: (client, key) with the status by which a late notice ended the request.
        cancelled: (client, key) that the scheduler was made to drop, ``Excuse.CANCELLED``.
        refused: (client, key) of graphs that could not be computed, ``Excuse.UNKNOWN_INPUT``.
        changing: a graph of the client that is under way has other content than the scheduler knows.
        failures: keys, each with the content whose thread ended badly or whose result could not be
            stored; or with None, where a copy did not deserialise.
        lost: scattered keys whose value is gone, ``Excuse.DATA_LOST``.
        orphaned: (client, key) of requests that rested on such a key before it was scattered again.
        deaths: workers that were noticed to be dead while they had a task, since it was unknown.
        dead_actors: actors that were made on such a worker, ``Excuse.ACTOR_DIED``.
        failed_after_finish: (client, key) that was finished, and failed with nobody trying it again.
        disconnecting: clients whose connection has ended without the scheduler knowing.
        removed: clients that the scheduler has removed since.
        dropped: (client, key) that the scheduler has dropped by order of the client, which has not asked
            for it again: later notices about it are of no account.
    """

    def __init__(self, clients: Iterable[str]) -> None:
        self.contents: dict[str, TaskSpec] = {}
        self.needs: dict[str, dict[str, None]] = {}
        self.data: dict[str, str] = {}
        self.wants: dict[str, dict[str, None]] = {client: {} for client in clients}
        self.scheduler_wants: dict[str, dict[str, None]] = {client: {} for client in clients}
        self.statuses: dict[str, dict[str, NoticeStatus]] = {client: {} for client in clients}
        self.held: dict[str, dict[str, None]] = {client: {} for client in clients}
        self.failure_reasons: dict[tuple[str, str], str] = {}
        self.failed: dict[tuple[str, str], None] = {}
        self.graphs_sent: dict[str, int] = dict.fromkeys(clients, 0)
        self.graphs_arrived: dict[str, int] = dict.fromkeys(clients, 0)
        self.graph_of_request: dict[tuple[str, str], int] = {}
        self.scatters: dict[str, int] = dict.fromkeys(clients, 0)
        self.scatter_of_request: dict[tuple[str, str], int] = {}
        self.requests_sent: dict[str, int] = dict.fromkeys(clients, 0)
        self.requests_arrived: dict[str, int] = dict.fromkeys(clients, 0)
        self.overtaken: dict[tuple[str, str], int] = {}
        self.notices_under_way: dict[str, list[tuple[int, int]]] = {
            client: [] for client in clients
        }
        self.released: dict[tuple[str, str], None] = {}
        self.late: dict[tuple[str, str], None] = {}
        self.ended_late: dict[tuple[str, str], NoticeStatus] = {}
        self.cancelled: dict[tuple[str, str], None] = {}
        self.refused: dict[tuple[str, str], None] = {}
        self.changing: dict[str, bool] = dict.fromkeys(clients, False)
        self.failures: dict[tuple[str, TaskSpec | None], None] = {}
        self.lost: dict[str, None] = {}
        self.orphaned: dict[tuple[str, str], None] = {}
        self.deaths: dict[str, int] = {}
        self.dead_actors: dict[str, None] = {}
        self.failed_after_finish: dict[tuple[str, str], None] = {}
        self.dropped: dict[tuple[str, str], None] = {}
        self.disconnecting: dict[str, None] = {}
        self.removed: dict[str, None] = {}

    def begin_anew(self) -> dict[str, tuple[str, ...]]:
        """Forget all that was asked of a scheduler which is lost, and what it said.

        Returns the keys that each client wants.
        """
        wanted = {client: tuple(keys) for client, keys in self.wants.items()}
        for name, empty in vars(ClientModel(self.wants)).items():
            if name not in ("contents", "data"):
                table = getattr(self, name)
                table.clear()
                table.update(empty)
        return wanted

    # Requests

    def note_request(self, client: str, request: client_requests.ClientRequest) -> None:
        """A client asks; from now on it believes accordingly."""
        statuses = self.statuses[client]
        if not isinstance(request, OVERTAKES):
            self.requests_sent[client] += 1
        match request:
            case client_requests.Submit():
                drop(self.held[client], request.wanted)
                self.note_graph(client, request)
                for key in request.wanted:
                    self.note_wanted(client, key)
            case client_requests.Release():
                self.release(client, request.keys)
                drop(self.held[client], request.keys)
            case client_requests.Cancel():
                self.held[client].update(dict.fromkeys(request.keys))
                self.release(client, request.keys)
            case client_requests.Retry():
                for key in request.keys:
                    statuses[key] = NoticeStatus.PENDING
                    self.failed.pop((client, key), None)
            case client_requests.Scattered():
                self.scatters[client] += 1
                drop(self.held[client], request.who_has)
                for key in request.who_has:
                    self.wants[client][key] = None
                    self.begin_request(client, key)
                    self.graph_of_request[client, key] = self.graphs_arrived[
                        client
                    ]  # it overtakes graphs
                    self.scatter_of_request[client, key] = self.scatters[client]
                    self.overtaken[client, key] = self.requests_sent[client]
                    self.dropped.pop((client, key), None)
                    self.failed.pop((client, key), None)
                    statuses[key] = NoticeStatus.FINISHED

    def note_wanted(self, client: str, key: str) -> None:
        """A graph is for a key; what the client believes of it already is of an earlier request."""
        statuses = self.statuses[client]
        self.wants[client][key] = None
        self.begin_request(client, key)
        self.dropped.pop((client, key), None)
        if statuses.get(key) in (None, NoticeStatus.CANCELLED):
            statuses[key] = NoticeStatus.PENDING
        elif statuses[key] is not NoticeStatus.PENDING:
            self.late[client, key] = None

    def note_graph(self, client: str, graph: client_requests.Submit) -> None:
        self.graphs_sent[client] += 1
        for spec in graph.specs:
            if self.contents.get(spec.key, spec) != spec:
                self.changing[client] = True
            self.contents[spec.key] = spec

    def begin_request(self, client: str, key: str) -> None:
        """The client wants a key, whatever became of an earlier request of it."""
        self.graph_of_request[client, key] = self.graphs_sent[client]
        for table in (self.late, self.ended_late, self.cancelled, self.refused, self.orphaned):
            table.pop((client, key), None)
        self.scatter_of_request.pop((client, key), None)

    def release(self, client: str, keys: Iterable[str]) -> None:
        for key in keys:
            self.released[client, key] = None
            self.dropped.pop((client, key), None)
            self.wants[client].pop(key, None)
            self.statuses[client].pop(key, None)
            self.failed.pop((client, key), None)
            self.begin_request(client, key)

    def note_value(self, key: str, *, is_lost: bool) -> None:
        """The scheduler is about to hear that a value was scattered, which may be gone by then.

        What rested on a former value of the key that is gone is excused as before.
        """
        if self.is_lost_data(key):
            for client, wanted in self.wants.items():
                for wanted_key in wanted:
                    if key in self.needed_by((wanted_key,)):
                        self.orphaned[client, wanted_key] = None
        self.lost.pop(key, None)
        if is_lost:
            self.lost[key] = None

    # Connections

    def disconnect(self, client: str) -> None:
        """The connection of a client ends: nothing that it wanted is judged any more."""
        self.disconnecting[client] = None
        for table in (self.wants, self.held, self.statuses, self.notices_under_way):
            table[client].clear()
        for name in OF_REQUESTS:
            pairs = getattr(self, name)
            for pair in [pair for pair in pairs if pair[0] == client]:
                del pairs[pair]

    def disconnected(self, client: str) -> None:
        """The scheduler is about to remove a client, whose requests under way are lost."""
        del self.disconnecting[client]
        self.removed[client] = None
        self.scheduler_wants[client].clear()
        for pair in [pair for pair in (*self.overtaken, *self.refused) if pair[0] == client]:
            self.overtaken.pop(pair, None)
            self.refused.pop(pair, None)
        for counts in (
            self.graphs_sent, self.graphs_arrived, self.scatters, self.requests_sent,
            self.requests_arrived,
        ):  # fmt: skip
            counts[client] = 0

    # Requests that arrive

    def is_overtaken(self, client: str, key: str) -> bool:
        """Return whether the client scattered a key after its last request that has arrived."""
        return self.overtaken.get((client, key), 0) >= self.requests_arrived[client]

    def note_arrival(self, client: str, request: client_requests.ClientRequest) -> None:
        """The scheduler gets what a client asked for."""
        if not isinstance(request, OVERTAKES):
            self.requests_arrived[client] += 1
        match request:
            case client_requests.Submit():
                self.graphs_arrived[client] += 1
                if self.graphs_arrived[client] == self.graphs_sent[client]:
                    self.changing[client] = False
                self.note_graph_arrival(client, request)
            case client_requests.Cancel():
                self.note_release(client, request.keys)
                self.note_cancellation(client, request)
            case client_requests.Release():
                self.note_release(client, request.keys)
            case client_requests.Scattered():
                if client not in self.removed:
                    self.scheduler_wants[client].update(dict.fromkeys(request.who_has))
            case client_requests.Retry():
                pass

    def note_release(self, client: str, keys: Iterable[str]) -> None:
        """The scheduler hears that a client does not want keys any more."""
        drop(
            self.scheduler_wants[client],
            [key for key in keys if not self.is_overtaken(client, key)],
        )

    def note_cancellation(self, client: str, request: client_requests.Cancel) -> None:
        """The scheduler is made to drop keys with all that needs them."""
        for key in with_dependents(request.keys, self.needs):
            for other in self.wants if request.force else (client,):
                if other != client or not self.is_overtaken(client, key):
                    self.note_cancelled(other, key)

    def note_cancelled(self, client: str, key: str) -> None:
        """The scheduler is made to drop what a client wants."""
        self.scheduler_wants[client].pop(key, None)
        if key in self.wants[client] and self.has_arrived(client, key):
            self.cancelled[client, key] = None

    def note_graph_arrival(self, client: str, graph: client_requests.Submit) -> None:
        """Note inputs, of what is in use beside those that it had, and whether they can be had."""
        in_use = self.in_use()
        listed = {spec.key for spec in graph.specs}
        inputs = {need for spec in graph.specs for need in spec.dependencies if need not in listed}
        for spec in graph.specs:
            if spec.key not in in_use:
                self.needs[spec.key] = {}
            self.needs.setdefault(spec.key, {}).update(dict.fromkeys(spec.dependencies))
        if any(need not in in_use or self.is_lost_data(need) for need in inputs):
            self.refused.update(dict.fromkeys((client, key) for key in graph.wanted))
            drop(self.scheduler_wants[client], graph.wanted)
        else:
            self.scheduler_wants[client].update(dict.fromkeys(graph.wanted))

    def has_arrived(self, client: str, key: str) -> bool:
        """Return whether the scheduler has got the last graph in which the client wants the key."""
        return self.graph_of_request[client, key] <= self.graphs_arrived[client]

    def in_use(self) -> Collection[str]:
        """Keys that a client wants, as the scheduler has heard, with all that they rest on."""
        return self.closure(key for heard in self.scheduler_wants.values() for key in heard)

    def may_be_in_use(self, known: Container[str]) -> Collection[str]:
        """The same with what may be: of a graph with unknown inputs, systems refuse more or less.

        Args:
            known: keys that the scheduler has a record of; what is wanted without one is given up.
        """
        heard = (key for keys in self.scheduler_wants.values() for key in keys)
        refused = (key for client, key in self.refused if key in self.wants[client])
        return self.closure(key for key in (*heard, *refused) if key in known)

    def closure(
        self, keys: Iterable[str], behind: Callable[[str], bool] = lambda key: True
    ) -> Collection[str]:
        """The keys with all that they depend on, as the scheduler has heard.

        Inputs are followed *behind* the keys for which that is true.
        """
        found: dict[str, None] = {}
        left = list(keys)
        while left:
            key = left.pop()
            if key not in found:
                found[key] = None
                left += self.needs.get(key, ()) if behind(key) else ()
        return found

    # Notices

    def note_sent(self, client: str) -> None:
        """The scheduler sends a batch of notices to a client."""
        self.notices_under_way[client].append((self.graphs_arrived[client], self.scatters[client]))

    def note_delivered(self, client: str, notices: Iterable[ClientNotice]) -> None:
        """The oldest batch of notices reaches a client."""
        arrived = self.notices_under_way[client].pop(0)
        for notice in notices:
            self.note_notice(client, notice, arrived)

    def is_late(self, pair: tuple[str, str], arrived: tuple[int, int]) -> bool:
        """Return whether what was sent by then is no answer to the last request for a key."""
        graphs, scatters = arrived
        return graphs < self.graph_of_request[pair] or scatters < self.scatter_of_request.get(
            pair, 0
        )

    def note_notice(self, client: str, notice: ClientNotice, arrived: tuple[int, int]) -> None:
        """A notice reaches a client. A client that can tell ignores a late one.

        Args:
            arrived: graphs and scatters of the client that the scheduler had got when it sent the
                notice.
        """
        pair = (client, notice.key)
        if notice.key not in self.wants[client] or pair in self.dropped:
            return
        if notice.requests is not None and self.is_late(pair, notice.requests):
            return
        is_late = self.is_late(pair, arrived)
        if is_late and pair in self.scatter_of_request and notice.status is NoticeStatus.FINISHED:
            return  # which it is, by the answer to the scatter
        was_finished = (
            self.statuses[client][notice.key] is NoticeStatus.FINISHED and pair not in self.late
        )
        self.statuses[client][notice.key] = notice.status
        if is_late:
            self.late[pair] = None
            if notice.status in (NoticeStatus.CANCELLED, NoticeStatus.ERRED):
                self.ended_late.setdefault(pair, notice.status)
        else:
            self.late.pop(pair, None)
            if notice.status is NoticeStatus.CANCELLED:
                self.dropped[pair] = None
        if notice.status is NoticeStatus.ERRED:
            self.failure_reasons[pair] = notice.reason
            if was_finished and not is_late:
                self.failed_after_finish[pair] = None
            self.failed[pair] = None
        else:
            self.failed.pop(pair, None)

    # Workers

    def note_death(
        self,
        processing: Iterable[str],
        held_before: Mapping[str, Collection[str]],
        held_after: Mapping[str, Collection[str]],
    ) -> None:
        """The scheduler noticed that a worker is dead.

        Args:
            processing: tasks that the worker had.
            held_before: workers that held what it held, by key, as the scheduler knew.
            held_after: the same as it knows now.
        """
        for key in processing:
            self.deaths[key] = self.deaths.get(key, 0) + 1
        for key in (*processing, *held_before):
            if self.is_actor(key):
                self.dead_actors[key] = None
        for key in held_before:
            if key in self.data and not held_after[key]:
                self.lost[key] = None

    # Excuses

    def is_excused(self, excuse: Excuse, client: str, key: str) -> bool:
        """Return whether a request may end as the excuse says, and not with the value of the key."""
        match excuse:
            case Excuse.CANCELLED:
                return (client, key) in self.cancelled
            case Excuse.UNKNOWN_INPUT:
                return (client, key) in self.refused
            case Excuse.DATA_LOST:
                needed = self.needed_by((key,))
                return (client, key) in self.orphaned or any(map(self.is_lost_data, needed))
            case Excuse.FAILED:
                return any(self.has_failed(reader) for reader in self.needed_by((key,)))
            case Excuse.ACTOR_DIED:
                return any(reader in self.dead_actors for reader in self.needed_by((key,)))
            case Excuse.DEATHS | Excuse.NO_WORKER:
                raise NotImplementedError(excuse)

    def is_lost_data(self, key: str) -> bool:
        """Return whether it is a scattered value that is gone, or that every client has released."""
        wanted = any(key in heard for heard in self.scheduler_wants.values())
        return key in self.data and (key in self.lost or not wanted)

    def has_failed(self, key: str) -> bool:
        """Return whether the content that is wanted of a key by now did fail, once."""
        return (key, None) in self.failures or (key, self.contents.get(key)) in self.failures

    def dependents_of(self, keys: Iterable[str]) -> Collection[str]:
        """The keys with all that depend on them."""
        return with_dependents(
            keys, {key: spec.dependencies for key, spec in self.contents.items()}
        )

    def needed_by(self, keys: Iterable[str]) -> Collection[str]:
        """The keys with all that they depend on."""
        found: dict[str, None] = {}
        left = list(keys)
        while left:
            key = left.pop()
            if key not in found:
                found[key] = None
                left += self.contents[key].dependencies if key in self.contents else ()
        return found

    def is_actor(self, key: str) -> bool:
        """Its value lives where it was made, and dies there."""
        return key in self.contents and self.contents[key].actor

    def expected(self, key: str) -> str:
        """The value that a key must have."""
        known: dict[str, str] = dict(self.data)

        def value(key: str) -> str:
            if key not in known:
                spec = self.contents[key]
                known[key] = computed(spec, {need: value(need) for need in spec.dependencies})
            return known[key]

        return value(key)
