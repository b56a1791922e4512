"""A planted bug: the place in the model that it changes, and the way the change is taken back.

The model is changed where a name is *looked up* while it runs, never in its source. What stands
there is replaced by the function of the mutant, which is given the original first.
"""

import functools
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from workerfuzz.statemachine.worker import machine, worker_state
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import TaskState
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: The bug itself. Called with the original, then with what the original is called with.
Bug = Callable[..., object]

#: Originals of many mutants: what is done to a task, and the one write of its state.
ChangeTask = Callable[[WorkerState, TaskState], None]
Move = Callable[[WorkerState, TaskState, State], None]

#: A place holds no mapping of which one entry is meant: all of it is.
WHOLE: Final = object()


@dataclass(frozen=True, slots=True)
class PatchPoint:
    """A name that the model looks up while it runs.

    Attributes:
        owner: a module or a class.
        attribute: a name there.
        entry: key of the mapping that stands under that name; ``WHOLE`` for all of what stands there.
        is_value: the bug makes another value from the original, once; otherwise what stands there is a
            function, and the bug is called in its place.
    """

    owner: types.ModuleType | type
    attribute: str
    entry: object = WHOLE
    is_value: bool = False

    @contextmanager
    def changed(self, bug: Bug) -> Iterator[None]:
        """While this lasts, the bug stands here."""
        original = vars(self.owner)[self.attribute]
        setattr(self.owner, self.attribute, self._changed(original, bug))
        try:
            yield
        finally:
            setattr(self.owner, self.attribute, original)

    def _changed(self, original: object, bug: Bug) -> object:
        if self.entry is WHOLE:
            return bug(original) if self.is_value else instead_of(original, bug)
        assert isinstance(original, Mapping)
        entry = instead_of(original.get(self.entry), bug)
        return types.MappingProxyType({**original, self.entry: entry})


def instead_of(original: object, bug: Bug) -> object:
    """Return a function, or a property, that calls the bug in place of the original."""
    if isinstance(original, property):
        assert original.fget is not None
        return property(lambda record: bug(original.fget, record))

    def changed(*arguments: object, **named: object) -> object:
        return bug(original, *arguments, **named)

    return functools.wraps(original)(changed) if callable(original) else changed


def row(start: State, finish: State) -> PatchPoint:
    """The action of one row of the table. A new row has no original: None."""
    return PatchPoint(machine, "TRANSITIONS", (start, finish))


def rows() -> PatchPoint:
    """The table as a whole, as ``machine`` knows it; properties keep judging by the healthy one."""
    return PatchPoint(machine, "TRANSITIONS", is_value=True)


def handler(event: type[Event]) -> PatchPoint:
    """Return the handler of an event."""
    return PatchPoint(machine, "HANDLERS", event)


def entering(state: State) -> PatchPoint:
    """Return the change of the indexes when a state is entered."""
    return PatchPoint(worker_state, "ENTER", state)


def leaving(state: State) -> PatchPoint:
    """Return the change of the indexes when a state is left."""
    return PatchPoint(worker_state, "LEAVE", state)


def called(owner: types.ModuleType | type, name: str) -> PatchPoint:
    """A function of a module, a method or a property of a class."""
    return PatchPoint(owner, name)


def value(owner: types.ModuleType | type, name: str) -> PatchPoint:
    """A constant of a module."""
    return PatchPoint(owner, name, is_value=True)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug, and what is known of it.

    Attributes:
        name: in kebab-case, says what is wrong.
        sentence: the same for people.
        origin: an issue or pull request with such a bug, a row of the historical bugs, or a requirement.
        violates: requirements that it breaks.
        caught_by: names of properties; one of these notices first.
        places: where it is planted.
        bug: what is planted there.
    """

    name: str
    sentence: str
    origin: str
    violates: tuple[str, ...]
    caught_by: tuple[str, ...]
    places: tuple[PatchPoint, ...]
    bug: Bug

    @contextmanager
    def planted(self) -> Iterator[None]:
        """While this lasts, the model of this process has the bug."""
        with ExitStack() as stack:
            for place in self.places:
                stack.enter_context(place.changed(self.bug))
            yield


def mutant(
    sentence: str, *places: PatchPoint, origin: str, violates: str, caught_by: str
) -> Callable[[Bug], Mutant]:
    """Decorates a bug. ``violates`` and ``caught_by`` are words, separated by spaces."""

    def make(bug: Bug) -> Mutant:
        name = getattr(bug, "__name__", "").replace("_", "-")
        return Mutant(
            name, sentence, origin, tuple(violates.split()), tuple(caught_by.split()), places, bug
        )

    return make


def mutants_in(namespace: dict[str, object]) -> tuple[Mutant, ...]:
    """The mutants that a module defines, in that order."""
    return tuple(item for item in namespace.values() if isinstance(item, Mutant))
