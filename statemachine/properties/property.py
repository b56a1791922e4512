"""Named sentences about a worker, and what it means to break one."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["always", "sometimes", "at rest"]

#: Yields counterexamples, one line each; nothing where the property holds. What it is given is
#: written where the property is defined.
Check = Callable[..., Iterable[str]]


@dataclass(frozen=True, slots=True)
class Property:
    """Something that holds after every step, at rest, or is to be reached sometimes.

    Attributes:
        name: says what holds, in snake_case; cases name it.
        sentence: the same for people.
        about: kinds of event, instruction or transition, or states, without which it cannot break;
            none: it always can.
    """

    name: str
    sentence: str
    kind: Kind
    check: Check
    about: tuple[object, ...] = ()

    def __call__(self, *args: Any) -> Iterator[str]:
        return iter(self.check(*args))


def always(sentence: str, *about: object) -> Callable[[Check], Property]:
    """Decorates a check that must find nothing after any step, or any that it is about."""
    return lambda check: Property(check.__name__, sentence, "always", check, about)


def at_rest(sentence: str) -> Callable[[Check], Property]:
    """Decorates a check that must find nothing once all that was outstanding has ended."""
    return lambda check: Property(check.__name__, sentence, "at rest", check)


def properties_in(namespace: dict[str, object]) -> tuple[Property, ...]:
    """The properties that a module defines, in that order."""
    return tuple(item for item in namespace.values() if isinstance(item, Property))
