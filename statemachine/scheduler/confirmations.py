"""Confirmations by the process of a worker, outside its state machine."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from workerfuzz.statemachine.scheduler.messages import Confirm, Confirmed
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: Messages that take a value away.
RELEASING: Final = (events.FreeKeys, events.ForgetKeys, events.RemoveReplicas)


class Confirmations:
    """Confirmations that the process of one worker still owes, and the messages that it ignores.

    A client puts a value on a worker before the scheduler knows. What the scheduler has to say about
    that key until it does is about a former value, and is ignored.

    Attributes:
        stored: times that a value was put there and the scheduler has not said that it knows, by key.
    """

    def __init__(self) -> None:
        self._asked: list[Confirm] = []
        self.stored: dict[str, int] = {}

    def copy(self) -> "Confirmations":
        other = Confirmations()
        other._asked, other.stored = self._asked.copy(), self.stored.copy()
        return other

    def note_stored(self, keys: Iterable[str]) -> None:
        """A client puts values there."""
        for key in keys:
            self.stored[key] = self.stored.get(key, 0) + 1

    def heeded(self, event: Event) -> Event | None:
        """Return what is left of a message of the scheduler without what it says of former values."""
        if not self.stored or not isinstance(event, RELEASING):
            return event
        keys = tuple(key for key in event.keys if key not in self.stored)
        return replace(event, keys=keys) if keys else None

    def __iter__(self) -> Iterator[Confirm]:
        return iter(self._asked)

    def ask(self, question: Confirm) -> None:
        self._asked.append(question)
        for key in question.stored:
            self.stored[key] -= 1
            if not self.stored[key]:
                del self.stored[key]

    def due(self, worker: WorkerState) -> list[Confirmed]:
        """Return the confirmations that have become true, each once."""
        if not self._asked:
            return []
        answers = [Confirmed(number=it.number) for it in self._asked if is_true(worker, it)]
        if answers:
            self._asked = [it for it in self._asked if not is_true(worker, it)]
        return answers

    def __len__(self) -> int:
        return len(self._asked)


def is_true(worker: WorkerState, question: Confirm) -> bool:
    """Return True if the former record of each key is gone, or was requested again."""
    tasks = worker.tasks
    return not any(key in tasks and tasks[key].doomed for key in question.forgotten)
