"""The type of all properties: a named sentence, when it is due, and a check of one observation."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

O_contra = TypeVar("O_contra", contravariant=True)
O = TypeVar("O")  # noqa: E741 - an observation

Kind = Literal["always", "sometimes", "at rest"]


@dataclass(frozen=True, slots=True)
class Property(Generic[O_contra]):
    """Something that holds after every step, at rest, or is to be reached sometimes.

    Attributes:
        name: says what holds, in snake_case; cases name it.
        sentence: the same for people.
        check: yields counterexamples, one line each; nothing where the property holds.
        about: kinds of event, instruction or transition, or states, without which it cannot break;
            none: it always can. ``schedule`` goes by it.
    """

    name: str
    sentence: str
    kind: Kind
    check: Callable[[O_contra], Iterable[str]]
    about: tuple[object, ...] = ()


#: A property, whatever it observes.
AnyProperty: TypeAlias = Property[Any]

#: A property that is broken, with a counterexample.
Broken: TypeAlias = tuple[AnyProperty, str]

#: Properties that are due, with what they observe.
Due: TypeAlias = tuple[Sequence[AnyProperty], object]


def always(sentence: str, *about: object) -> Callable[[Callable[[O], Iterable[str]]], Property[O]]:
    """Decorate a check that must find nothing after any step, or any that it is about."""
    return lambda check: Property(check.__name__, sentence, "always", check, about)


def at_rest(sentence: str) -> Callable[[Callable[[O], Iterable[str]]], Property[O]]:
    """Decorate a check that must find nothing once all that was outstanding has ended."""
    return lambda check: Property(check.__name__, sentence, "at rest", check)


def properties_in(namespace: Mapping[str, object]) -> tuple[AnyProperty, ...]:
    """Return the properties that a module defines, in that order."""
    return tuple(item for item in namespace.values() if isinstance(item, Property))


@always("What the system under test shows of itself can be read: no property raises on it.")
def state_can_be_read(error: str) -> Iterator[str]:
    yield error


class Checks:
    """Performs the checks that are due; an observer is told of each, where there is one.

    Attributes:
        observer: told of a property each time that it is checked.
    """

    __slots__ = ("observer",)

    def __init__(self) -> None:
        self.observer: Callable[[AnyProperty], None] | None = None

    def broken(self, due: Iterable[Due]) -> Iterator[Broken]:
        """Yield the properties that are broken, each with its counterexamples.

        A property that raises met a state that cannot be: that breaks ``state_can_be_read``.
        """
        observer = self.observer
        for properties, observation in due:
            for item in properties:
                if observer is not None:
                    observer(item)
                try:
                    for counterexample in item.check(observation):
                        yield item, counterexample
                except Exception as error:  # noqa: BLE001 - the state is at fault, not what reads it
                    yield unreadable(item.name, error)

    def first_broken(self, properties: Sequence[AnyProperty], observation: object) -> Broken | None:
        """Return the first of some properties that is broken, if any; costs less than ``broken``."""
        observer = self.observer
        item: AnyProperty
        try:
            for item in properties:
                if observer is not None:
                    observer(item)
                for counterexample in item.check(observation):
                    return item, counterexample
        except Exception as error:  # noqa: BLE001 - the state is at fault, not what reads it
            return unreadable(item.name, error)
        return None


def unreadable(reader: str, error: Exception) -> Broken:
    """Return the violation that something raised which reads the state of the system under test."""
    return state_can_be_read, f"{reader} raised {type(error).__name__}: {error}"


#: Of this process.
CHECKS: Final = Checks()
