"""Lines of some files that a process executes.

Standard library only: it begins before the traced modules are imported.
"""

import sys
from collections.abc import Mapping
from types import CodeType, FrameType
from typing import Any, Protocol


class LocalTrace(Protocol):
    """Called for each event in a frame."""

    def __call__(self, frame: FrameType, event: str, argument: Any, /) -> "LocalTrace | None": ...


class LineTrace:
    """Records lines; frames of other files cost one call each.

    Attributes:
        modules: name of a module by its file.
        executed: lines by module.
    """

    def __init__(self, modules: Mapping[str, str]) -> None:
        self.modules = modules
        self.executed: dict[str, set[int]] = {name: set() for name in modules.values()}
        self._left: dict[CodeType, set[int]] = {}

    def begin(self) -> None:
        """Record from now on, in this thread."""
        sys.settrace(self.enter)

    def lines(self) -> dict[str, list[int]]:
        """The lines executed so far, by module."""
        return {name: sorted(lines) for name, lines in self.executed.items()}

    def enter(self, frame: FrameType, event: str, argument: Any) -> LocalTrace | None:
        """A function is called."""
        code = frame.f_code
        module = self.modules.get(code.co_filename)
        if module is None:
            return None
        left = self._left.get(code)
        if left is None:
            left = self._left[code] = {line for *_, line in code.co_lines() if line is not None}
        if not left:
            return None
        executed = self.executed[module]

        def trace(frame: FrameType, event: str, argument: Any) -> LocalTrace | None:
            left.discard(frame.f_lineno)
            executed.add(frame.f_lineno)
            return trace if left else None

        return trace(frame, event, argument)
