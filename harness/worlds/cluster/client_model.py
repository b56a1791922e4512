"""A model of the clients: what they know and want, and the values that tasks must have."""

import zlib
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.scheduler.client_requests import ClientNotice, NoticeStatus
from workerfuzz.statemachine.worker.task import TaskSpec

#: From here on nothing but another message changes what a client believes.
SETTLED: Final = frozenset({NoticeStatus.FINISHED, NoticeStatus.ERRED, NoticeStatus.CANCELLED})


def computed(spec: TaskSpec, inputs: Mapping[str, object]) -> str:
    """Return the value of a task: a digest of its parts, so that stale or mixed data shows."""
    text = repr((spec.key, spec.run_spec, [inputs.get(key) for key in spec.dependencies]))
    return f"{spec.key}#{spec.run_spec} {zlib.crc32(text.encode()):08x}"


def drop(table: dict[str, None], keys: Iterable[str]) -> None:
    for key in keys:
        table.pop(key, None)


def growing(keys: Iterable[str], needs: Mapping[str, Collection[str]]) -> Collection[str]:
    """The keys, with all that need them, directly or not."""
    found = dict.fromkeys(keys)
    before = -1
    while before < len(found):
        before = len(found)
        found.update(
            (key, None) for key, its in needs.items() if any(need in found for need in its)
        )
    return found


class ClientModel:
    """Everything that is known of keys outside of the cluster.

    Attributes:
        contents: what was last submitted of a key.
        ever: keys that a key depended on, in whichever of its contents.
        data: values of keys that were scattered, and are no task.
        wants: keys by client, in the order wanted.
        told: what each client believes, by key.
        held: keys that a client cancelled; it still has their futures, and so has to let go of them.
        why: reasons of failures, by client and key.
        given_up: keys that some client cancelled, with all that depended on them, then or before: the
            scheduler may not know yet of what was submitted last.
        at_risk: keys of graphs that rest on scattered values, or on keys that are not in the graph:
            without these, all of the graph is cancelled.
        unread: graphs of each client that the scheduler has not got yet.
        changing: one of them has other content than the scheduler knows.
        failures: keys, each with the content whose thread ended badly or whose result could not be
            stored; or with None, where a copy did not deserialise.
        lost: scattered keys whose value may be gone, because a worker that held it died.
        undone: (client, key) that was finished, and failed with nobody trying it again.
        dropped: (client, key) that the scheduler has dropped by order of the client, which has not asked
            for it again: what is told of it afterwards is of no account.
        released: (client, key) that was let go once: news of it may be older than that.
        deaths: workers that died.
    """

    def __init__(self, clients: Iterable[str]) -> None:
        self.contents: dict[str, TaskSpec] = {}
        self.ever: dict[str, dict[str, None]] = {}
        self.data: dict[str, str] = {}
        self.wants: dict[str, dict[str, None]] = {client: {} for client in clients}
        self.told: dict[str, dict[str, NoticeStatus]] = {client: {} for client in clients}
        self.held: dict[str, dict[str, None]] = {client: {} for client in clients}
        self.why: dict[tuple[str, str], str] = {}
        self.failed: dict[tuple[str, str], None] = {}
        self.given_up: dict[str, None] = {}
        self.at_risk: dict[str, None] = {}
        self.unread: dict[str, int] = dict.fromkeys(clients, 0)
        self.changing: dict[str, bool] = dict.fromkeys(clients, False)
        self.failures: dict[tuple[str, TaskSpec | None], None] = {}
        self.lost: dict[str, None] = {}
        self.undone: dict[tuple[str, str], None] = {}
        self.dropped: dict[tuple[str, str], None] = {}
        self.released: dict[tuple[str, str], None] = {}
        self.deaths = 0

    def note_wish(self, client: str, wish: client_requests.ClientRequest) -> None:
        """A client asks; from now on it believes accordingly."""
        wants, told = self.wants[client], self.told[client]
        match wish:
            case client_requests.Submit():
                drop(self.held[client], wish.wanted)
                self.note_graph(client, wish)
                for key in wish.wanted:
                    wants[key] = None
                    if self.dropped.pop((client, key), client) is None:
                        told[key] = NoticeStatus.PENDING
                    told.setdefault(key, NoticeStatus.PENDING)
            case client_requests.Release():
                self.let_go(client, wish.keys)
                drop(self.held[client], wish.keys)
            case client_requests.Cancel():
                self.given_up.update(dict.fromkeys(growing(wish.keys, self.ever)))
                self.held[client].update(dict.fromkeys(wish.keys))
                self.let_go(client, wish.keys)
            case client_requests.Retry():
                for key in wish.keys:
                    told[key] = NoticeStatus.PENDING
                    self.failed.pop((client, key), None)
            case client_requests.Scattered():
                for key in wish.who_has:
                    wants[key] = None
                    told[key] = NoticeStatus.FINISHED

    def note_graph(self, client: str, graph: client_requests.Submit) -> None:
        self.unread[client] += 1
        listed = {spec.key for spec in graph.specs}
        for spec in graph.specs:
            if self.contents.get(spec.key, spec) != spec:
                self.changing[client] = True
            self.contents[spec.key] = spec
            self.ever.setdefault(spec.key, {}).update(dict.fromkeys(spec.dependencies))
        if any(need not in listed for spec in graph.specs for need in spec.dependencies):
            self.at_risk.update(dict.fromkeys(graph.wanted))

    def note_arrival(self, client: str, wish: client_requests.ClientRequest) -> None:
        """The scheduler gets what a client asked for."""
        if isinstance(wish, client_requests.Submit):
            self.unread[client] -= 1
            if not self.unread[client]:
                self.changing[client] = False

    def let_go(self, client: str, keys: Iterable[str]) -> None:
        for key in keys:
            self.released[client, key] = None
            self.dropped.pop((client, key), None)
            self.wants[client].pop(key, None)
            self.told[client].pop(key, None)
            self.failed.pop((client, key), None)

    def note_told(self, client: str, told: ClientNotice) -> None:
        """A message of the scheduler reached a client."""
        if told.key not in self.wants[client]:
            return
        if (client, told.key) in self.dropped:
            return
        before, self.told[client][told.key] = self.told[client][told.key], told.status
        if told.status is NoticeStatus.CANCELLED:
            self.dropped[client, told.key] = None
        if told.status is NoticeStatus.ERRED:
            self.why[client, told.key] = told.reason
            if before is NoticeStatus.FINISHED and (client, told.key) not in self.released:
                self.undone[client, told.key] = None
            self.failed[client, told.key] = None
        else:
            self.failed.pop((client, told.key), None)

    def has_failed(self, key: str) -> bool:
        """Return whether the content that is wanted of a key by now did fail, once."""
        return (key, None) in self.failures or (key, self.contents.get(key)) in self.failures

    def resting_on(self, keys: Iterable[str]) -> Collection[str]:
        """The keys with all that depend on them."""
        return growing(keys, {key: spec.dependencies for key, spec in self.contents.items()})

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
