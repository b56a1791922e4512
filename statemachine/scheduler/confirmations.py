"""Confirmations by the process of a worker, outside its state machine."""

from collections.abc import Iterator

from workerfuzz.statemachine.scheduler.messages import Confirm, Confirmed
from workerfuzz.statemachine.worker.worker_state import WorkerState


class Confirmations:
    """Confirmations that the process of one worker still owes."""

    def __init__(self) -> None:
        self._asked: list[Confirm] = []

    def copy(self) -> "Confirmations":
        other = Confirmations()
        other._asked = self._asked.copy()
        return other

    def __iter__(self) -> Iterator[Confirm]:
        return iter(self._asked)

    def ask(self, question: Confirm) -> None:
        self._asked.append(question)

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
