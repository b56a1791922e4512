"""A limit to the time that a call may take: some bugs are loops that never end."""

import atexit
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, TypeAlias

#: What ``signal.signal`` returns and takes.
SignalHandler: TypeAlias = Callable[[int, FrameType | None], object] | int | signal.Handlers | None

#: CPU time that a step, and all of coming to rest, may take; in seconds.
STEP_S: Final = 5
REST_S: Final = 30


class TimeLimitExceeded(BaseException):
    """The time is over. Not an Exception: nothing under test may swallow it."""


class TimeLimit:
    """Counts the seconds of CPU since something was begun, while some world is open.

    Whoever calls the subject sets ``limit``, and ``seconds`` to 0, and ``limit`` to 0 once it returns.
    Only the main thread gets signals; elsewhere nothing is guarded.

    Attributes:
        seconds: counted so far.
        limit: how many there may be; 0 while nothing of the subject runs.
        second_s: CPU time that counts as a second; less where steps that hang are taken many times.
    """

    def __init__(self) -> None:
        self.worlds = 0
        self.second_s = 1.0
        self.seconds = 0
        self.limit = 0
        self._before: SignalHandler = None

    def arm(self) -> None:
        if self.worlds == 0 and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGPROF, self.tick)
            self._start()
        self.worlds += 1

    def _start(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, self.second_s, self.second_s)

    @contextmanager
    def hurried(self, second_s: float) -> Iterator[None]:
        """While this lasts, so much CPU time counts as a second."""
        before, self.second_s = self.second_s, second_s
        try:
            if self._before is not None:
                self._start()
            yield
        finally:
            self.second_s = before
            if self._before is not None:
                self._start()

    def disarm(self) -> None:
        self.worlds -= 1
        if self.worlds == 0 and self._before is not None:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, self._before)
            self._before = None

    def tick(self, number: int, frame: FrameType | None) -> None:
        self.seconds += 1
        if 0 < self.limit < self.seconds:
            self.limit = 0
            raise TimeLimitExceeded


#: Of this process. A world may still be open when the interpreter takes its signal handlers away.
TIME_LIMIT: Final = TimeLimit()
atexit.register(signal.setitimer, signal.ITIMER_PROF, 0)
