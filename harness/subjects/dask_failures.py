"""What Dask raised, in one line that is the same in every process: no story and no time in it."""

import traceback
from typing import Final

#: What Dask's own exceptions say about themselves, besides the story of the task.
_DETAILS: Final = ("key", "start", "finish", "state")


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
