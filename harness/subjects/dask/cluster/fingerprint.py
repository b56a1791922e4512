"""A fingerprint of a scheduler and its workers: everything that can be reached from them counts.

Tables, counters, caches and heaps with their stale entries are part of it. What is not is listed in
``EXCLUDED``, with a reason; ids are told apart, and no more.
"""

import collections
import enum
import functools
import hashlib
import marshal
import operator
import re
import types
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from workerfuzz.harness.subjects.dask.cluster.copying import OF_LOOPS, slots_of
from workerfuzz.harness.subjects.dask.instrumentation import DaskObject, Name, address
from workerfuzz.statemachine.worker.canonical import Canonical, LocalNumbers
from workerfuzz.statemachine.worker.task import Priority, TaskSpec

#: Attributes, and keys of tables with fixed keys, that are left out; by the reason.
EXCLUDED: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "reads a clock, and is compared with readings of it alone": (
            "last_seen", "last-seen", "idle_since", "time_started", "_no_workers_since",
            "_last_time", "_memory_unmanaged_history", "total_nthreads_history", "_previous_ts",
            "_cumulative_elapsed", "start_time", "stop_time", "_callback_time", "time_delay",
        ),
        "a log, or what somebody reads in a log or on a dashboard": (
            "log", "stimulus_log", "transition_log", "_transition_log", "transitions", "computations",
            "erred_tasks", "events", "event_counts", "startstops", "metrics", "state_counts",
            "executed_count", "transfer_incoming_count_total", "incoming_count", "outgoing_count",
            "cumulative_worker_metrics", "bandwidth", "bandwidth_workers", "bandwidth_types",
            "_client_connections_added_total", "_client_connections_removed_total",
            "_workers_added_total", "_workers_removed_total", "count", "digests", "task_counter",
            "_all_durations_us", "_duration_us", "all_durations", "duration", "_types", "types",
            "start", "stop", "nbytes_total", "counters", "spans", "traceback_text",
        ),
        "counts within one call, or is of the last call": (
            "transition_counter", "_idle_transition_counter", "open_transition", "_known_before",
            "_last_event", "stimulus_id_of_last_event", "messages", "actions", "_decisions",
            "_outbox", "outbox", "stimuli",
        ),
        "makes ids and priorities of later things, which are told apart, or come after these": (
            "generation", "_inc", "_events", "_requests", "_request_counter", "_last_client",
            "_unique_id",
        ),
        "methods, and parts of a process, that do nothing here": (
            "handlers", "stream_handlers", "extensions", "plugins", "_transitions_table", "rpc",
            "periodic_callbacks", "_in_flight_event", "_replica_lock", "_starting_nannies_cond",
            "_broker", "release", "rng", "security", "connection_args", "loop", "io_loop",
            "_ongoing_background_tasks", "scheduler_ref", "server_id", "_hash",
        ),
        "follows from the configuration of the run, or from other tables": (
            "_config", "versions", "services", "_worker_collections", "_sorted",
        ),
    }
)  # fmt: skip

#: The same, without the reasons.
LEFT_OUT: Final = frozenset(name for names in EXCLUDED.values() for name in names)

#: Attributes by which an object is known.
LABELS: Final = ("key", "address", "client_key", "name")

#: A part of a fingerprint: a constant, the name of an object, or a number that stands for an id.
Token: TypeAlias = Any

#: Writes a value.
Writer: TypeAlias = Callable[["Fingerprint", DaskObject], None]

#: Names and addresses of workers.
WORKER: Final = re.compile(r"w[0-9]+(:0)?")

#: Stimulus ids that somebody compares: those of steal requests.
STEAL: Final = "steal"


class Fingerprint:
    """The walk through everything that can be reached.

    Attributes:
        tokens: written so far; flat, as each object and container says how much belongs to it.
    """

    def __init__(self, canonical: Canonical) -> None:
        self.canonical = canonical
        self.names = addresses(canonical.names)
        self.tokens: list[Token] = []
        self._known: dict[int, Token] = {}
        self._count: dict[Token, int] = {}
        self._kept: list[object] = []
        self._left: collections.deque[DaskObject] = collections.deque()
        self._heaps: list[DaskObject] = []

    def write(self, value: DaskObject) -> None:
        """Write a value; the content of objects comes later, each once."""
        kind = type(value)
        writer = WRITERS.get(kind)
        if writer is None:
            writer = WRITERS[kind] = writer_of(kind)
        writer(self, value)

    def finished(self) -> tuple[Token, ...]:
        """Write everything that was referred to; return all of it."""
        left = self._left
        while left:
            member = left.popleft()
            self.content(member)
        for heap in self._heaps:
            self.heap(heap)
        return tuple(self.tokens)

    def content(self, value: DaskObject) -> None:
        """Write the attributes of an object, and its items where it is a container."""
        self.tokens.append(self._known[id(value)])
        for name in slots_of(type(value)):
            if name not in LEFT_OUT and hasattr(value, name):
                self.attribute(name, getattr(value, name))
        for name, member in getattr(value, "__dict__", {}).items():
            if name not in LEFT_OUT:
                self.attribute(name, member)

    def attribute(self, name: str, value: DaskObject) -> None:
        """Write an attribute, or an entry of a table with fixed keys; ids are told by their names."""
        kind = type(value)
        if kind in CONSTANT and name not in BY_NAME:
            if value:
                self.tokens += (name, value)
            return
        self.tokens.append(name)
        writer = BY_NAME.get(name)
        if writer is None:
            self.write(value)
        else:
            writer(self, value)

    def reference(self, value: DaskObject) -> Token:
        """Return the name of an object, which is known by its key or address; told from its like."""
        found = self._known.get(id(value))
        if found is None:
            label = self.label(value)
            number = self._count[label] = self._count.get(label, 0) + 1
            found = self._known[id(value)] = (*label, number)
            self._kept.append(value)
            self._left.append(value)
        return found

    def label(self, value: DaskObject) -> tuple[str, str]:
        kind = type(value).__name__
        for name in LABELS:
            member = getattr(value, name, None)
            if isinstance(member, str):
                return kind, self.name(member)
        return kind, ""

    def name(self, text: str) -> str:
        """Return the canonical name of a key, an address, or a value."""
        plain = str(text)
        return self.names.get(plain, plain) if self.names else plain

    def sorting(self, value: DaskObject) -> tuple[str, str]:
        """Return what orders the members of a set, and workers."""
        return ("", self.name(value)) if isinstance(value, str) else self.label(value)

    def heap(self, heap: DaskObject) -> None:
        """Write a heap with its stale entries, in its order; of those whose task is gone no name."""
        entries = [(entry[0], entry[1], entry[2]()) for entry in heap._heap]
        order = {
            number: place for place, number in enumerate(sorted(entry[1] for entry in entries))
        }
        self.tokens += ("heap", len(entries))
        for priority, number, task in entries:
            self.priority(priority)
            self.tokens += (order[number], self._known.get(id(task)) if task is not None else None)

    def priority(self, value: DaskObject) -> None:
        is_known = isinstance(value, tuple) and value
        self.tokens.append(self.canonical.priority(tuple(value)) if is_known else None)


def addresses(names: Mapping[str, str]) -> Mapping[str, str]:
    """Canonical names, with those of addresses."""
    return {**names, **{str(address(name)): str(address(value)) for name, value in names.items()}}


def plain(self: Fingerprint, value: DaskObject) -> None:
    self.tokens.append(value)


def text(self: Fingerprint, value: DaskObject) -> None:
    self.tokens.append(self.name(value))


def sequence(self: Fingerprint, value: DaskObject) -> None:
    self.tokens += ("[", len(value))
    for member in value:
        self.write(member)


def table(self: Fingerprint, value: DaskObject) -> None:
    """A table, in its order. An entry that says no more than a missing one is none."""
    self.tokens.append("{")
    default = isinstance(value, collections.defaultdict | collections.Counter)
    keys = [*value]
    if len(keys) > 1 and is_worker(keys[0]):
        keys = in_order_of_workers(self, keys)
    for key in keys:
        member = dict.__getitem__(value, key)
        if default and not member:
            continue
        if type(key) is str:
            if key not in LEFT_OUT:
                self.attribute(self.name(key), member)
        else:
            self.write(key)
            self.write(member)
    self.tokens.append("}")


def is_worker(key: DaskObject) -> bool:
    """Return whether it is the name or the address of a worker, or its record on a scheduler."""
    name = getattr(key, "address", key)
    return isinstance(name, str) and WORKER.fullmatch(name) is not None


def in_order_of_workers(self: Fingerprint, keys: list[DaskObject]) -> list[DaskObject]:
    """Return workers in the order of their names; write down where that is not how they joined."""
    plain = [str(getattr(key, "address", key)) for key in keys]
    if plain != sorted(plain):
        self.tokens.append(tuple(map(self.name, plain)))
    return sorted(keys, key=self.sorting)


def unordered(self: Fingerprint, value: DaskObject) -> None:
    """A set by its members, and by its order where that is not what hashes alone make of it."""
    if not value:
        self.tokens.append("()")
        return
    members = [*value]
    if len(members) == 1:
        self.tokens.append("(1)")
        self.write(members[0])
        return
    by_label = sorted(members, key=self.sorting)
    self.tokens += ("(", len(members))
    for labelled in by_label:
        self.write(labelled)
    if members != [*set(by_label)]:
        places = {id(labelled): place for place, labelled in enumerate(by_label)}
        self.tokens.append(tuple(places[id(member)] for member in members))


def refer(self: Fingerprint, value: DaskObject) -> None:
    self.tokens.append(self.reference(value))


def refer_heap(self: Fingerprint, value: DaskObject) -> None:
    if id(value) not in self._known:
        self._heaps.append(value)
        self._known[id(value)] = ("heap", "", len(self._heaps))
        self._kept.append(value)
    self.tokens.append(self._known[id(value)])
    unordered(self, value._data)


def weak(self: Fingerprint, value: DaskObject) -> None:
    self.tokens.append("weak")


def name_of_kind(self: Fingerprint, value: DaskObject) -> None:
    self.tokens.append(value.__qualname__)


def member(self: Fingerprint, value: DaskObject) -> None:
    self.tokens.append(value.name)


def content_of_task(self: Fingerprint, value: DaskObject) -> None:
    spec: DaskObject = getattr(value, "spec", value)
    self.tokens.append((spec.key, spec.dependencies, spec.run_spec, spec.actor))


def described(self: Fingerprint, value: DaskObject) -> None:
    self.tokens.append((type(value).__name__, str(value)))


def nothing(self: Fingerprint, value: DaskObject) -> None:
    """Of what is the same in every run."""


def run(self: Fingerprint, value: DaskObject) -> None:
    self.tokens.append(
        self.canonical.run(value) if isinstance(value, int) and value >= 0 else value
    )


def stimulus(self: Fingerprint, value: DaskObject) -> None:
    """Ids of steal requests are compared; others are logged, and no more."""
    if isinstance(value, str) and value.startswith(STEAL):
        self.tokens.append(self.canonical.number(STEAL, hash(value)))
    else:
        self.tokens.append(None)


def runs(self: Fingerprint, value: DaskObject) -> None:
    for key, number in sorted(value.items()):
        self.tokens.append(self.name(key))
        run(self, number)


def in_turn(self: Fingerprint, value: DaskObject) -> None:
    """A count by which workers take turns: only its remainder is read, for up to so many of them."""
    self.tokens.append(value % TURNS)


#: Divisible by any number of workers up to four.
TURNS: Final = 12

#: Constants that say nothing where they are nothing.
CONSTANT: Final = frozenset({int, float, bool, types.NoneType})

#: By the name of an attribute, or of a field of a message.
BY_NAME: Final[Mapping[str, Writer]] = MappingProxyType(
    {
        "run_id": run,
        "_run_ids": runs,
        "stimulus_id": stimulus,
        "n_tasks": in_turn,
        "priority": Fingerprint.priority,
    }
)

#: By class, as they are met.
WRITERS: Final[dict[type, Writer]] = {
    int: plain, float: plain, bool: plain, types.NoneType: plain, bytes: plain, str: text, Name: text,
    list: sequence, tuple: sequence, collections.deque: sequence, dict: table, set: unordered,
    frozenset: unordered, TaskSpec: content_of_task, types.MappingProxyType: nothing,
    operator.attrgetter: nothing,
}  # fmt: skip


def writer_of(kind: type) -> Writer:
    """Return the way to write objects of a class."""
    for base, writer in (
        (enum.Enum, member),
        (BaseException, described),
        (type, name_of_kind),
        (types.FunctionType, name_of_kind),
        (weakref.ref, weak),
        (dict, table),
        (tuple, sequence),
        (set, unordered),
        (collections.deque, sequence),
        (types.MethodType, name_of_kind),
        (types.BuiltinMethodType, name_of_kind),
        (functools.partial, nothing),
    ):
        if issubclass(kind, base):
            return writer
    if kind.__module__.startswith((*OF_LOOPS, "sortedcontainers")):
        return nothing if kind.__module__.startswith(OF_LOOPS) else sequence
    if kind.__name__ == "HeapSet":
        return refer_heap
    if kind.__name__ == "Content":
        return content_of_task
    return refer


def tokens(root: DaskObject, canonical: Canonical) -> tuple[Token, ...]:
    """Return everything that can be reached as plain data."""
    walk = Fingerprint(canonical)
    walk.write(root)
    return walk.finished()


class FingerprintPart(NamedTuple):
    """The fingerprint of one party, with numbers of its own.

    Attributes:
        digest: equal for parties that continue alike, but for what the numbers stand for.
    """

    digest: bytes
    numbers: LocalNumbers


class PartsByNames:
    """The fingerprints of one party under different names, until something happens to it."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, FingerprintPart] = {}

    def part(self, party: DaskObject, names: Mapping[str, str]) -> FingerprintPart:
        found = self._known.get(id(names))
        if found is None:
            numbers = LocalNumbers(names)
            plain = marshal.dumps(tokens(party, numbers), FLAT)
            digest = hashlib.blake2b(plain, digest_size=SIZE).digest()
            found = self._known[id(names)] = FingerprintPart(digest, numbers)
        return found


def ranks(parts: Iterable[LocalNumbers]) -> dict[Priority, Priority]:
    """Return canonical priorities: beside that of the user, only the order counts."""
    every = {priority for numbers in parts for priority in numbers.priorities}
    order = {
        priority: place
        for place, priority in enumerate(sorted({priority[1:] for priority in every}))
    }
    return {priority: (priority[0], order[priority[1:]]) for priority in every}


#: Version of ``marshal`` that writes equal values alike, whether or not they are one object.
FLAT: Final = 1

#: Size of a digest, in bytes.
SIZE: Final = 16
