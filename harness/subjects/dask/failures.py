"""What Dask raised, in one line that is the same in every process: no story and no time in it."""

import re
import traceback
from typing import Any, Final

#: What Dask's own exceptions say about themselves, besides the story of the task.
_DETAILS: Final = ("key", "start", "finish", "state")

#: Of which variables an assertion compares the state.
_ASKED: Final = re.compile(r"\b(\w+)\.state (?:not )?in\b")


def describe(error: BaseException) -> str:
    """Type, task and states of an exception, and the assertion or the exception behind it."""
    root = error
    while root.__cause__ is not None:
        root = root.__cause__
    return _headline(error) if root is error else f"{_headline(error)}: {_headline(root)}"


def _headline(error: BaseException) -> str:
    name = type(error).__name__
    details = {detail: getattr(error, detail, None) for detail in _DETAILS}
    if details["key"] is not None:
        given = (f"{detail} {value}" for detail, value in details.items() if value is not None)
        return f"{name} ({', '.join(given)})"
    message = next(iter(str(error).splitlines()), "")
    if isinstance(error, AssertionError):
        message = ""  # a story, if there is one
    return f"{name}{_place(error)}" + (f": {message}" if message else "")


def _place(error: BaseException) -> str:
    """Function and line of code that raised; nothing where the line says only that it raises."""
    frames = traceback.extract_tb(error.__traceback__) if error.__traceback__ else []
    if not frames or str(frames[-1].line).startswith("raise"):
        return ""
    return f" in {frames[-1].name} ({frames[-1].line})"


def states_in_question(error: BaseException) -> str:
    """The states that a failed assertion asks about, as ``ts_wait is error``; empty without any.

    The assertion alone is the same for a dependency that failed and for one that was let go.
    """
    trace = error.__traceback__
    if not isinstance(error, AssertionError) or trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    line = traceback.extract_tb(trace)[-1].line or ""
    seen: dict[str, Any] = trace.tb_frame.f_locals
    asked = [name for name in _ASKED.findall(line) if hasattr(seen.get(name), "state")]
    return ", ".join(f"{name} is {seen[name].state}" for name in asked)
