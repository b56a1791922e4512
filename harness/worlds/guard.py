"""A limit to the time that a call may take: some bugs are loops that never end."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final

#: CPU time that a step, and all of coming to rest, may take; in seconds.
STEP_S: Final = 5.0
REST_S: Final = 30.0


class Overdue(BaseException):
    """The time is over. Not an Exception: nothing under test may swallow it."""


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises Overdue in its body after so much CPU time; where no signal can come, nothing happens."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, overdue)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def overdue(number: int, frame: FrameType | None) -> None:
    raise Overdue
