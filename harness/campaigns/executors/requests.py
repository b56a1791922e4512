"""A question to another process, which may have another Python, and may die of it.

A module that answers calls ``answering`` when it is run; ``ask`` runs it.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from workerfuzz.harness.campaigns.executors.protocol import Limits
from workerfuzz.harness.campaigns.executors.resource_limits import (
    TOO_LONG,
    end_with,
    leave_no_core,
    limit_memory,
)
from workerfuzz.harness.campaigns.executors.sandbox import ended
from workerfuzz.harness.campaigns.executors.worker_process import described, first_line
from workerfuzz.harness.campaigns.plan.wire import Unreadable, from_json, to_json
from workerfuzz.harness.cases.replay.replay_process import environment

A = TypeVar("A")
Q = TypeVar("Q")

#: Characters of its standard error that are looked at when it died.
LAST_WORDS: Final = 2000

#: Seconds between two looks at whether the answer is still waited for.
LOOK_S: Final = 1.0


class NoAnswer(Exception):
    """The process did not answer; says in a line why not."""


class Died(NoAnswer):
    """The process ended, or was ended, without a word.

    Attributes:
        is_overdue: it was given up, or used all the CPU time that it gave itself.
    """

    def __init__(self, said: str, *, is_overdue: bool) -> None:
        super().__init__(said)
        self.is_overdue = is_overdue


def ask(
    python: str,
    module: str,
    question: object,
    answer: type[A],
    patience_s: float,
    *,
    is_over: Callable[[], bool] = lambda: False,
) -> A:
    """Return the answer of a module that runs in a process of its own, with a fixed order of sets.

    Args:
        is_over: asked now and then whether nobody waits for the answer any more.

    Raises:
        NoAnswer: it says why it cannot, died, or took longer than ``patience_s`` seconds.
    """
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603 - our own module
            [python, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment(python),
            process_group=0,  # Ctrl-C is for us
        ) as process,
    ):
        try:
            said = answered(process, to_json((os.getpid(), question)) + b"\n", patience_s, is_over)
        finally:
            process.kill()  # where it has ended, nothing happens
        errors.seek(max(0, errors.seek(0, os.SEEK_END) - LAST_WORDS))
        words = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
    return understood(said, process.returncode, words, answer)


def answered(
    process: subprocess.Popen[bytes], line: bytes, patience_s: float, is_over: Callable[[], bool]
) -> bytes:
    """Send a line, and return all that the process says until it ends. Raises Died."""
    deadline = time.monotonic() + patience_s
    sent: bytes | None = line
    while not is_over():
        left = deadline - time.monotonic()
        if left <= 0:
            raise Died(f"it did not end within {patience_s:g} s", is_overdue=True)
        try:
            return process.communicate(sent, timeout=min(left, LOOK_S))[0]
        except subprocess.TimeoutExpired:
            sent = None
    raise Died("nobody waits for it any more", is_overdue=False)


def understood(said: bytes, status: int, words: str, answer: type[A]) -> A:
    """The answer in what it said. Raises NoAnswer."""
    try:
        found, problem = from_json(said, tuple[msgspec.Raw, str])
        if not problem:
            return from_json(bytes(found), answer)
    except Unreadable:
        raise Died(
            f"the process {ended(status)}{words and f' ({words})'}", is_overdue=-status in TOO_LONG
        ) from None
    raise NoAnswer(problem)


def answering(
    question: type[Q], answer: Callable[[Q], object], said: tuple[type[Exception], ...] = ()
) -> None:
    """Reads a question from standard input and answers on standard output.

    Args:
        said: errors that say in a line what is wrong; others are faults of ours.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    parent, raw = from_json(first_line(0), tuple[int, msgspec.Raw])
    end_with(parent)
    leave_no_core()
    limit_memory(Limits().memory_nbytes)
    try:
        word = to_json((answer(from_json(bytes(raw), question)), ""))
    except said as error:
        word = to_json((None, str(error)))
    except Exception as error:  # noqa: BLE001 - told to the other process, which decides
        word = to_json((None, f"the harness failed, {described(error)}"))
    with answers:
        answers.write(word)
