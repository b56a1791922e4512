"""Snapshots of a scheduler and its workers, of whatever release: pickled, and read back as copies.

All that changes is copied, with the references between its parts; what never changes is shared. A set of
a copy holds the same in the order in which the hashes put it: where a former member had pushed another
one aside, the original may walk through it in another order.
"""

import collections
import enum
import functools
import io
import operator
import pickle
import types
import uuid
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from workerfuzz.harness.subjects.dask.instrumentation import DaskObject
from workerfuzz.harness.subjects.protocol import SubjectUnavailable

#: Attributes from which the hash of an object follows: they are in place before it enters a set.
IDENTITY: Final = ("_hash", "key", "address", "client_key", "name")

#: Packages whose objects are locks and events: in one thread nobody waits for one.
OF_LOOPS: Final = ("asyncio", "distributed._asyncio", "tornado", "threading", "_thread")

#: Kinds whose objects never change, or of which there is one in a process.
LASTING: Final[tuple[type, ...]] = (
    str, bytes, tuple, type, enum.Enum, BaseException, types.ModuleType, types.FunctionType,
    types.MappingProxyType, types.MethodDescriptorType, types.MemberDescriptorType,
    types.GenericAlias, operator.attrgetter, uuid.UUID,
)  # fmt: skip

#: Attribute of a dataclass that tells how it was made.
PARAMETERS: Final = "__dataclass_params__"

#: Flag of classes that Python code made, and other classes whose objects are their content.
MADE_IN_PYTHON: Final = 1 << 9
ATTRIBUTED: Final = frozenset({collections.defaultdict})

#: Tables that nothing here looks into: methods of a scheduler for its remote procedure calls.
LEFT_OUT: Final = frozenset({"handlers"})

#: What ``pickle`` takes for a way to make an object.
Reduction: TypeAlias = tuple[DaskObject, ...]
Reducer: TypeAlias = Callable[["Pickler", DaskObject], Reduction]

#: The content of a container: its attributes in both forms, its items, and how they get into it.
Content: TypeAlias = tuple[
    dict[str, DaskObject] | None, dict[str, DaskObject], Any, Callable[..., object]
]


class Snapshot:
    """The state of some object and of all that can be reached from it; makes copies of it.

    Raises:
        SubjectUnavailable: something there cannot be copied.
    """

    __slots__ = ("data", "shared")

    def __init__(self, root: DaskObject) -> None:
        with io.BytesIO() as stream:
            pickler = Pickler(stream)
            pickler.dump(root)
            self.data = stream.getvalue()
        self.shared = [*pickler.shared.values()]

    def copy(self) -> DaskObject:
        """Return an object of its own in that state."""
        SHARED.append(self.shared)
        try:
            return pickle.loads(self.data)  # noqa: S301 - our own, from a moment ago
        finally:
            SHARED.pop()


#: What a snapshot shares with its copies, while it is read.
SHARED: Final[list[list[DaskObject]]] = []


def shared_at(place: int) -> DaskObject:
    return SHARED[-1][place]


class Pickler(pickle.Pickler):
    """Pickles any object of Dask by its attributes."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream, pickle.HIGHEST_PROTOCOL)
        self.shared: dict[int, DaskObject] = {}
        self.places: dict[int, Reduction] = {}

    def reducer_override(self, value: DaskObject) -> Any:
        if value is shared_at:
            return NotImplemented  # it is found by its name
        kind = type(value)
        reducer = REDUCERS.get(kind)
        if reducer is None:
            reducer = REDUCERS[kind] = reducer_of(kind)
        return reducer(self, value)


#: By class, as they are met.
REDUCERS: Final[dict[type, Reducer]] = {}


def reducer_of(kind: type[DaskObject]) -> Reducer:
    """Return the way to pickle objects of a class. Raises SubjectUnavailable: there is none."""
    module = kind.__module__
    is_frozen = is_dataclass(kind) and getattr(kind, PARAMETERS).frozen
    if is_frozen or issubclass(kind, LASTING) or module.startswith(OF_LOOPS):
        return share
    if kind in (types.MethodType, types.BuiltinMethodType):
        return method
    if issubclass(kind, weakref.ref):
        return weak_reference
    if kind is functools.partial:
        return partially
    if kind is collections.deque:
        return queue
    if module.startswith("sortedcontainers"):
        return by_items
    names = slots_of(kind)
    fill = next((fill for base, fill in FILL.items() if issubclass(kind, base)), None)
    if not kind.__flags__ & MADE_IN_PYTHON and kind not in FILL and kind not in ATTRIBUTED:
        raise SubjectUnavailable(f'subject "dask" cannot be copied: {kind.__qualname__} is unknown')
    return functools.partial(by_content, names, fill)


def share(pickler: Pickler, value: DaskObject) -> Reduction:
    found = pickler.places.get(id(value))
    if found is None:
        found = pickler.places[id(value)] = (shared_at, (len(pickler.shared),))
        pickler.shared[id(value)] = value
    return found


def method(pickler: Pickler, value: DaskObject) -> Reduction:
    owner = value.__self__
    if owner is None or isinstance(owner, types.ModuleType | type):
        return share(pickler, value)
    return getattr, (owner, value.__name__)


def weak_reference(pickler: Pickler, value: DaskObject) -> Reduction:
    target = value()
    return (dead_reference, ()) if target is None else (weakref.ref, (target,))


class Gone:
    """Object that is not there any more."""


def dead_reference() -> weakref.ref[Gone]:
    return weakref.ref(Gone())


def partially(pickler: Pickler, value: DaskObject) -> Reduction:
    return made_partial, (value.func, value.args, value.keywords)


def made_partial(function: DaskObject, args: DaskObject, named: DaskObject) -> DaskObject:
    return functools.partial(function, *args, **named)


def queue(pickler: Pickler, value: DaskObject) -> Reduction:
    return collections.deque, ((), value.maxlen), None, iter(value)


def by_items(pickler: Pickler, value: DaskObject) -> Reduction:
    """A sorted container of ``sortedcontainers``; it is sorted by what its items are themselves."""
    items = [*value.items()] if isinstance(value, dict) else [*value]
    return type(value), (), items, None, None, type(value).update


def by_content(
    names: tuple[str, ...], fill: Callable[..., object] | None, pickler: Pickler, value: DaskObject
) -> Reduction:
    """An object is made empty; its attributes and items follow, once all that refers to it can."""
    slots = {name: getattr(value, name) for name in names if hasattr(value, name)}
    table = getattr(value, "__dict__", None)
    if table is not None and not LEFT_OUT.isdisjoint(table):
        table = {name: value for name, value in table.items() if name not in LEFT_OUT}
    identity = {
        name: item
        for known in (slots, table or {})
        for name in IDENTITY
        if (item := known.get(name)) is not None
    }
    start = (made, (type(value), identity))
    if fill is None:
        return *start, (table, slots)
    items = [*dict.items(value)] if fill is dict.update else [*value]
    return *start, (table, slots, items, fill), None, None, restore


def made(kind: type[DaskObject], identity: Mapping[str, DaskObject]) -> DaskObject:
    """Return an empty object of a class, with the attributes by which it is known."""
    new: DaskObject = kind.__new__
    empty = new(kind)
    for name, value in identity.items():
        object.__setattr__(empty, name, value)
    return empty


def restore(value: DaskObject, content: Content) -> None:
    """Give the copy of a container its attributes and its items."""
    table, slots, items, fill = content
    if table is not None:
        value.__dict__.update(table)
    for name, amount in slots.items():
        setattr(value, name, amount)
    fill(value, items)


#: Containers that have subclasses, with the methods that fill one.
FILL: Final[Mapping[type, Callable[..., object]]] = MappingProxyType(
    {
        dict: dict.update,
        set: set.update,
        list: list.extend,
    }
)


def slots_of(kind: type[DaskObject]) -> tuple[str, ...]:
    """Return the names of the slots of a class."""
    found = SLOTS.get(kind)
    if found is None:
        found = SLOTS[kind] = tuple(each_slot(kind))
    return found


#: By class, as they are met.
SLOTS: Final[dict[type, tuple[str, ...]]] = {}


def each_slot(kind: type[DaskObject]) -> Iterator[str]:
    if issubclass(kind, collections.defaultdict):
        yield "default_factory"
    for base in kind.__mro__:
        names = vars(base).get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            if name.startswith("__") and not name.endswith("__"):
                yield f"_{base.__name__.lstrip('_')}{name}"
            elif name not in ("__weakref__", "__dict__"):
                yield name
