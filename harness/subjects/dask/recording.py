"""Dask's own classes with two things added: transitions are recorded, and hashes are stable.

Subclasses of what is installed, and only our own workers use them: a Dask that runs in the same
process is left as it is.
"""

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple


class RecordedTransition(NamedTuple):
    """One transition, in Dask's words. ``toward`` is the state that was asked for."""

    key: str
    start: str
    finish: str
    toward: str


@dataclass(slots=True)
class _Underway:
    """A transition that has begun; ``reached`` is the state up to which it was recorded."""

    task: Any
    reached: str
    toward: str


def recording(machine: type[Any], record: type[Any]) -> tuple[type[Any], type[Any]]:
    """Subclasses of a release's ``WorkerState`` and of its ``TaskState``."""

    class RecordingState(machine):  # type: ignore[misc]  # known at run time only
        """A WorkerState that keeps what it did in ``moves``."""

        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            self.moves: list[RecordedTransition] = []
            self.underway: _Underway | None = None

        def _transition(self, ts: Any, finish: Any, *args: Any, **named: Any) -> Any:
            # Dask calls this from within itself where it goes from one state to another through
            # released: each half is recorded, the whole is not.
            before = self.underway
            outer = before if before is not None and before.task is ts else None
            if outer is not None:
                toward = outer.toward
            else:
                toward = finish[0] if isinstance(finish, tuple) else finish
            inner = self.underway = _Underway(ts, ts.state, toward)
            try:
                return machine._transition(self, ts, finish, *args, **named)
            finally:
                self.underway = before
                if ts.state != inner.reached:
                    self.moves.append(RecordedTransition(ts.key, inner.reached, ts.state, toward))
                if outer is not None:
                    outer.reached = ts.state

    class StableTask(record):  # type: ignore[misc]  # known at run time only
        """A TaskState whose place in a set follows from its key. It equals itself only."""

        __slots__ = ()

        def __hash__(self) -> int:
            stable: int = self.key.stable  # it is a Name
            return stable

    return RecordingState, StableTask


@functools.cache
def recording_tasks(record: type[Any]) -> type[dict[str, Any]]:
    """The kind of dict for a worker's records; each record that enters becomes one of that class.

    Dask makes its records itself and enters them here before they get into any set.
    """

    class Tasks(dict[str, Any]):
        def __setitem__(self, key: str, task: Any) -> None:
            task.__class__ = record
            super().__setitem__(key, task)

    return Tasks
