"""Sets that keep the order of insertion, for the modules of Dask.

Dask walks through sets of keys, addresses, records and asyncio tasks. Their order is that of hashes,
which differ between processes, and it decides what is sent first. Dask has to cope with any order; here
it gets that of insertion. While a simulation is open, ``set`` and ``frozenset`` mean ordered ones in
Dask's modules, and functions that display sets as ``{...}`` have code that says ``set([...])`` instead.
"""

import __future__  # noqa: TID251  # it knows the number of a compiler flag

import ast
import dis
import gc
import inspect
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from types import CellType, CodeType, FunctionType
from typing import Final, Self

from workerfuzz.harness.subjects.dask.instrumentation import DaskObject, stable_hash

#: Packages in which the names ``set`` and ``frozenset`` mean ordered ones.
_PACKAGES: Final = ("distributed", "dask")

_PLAIN: Final = (set, frozenset)

#: Instructions that make a set, and those that may make one of the keys of dicts.
_BUILD_SET: Final = dis.opmap["BUILD_SET"]
_OPERATIONS: Final = frozenset(
    dis.opmap[item] for item in ("BINARY_OP", "BINARY_AND", "BINARY_SUBTRACT") if item in dis.opmap
)


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
            found = [item for item in found if item in members]
        return self.made(found)

    def difference(self, *others: Iterable[DaskObject]) -> Self:
        members = set().union(*others)
        return self.made(item for item in self if item not in members)

    def symmetric_difference(self, other: Iterable[DaskObject]) -> Self:
        members, theirs = set(self), arranged(other)
        both = members.intersection(theirs)
        return self.made(item for part in (self, theirs) for item in part if item not in both)

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


class OrderedFrozenSet(Ordered, frozenset[DaskObject], metaclass=InstancesOfPlain):
    """A frozenset in the order in which its members were given."""

    def __new__(cls, members: Iterable[DaskObject] = ()) -> Self:
        order = dict.fromkeys(arranged(members))
        self = frozenset.__new__(cls, order)
        self.order = order
        return self


class OrderedSet(Ordered, set[DaskObject], metaclass=InstancesOfPlain):
    """A set in the order in which its members were added."""

    def __init__(self, members: Iterable[DaskObject] = ()) -> None:
        self.order = dict.fromkeys(arranged(members))
        set.__init__(self, self.order)

    __hash__ = None

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

    def __ior__(self, other: Iterable[DaskObject]) -> Self:  # type: ignore[misc]  # more than sets
        self.update(other)
        return self

    def __iand__(self, other: Iterable[DaskObject]) -> Self:  # type: ignore[misc]  # more than sets
        self.intersection_update(other)
        return self

    def __isub__(self, other: Iterable[DaskObject]) -> Self:  # type: ignore[misc]  # more than sets
        self.difference_update(other)
        return self

    def __ixor__(self, other: Iterable[DaskObject]) -> Self:  # type: ignore[misc]  # more than sets
        self.symmetric_difference_update(other)
        return self


#: By what they take the place of.
ORDERED: Final[dict[type, type]] = {set: OrderedSet, frozenset: OrderedFrozenSet}


class DisplaysAsCalls(ast.NodeTransformer):
    """Writes displays of sets, and operations on the keys of dicts, as calls of ``set``."""

    def visit_Set(self, node: ast.Set) -> ast.AST:
        self.generic_visit(node)
        return _call_of_set(ast.List(node.elts, ast.Load()), node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        self.generic_visit(node)
        return _call_of_set(ast.ListComp(node.elt, node.generators), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        of_keys = any(
            isinstance(expr, ast.Call)
            and isinstance(expr.func, ast.Attribute)
            and expr.func.attr == "keys"
            for expr in (node.left, node.right)
        )
        return _call_of_set(node, node) if of_keys else node


def _call_of_set(members: ast.expr, node: ast.expr) -> ast.expr:
    name = ast.copy_location(ast.Name("set", ast.Load()), node)
    call = ast.Call(name, [ast.copy_location(members, node)], [])
    return ast.copy_location(call, node)


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """Yield a code and those of all functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_in(constant)


def makes_sets(code: CodeType) -> bool:
    """Return whether a function may make a set without calling ``set``."""
    return any(
        _BUILD_SET in (done := item.co_code[::2])
        or ("keys" in item.co_names and not _OPERATIONS.isdisjoint(done))
        for item in codes_in(code)
    )


def recompiled(function: FunctionType) -> CodeType:
    """Return the code of a function with ordered sets."""
    code, owner = function.__code__, function.__qualname__.rpartition(".")[0]
    source, before = inspect.getsource(code), "\n" * (code.co_firstlineno - 1)
    if source[0].isspace():  # of a class, whose name is a part of names with two underscores
        before = f"{before[1:]}class {owner.rpartition('.')[2]}:\n"
    flags = code.co_flags & __future__.annotations.compiler_flag
    tree = DisplaysAsCalls().visit(ast.parse(before + source))
    whole = compile(tree, code.co_filename, "exec", flags, dont_inherit=True)
    place = (code.co_name, code.co_firstlineno)
    return next(code for code in codes_in(whole) if (code.co_name, code.co_firstlineno) == place)


@cache
def replacements() -> list[tuple[DaskObject, str, DaskObject, DaskObject]]:
    """Return (owner, attribute, before, while a simulation is open) of everything that makes sets."""
    modules = {
        name: value for name, value in [*sys.modules.items()] if name.partition(".")[0] in _PACKAGES
    }
    found: list[tuple[DaskObject, str, DaskObject, DaskObject]] = []
    for module in modules.values():
        for plain, ordered in ORDERED.items():
            if vars(module).setdefault(plain.__name__, plain) is plain:
                found.append((module, plain.__name__, plain, ordered))
    scheduler = modules["distributed.scheduler"]  # exceptions have records, and these their hash
    if vars(scheduler).setdefault("hash", hash) is hash:
        found.append((scheduler, "hash", hash, hash_of))
    functions = [item for item in gc.get_objects() if isinstance(item, FunctionType)]
    for function in functions:
        if function.__module__ not in modules:
            continue
        cells = [(cell, _plain_in(cell)) for cell in function.__closure__ or ()]
        found += (
            (cell, "cell_contents", kind, ORDERED[kind]) for cell, kind in cells if kind is not None
        )
        before = function.__code__
        is_nested = "<locals>" in function.__qualname__ or "<" in before.co_filename
        if not is_nested and makes_sets(before) and (code := recompiled(function)) != before:
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
