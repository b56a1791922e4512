"""A fork of this process in which code runs that may end it, and the description of its end."""

import faulthandler
import os
import re
import select
import signal
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from workerfuzz.harness.campaigns.executors.protocol import Limits
from workerfuzz.harness.campaigns.executors.resource_limits import (
    TOO_LONG,
    cpu_s,
    end_with,
    limit_cpu,
    limit_memory,
)
from workerfuzz.harness.cases.replay.recovery import open_log

#: Exit statuses of a process: the subject used up memory, or the stack; the harness raised.
NO_MEMORY: Final = 83
RAISED: Final = 84
NO_STACK: Final = 85


def exhaustion_status(error: MemoryError | RecursionError) -> int:
    """Return the exit status for an exception that the subject caused: the harness itself is bounded.

    CPython 3.12 and later count calls of C functions: deep recursion raises there, and crashes in 3.11.
    """
    return NO_MEMORY if isinstance(error, MemoryError) else NO_STACK


#: Seconds between two looks at a process that says nothing.
LOOK_S: Final = 0.5

#: Functions that are named of those that a process was in.
MOST_FRAMES: Final = 6

#: A line of ``faulthandler``.
_FRAME: Final = re.compile(r'^  File ".*", line [0-9]+ in (\S+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Death:
    """A process is gone, or had to be ended.

    Attributes:
        status: as ``wait`` says it; negative: the number of a signal.
        overdue: it did not come to an end, and how long it was waited for; else empty.
        errors: what it wrote to standard error.
        cpu_s: CPU time that it took, in seconds, where that is known.
    """

    status: int
    overdue: str = ""
    errors: str = ""
    cpu_s: float = 0.0

    @property
    def is_exhausted(self) -> bool:
        """The subject used up memory or the stack, and the process noticed."""
        return self.status in (NO_MEMORY, NO_STACK)

    def __str__(self) -> str:
        """The description for people and for signatures."""
        if self.overdue:
            return f"it was still going on after {self.overdue}"
        if self.status == NO_MEMORY:
            return "it took all memory that there was"
        if self.status == NO_STACK:
            return "its calls were nested deeper than the stack allows"
        frames = _FRAME.findall(self.errors)
        return f"the process {ended(self.status)}{f', in {frames[0]}' if frames else ''}"

    @property
    def where(self) -> str:
        """Functions that it was in, the innermost first; empty where nobody saw."""
        return ", ".join(f"in {name}" for name in _FRAME.findall(self.errors)[:MOST_FRAMES])

    @property
    def summary(self) -> str:
        """Description of its end, with the last line of its standard error."""
        line = self.errors.strip().rpartition("\n")[2]
        return f"{ended(self.status)}{line and f' ({line})'}"


def ended(status: int) -> str:
    """Describe the end of a process by its exit status."""
    if status < 0:
        names = {signals.value: signals.name for signals in signal.Signals}
        return f"was ended by {names.get(-status, f'signal {-status}')}"
    return f"ended itself, with status {status}"


def run_in_fork(function: Callable[[], bytes], log: Path, limits: Limits) -> bytes | Death:
    """Return the result of a function that runs in a fork, with a write-ahead log of its own.

    Args:
        limits: what it may take: ``step_s`` of CPU in all.
    """
    with tempfile.TemporaryFile() as errors:
        reader, writer = os.pipe()
        parent, process = os.getpid(), os.fork()
        if process == 0:
            os.close(reader)
            in_fork(function, writer, parent=parent, log=log, limits=limits, errors=errors)
        os.close(writer)
        answer = None
        try:
            with os.fdopen(reader, "rb", buffering=0) as answers:
                answer = read_in_time(answers, process, limits)
        finally:
            if answer is None:
                os.kill(process, signal.SIGKILL)
            _, waited, used = os.wait4(process, 0)
            status = os.waitstatus_to_exitcode(waited)
        if status == 0 and answer:
            return answer
        errors.seek(0)
        text = errors.read(1 << 16).decode(errors="replace")
    if status == RAISED:
        raise RuntimeError(text.strip().rpartition("\n")[2])
    overdue = f"{limits.step_s:g} s of CPU" if -status in TOO_LONG else ""
    if answer is None:
        overdue = f"{limits.silent_s:g} s"
    return Death(status, overdue, text, used.ru_utime + used.ru_stime)


def in_fork(
    function: Callable[[], bytes],
    writer: int,
    *,
    parent: int,
    log: Path,
    limits: Limits,
    errors: BinaryIO,
) -> None:
    """Call the function in this fork, and do not return."""
    status = RAISED
    try:
        end_with(parent)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(errors.fileno(), 1)
        os.dup2(errors.fileno(), 2)
        faulthandler.enable(errors, all_threads=False)
        open_log(log)
        limit_memory(limits.memory_nbytes)
        limit_cpu(limits.step_s)
        for number in TOO_LONG:
            faulthandler.register(number, errors, all_threads=False, chain=True)
        answer = memoryview(function())
        while answer:
            answer = answer[os.write(writer, answer) :]
        status = 0
    except (MemoryError, RecursionError) as error:
        status = exhaustion_status(error)
    except BaseException:  # noqa: BLE001 - told to the other process
        with suppress(OSError):
            os.write(errors.fileno(), traceback.format_exc().encode(errors="replace"))
    finally:
        os._exit(status)


def read_in_time(answers: BinaryIO, process: int, limits: Limits) -> bytes | None:
    """All that a process says; None where that takes too long."""
    began = time.monotonic()
    answer = b""
    while True:
        if not select.select([answers], [], [], LOOK_S)[0]:
            if limits.is_silent(time.monotonic() - began, cpu_s(process)):
                return None
            continue
        chunk = answers.read(1 << 16)
        if not chunk:
            return answer
        answer += chunk
