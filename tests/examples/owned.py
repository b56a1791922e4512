"""Everything that may change and that something refers to, however far away."""

from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum
from types import FunctionType, MethodType, ModuleType
from typing import Any

#: What never changes, or is nobody's own.
FIXED = (str, bytes, int, float, Enum, type(None), type, FunctionType, MethodType, ModuleType)

CONTAINERS = (dict, list, set, deque)


def changing(it: object, besides: Iterable[object] = ()) -> dict[int, object]:
    """By ``id``. What is frozen is nobody's own, nor is anything inside of it."""
    found: dict[int, object] = {}
    known = {id(one) for one in besides}
    left = [it]
    while left:
        one = left.pop()
        if id(one) in found or id(one) in known or isinstance(one, FIXED) or is_frozen(one):
            continue
        inside = list(parts(one))
        if isinstance(one, CONTAINERS) or (inside and not isinstance(one, tuple)):
            found[id(one)] = one
        left += inside
    return found


def is_frozen(it: object) -> bool:
    parameters: Any = getattr(type(it), "__dataclass_params__", None)
    return parameters is not None and parameters.frozen


def parts(it: Any) -> Iterator[object]:
    if isinstance(it, dict):
        yield from (*it, *it.values())
    elif isinstance(it, list | tuple | set | frozenset | deque):
        yield from it
    yield from getattr(it, "__dict__", {}).values()
    for kind in type(it).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if hasattr(it, name):
                yield getattr(it, name)
