"""Ctrl-C and SIGTERM: signals that end a campaign with what there is by then."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

#: The signals.
INTERRUPTIONS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def handling_interruptions(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Call a function instead of whatever handles the signals. Only the main thread gets any."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in INTERRUPTIONS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
