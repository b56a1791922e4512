"""Everything that may change and that something refers to, however far away."""

from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum
from types import FunctionType, MethodType, ModuleType
from typing import Any

#: What never changes, or is nobody's own.
FIXED = (str, bytes, int, float, Enum, type(None), type, FunctionType, MethodType, ModuleType)

CONTAINERS = (dict, list, set, deque)


def changing(root: object, besides: Iterable[object] = ()) -> dict[int, object]:
    """By ``id``. What is frozen is nobody's own, nor is anything inside of it."""
    found: dict[int, object] = {}
    known = {id(one) for one in besides}
    left = [root]
    while left:
        one = left.pop()
        if id(one) in found or id(one) in known or isinstance(one, FIXED) or is_frozen(one):
            continue
        inside = list(parts(one))
        if isinstance(one, CONTAINERS) or (inside and not isinstance(one, tuple)):
            found[id(one)] = one
        left += inside
    return found


def is_frozen(value: object) -> bool:
    parameters: Any = getattr(type(value), "__dataclass_params__", None)
    return parameters is not None and parameters.frozen


def parts(value: Any) -> Iterator[object]:
    if isinstance(value, dict):
        yield from (*value, *value.values())
    elif isinstance(value, list | tuple | set | frozenset | deque):
        yield from value
    yield from getattr(value, "__dict__", {}).values()
    for kind in type(value).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if hasattr(value, name):
                yield getattr(value, name)
