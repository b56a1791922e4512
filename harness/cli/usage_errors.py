"""Messages for command lines that no command understands: one line, with what to do next."""

import re
from typing import Final, Protocol, runtime_checkable

#: What stands before a complaint of ours, which says itself what to do.
OURS: Final = "Invalid value: "

#: What stands before a complaint of a library in the same place.
ITS_OWN: Final = "Value error, "

#: Where a complaint says already what was meant, or what is wanted.
HELPS: Final = re.compile(r"\bexpected |Did you mean |Possible options: ")


@runtime_checkable
class UsageError(Protocol):
    """An error of the command-line parser. Its ``ctx``, if any, names the command."""

    def format_message(self) -> str: ...


def told(error: UsageError) -> str:
    """Return the problem, its place, and what to do next."""
    said = " ".join(error.format_message().split())
    if said.startswith(OURS) or HELPS.search(said):
        return said
    said = said.replace(ITS_OWN, "").rstrip(".")
    command = getattr(error, "ctx", None)
    return f"{said}; see {command.command_path if command is not None else 'workerfuzz'} --help"
