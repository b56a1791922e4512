"""Sets that keep the order of insertion, for the modules of Dask.

Dask walks through sets of keys, addresses, records and asyncio tasks. Their order is that of hashes, which
differ between processes, and it decides what is sent first. Dask has to cope with any order; here it gets
that of insertion. While a simulation is open, ``set`` and ``frozenset`` mean ordered ones in Dask's modules,
and functions that display sets as ``{...}`` have code that says ``set([...])`` instead.
"""

import ast
import gc
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Final, Self

from workerfuzz.harness.subjects.dask.instrumentation import DaskObject, stable_hash

#: Modules that take part in what is simulated: their functions are compiled anew.
RECOMPILED: Final = (
    "dask._task_spec", "dask.core", "dask.highlevelgraph", "dask.order",
    "distributed._async_taskgroup", "distributed.active_memory_manager", "distributed.client",
    "distributed.scheduler", "distributed.shuffle._scheduler_plugin", "distributed.spans",
    "distributed.stealing", "distributed.utils_comm", "distributed.worker",
    "distributed.worker_memory", "distributed.worker_state_machine",
)  # fmt: skip

#: Packages in which the names ``set`` and ``frozenset`` mean ordered ones.
_PACKAGES: Final = ("distributed", "dask")

_PLAIN: Final = (set, frozenset)


class InstancesOfPlain(type):
    """Metaclass of a set class that has the instances of the plain one."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, set if issubclass(cls, set) else frozenset)


def arranged(members: Iterable[DaskObject]) -> Iterable[DaskObject]:
    """Return members in their order; those of a plain set, which has none, in that of their texts."""
    return sorted(members, key=str) if type(members) in _PLAIN else members


class Ordered:
    """The part of a set that is the same whether it can change or not."""

    __slots__ = ()
    order: dict[DaskObject, None]

    def __iter__(self) -> Iterator[DaskObject]:
        return iter(self.order)

    def __reduce__(self) -> tuple[type, tuple[list[DaskObject]]]:
        return type(self), ([*self.order],)

    def __repr__(self) -> str:
        return f"{{{', '.join(map(repr, self.order))}}}" if self.order else "set()"

    def union(self, *others: Iterable[DaskObject]) -> Self:
        found = dict.fromkeys(self)
        for other in others:
            found.update(dict.fromkeys(arranged(other)))
        return self.made(found)

    def intersection(self, *others: Iterable[DaskObject]) -> Self:
        found: Iterable[DaskObject] = self
        for other in others:
            members = set(other)
            found = [it for it in found if it in members]
        return self.made(found)

    def difference(self, *others: Iterable[DaskObject]) -> Self:
        members = set().union(*others)
        return self.made(it for it in self if it not in members)

    def symmetric_difference(self, other: Iterable[DaskObject]) -> Self:
        members, theirs = set(self), arranged(other)
        both = members.intersection(theirs)
        return self.made(it for part in (self, theirs) for it in part if it not in both)

    @classmethod
    def made(cls, members: Iterable[DaskObject]) -> Self:
        return cls(members)  # type: ignore[call-arg]  # each subclass is a set

    def copy(self) -> Self:
        return self.made(self.order)

    def __or__(self, other: DaskObject) -> Self:
        return self.union(other) if isinstance(other, Iterable) else NotImplemented

    def __and__(self, other: DaskObject) -> Self:
        return self.intersection(other) if isinstance(other, Iterable) else NotImplemented

    def __sub__(self, other: DaskObject) -> Self:
        return self.difference(other) if isinstance(other, Iterable) else NotImplemented

    def __xor__(self, other: DaskObject) -> Self:
        return self.symmetric_difference(other) if isinstance(other, Iterable) else NotImplemented

    def __ror__(self, other: Iterable[DaskObject]) -> Self:
        return self.made(arranged(other)).union(self)

    def __rand__(self, other: Iterable[DaskObject]) -> Self:
        return self.made(arranged(other)).intersection(self)

    def __rsub__(self, other: Iterable[DaskObject]) -> Self:
        return self.made(arranged(other)).difference(self)

    def __rxor__(self, other: Iterable[DaskObject]) -> Self:
        return self.made(arranged(other)).symmetric_difference(self)


class OrderedFrozenSet(Ordered, frozenset[DaskObject], metaclass=InstancesOfPlain):  # type: ignore[misc]  # any members
    """A frozenset in the order in which its members were given."""

    def __new__(cls, members: Iterable[DaskObject] = ()) -> Self:
        order = dict.fromkeys(arranged(members))
        self = frozenset.__new__(cls, order)
        self.order = order
        return self


class OrderedSet(Ordered, set[DaskObject], metaclass=InstancesOfPlain):  # type: ignore[misc]  # any members
    """A set in the order in which its members were added."""

    def __init__(self, members: Iterable[DaskObject] = ()) -> None:
        self.order = dict.fromkeys(arranged(members))
        set.__init__(self, self.order)

    __hash__ = None  # type: ignore[assignment]  # it can change

    def add(self, member: DaskObject) -> None:
        set.add(self, member)
        self.order[member] = None

    def discard(self, member: DaskObject) -> None:
        set.discard(self, member)
        self.order.pop(member, None)

    def remove(self, member: DaskObject) -> None:
        set.remove(self, member)
        del self.order[member]

    def pop(self) -> DaskObject:
        if not self.order:
            raise KeyError("pop from an empty set")
        member = next(iter(self.order))
        self.remove(member)
        return member

    def clear(self) -> None:
        set.clear(self)
        self.order.clear()

    def update(self, *others: Iterable[DaskObject]) -> None:
        for other in others:
            for member in [*arranged(other)]:
                self.add(member)

    def difference_update(self, *others: Iterable[DaskObject]) -> None:
        for other in others:
            for member in [*other]:
                self.discard(member)

    def intersection_update(self, *others: Iterable[DaskObject]) -> None:
        self._become(self.intersection(*others))

    def symmetric_difference_update(self, other: Iterable[DaskObject]) -> None:
        self._become(self.symmetric_difference(other))

    def _become(self, other: "OrderedSet") -> None:
        self.clear()
        self.update(other)

    def __ior__(self, other: Iterable[DaskObject]) -> Self:
        self.update(other)
        return self

    def __iand__(self, other: Iterable[DaskObject]) -> Self:
        self.intersection_update(other)
        return self

    def __isub__(self, other: Iterable[DaskObject]) -> Self:
        self.difference_update(other)
        return self

    def __ixor__(self, other: Iterable[DaskObject]) -> Self:
        self.symmetric_difference_update(other)
        return self


#: By what they take the place of.
ORDERED: Final[dict[type, type]] = {set: OrderedSet, frozenset: OrderedFrozenSet}


class DisplaysAsCalls(ast.NodeTransformer):
    """Writes displays and comprehensions of sets, and operations on keys of dicts, as calls of ``set``."""

    def visit_Set(self, node: ast.Set) -> ast.AST:
        self.generic_visit(node)
        return _call_of_set(ast.List(node.elts, ast.Load()), node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        self.generic_visit(node)
        return _call_of_set(ast.ListComp(node.elt, node.generators), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        of_keys = any(
            isinstance(it, ast.Call) and isinstance(it.func, ast.Attribute) and it.func.attr == "keys"
            for it in (node.left, node.right)
        )
        return _call_of_set(node, node) if of_keys else node


def _call_of_set(members: ast.expr, node: ast.expr) -> ast.expr:
    name = ast.copy_location(ast.Name("set", ast.Load()), node)
    call = ast.Call(name, [ast.copy_location(members, node)], [])
    return ast.copy_location(call, node)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a code and those of all functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def recompiled(module: ModuleType) -> dict[tuple[str, int], CodeType]:
    """Return the codes of a module's functions by name and first line, with ordered sets."""
    assert module.__file__ is not None
    source = Path(module.__file__).read_text(encoding="utf-8")
    tree = DisplaysAsCalls().visit(ast.parse(source))
    whole = compile(ast.fix_missing_locations(tree), module.__file__, "exec", dont_inherit=True)
    return {(it.co_name, it.co_firstlineno): it for it in _codes(whole)}


@cache
def replacements() -> list[tuple[DaskObject, str, DaskObject, DaskObject]]:
    """Return (owner, attribute, before, while a simulation is open) of everything that makes sets."""
    modules = {
        name: it for name, it in [*sys.modules.items()] if name.partition(".")[0] in _PACKAGES
    }
    codes = {name: recompiled(modules[name]) for name in RECOMPILED if name in modules}
    found: list[tuple[DaskObject, str, DaskObject, DaskObject]] = []
    for module in modules.values():
        for plain, ordered in ORDERED.items():
            if vars(module).setdefault(plain.__name__, plain) is plain:
                found.append((module, plain.__name__, plain, ordered))
    scheduler = modules["distributed.scheduler"]  # exceptions have records, and these their hash
    if vars(scheduler).setdefault("hash", hash) is hash:
        found.append((scheduler, "hash", hash, hash_of))
    for function in [it for it in gc.get_objects() if isinstance(it, FunctionType)]:
        if function.__module__ in modules:
            for cell in function.__closure__ or ():
                if (plain := _plain_in(cell)) is not None:
                    found.append((cell, "cell_contents", plain, ORDERED[plain]))
        before = function.__code__
        code = codes.get(function.__module__, {}).get((before.co_name, before.co_firstlineno))
        if code is not None and code != before:
            assert code.co_freevars == before.co_freevars
            found.append((function, "__code__", before, code))
    return found


def hash_of(value: object) -> int:
    """Return a hash that is the same in every process, of texts at least."""
    return stable_hash(value) if isinstance(value, str) else hash(value)


def _plain_in(cell: CellType) -> type | None:
    """Return the set class that a cell has: the factory of a dataclass's field."""
    try:
        content = cell.cell_contents
    except ValueError:  # it is empty
        return None
    return next((plain for plain in _PLAIN if content is plain), None)
