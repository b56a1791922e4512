"""A limit to the time that a call may take: some bugs are loops that never end."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

#: CPU time that a step, and all of coming to rest, may take; in seconds.
STEP_S: Final = 5.0
REST_S: Final = 30.0


class Overdue(BaseException):
    """The time is over. Not an Exception: nothing under test may swallow it."""


class Guard:
    """Armed while some world is open: signals come to the main thread, and cost to be asked for."""

    def __init__(self) -> None:
        self.worlds = 0
        self.before: Any = None

    def arm(self) -> None:
        if self.worlds == 0 and threading.current_thread() is threading.main_thread():
            self.before = signal.signal(signal.SIGPROF, overdue)
        self.worlds += 1

    def disarm(self) -> None:
        self.worlds -= 1
        if self.worlds == 0 and self.before is not None:
            signal.signal(signal.SIGPROF, self.before)
            self.before = None

    @contextlib.contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Raises Overdue in its body after so much CPU time; without a main thread, nothing happens."""
        if self.before is None:
            yield
            return
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)


#: Of this process.
GUARD: Final = Guard()


def overdue(number: int, frame: FrameType | None) -> None:
    raise Overdue
