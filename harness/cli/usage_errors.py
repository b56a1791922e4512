"""Messages for command lines that no command understands: one line, with what to do next."""

import re
from typing import Any, Final

#: What stands before a complaint of ours, which says itself what to do.
OURS: Final = "Invalid value: "

#: What stands before a complaint of a library in the same place.
ITS_OWN: Final = "Value error, "

#: Where a complaint says already what was meant, or what is wanted.
HELPS: Final = re.compile(r"\bexpected |Did you mean |Possible options: ")


def told(error: Any) -> str:
    """Return the problem, its place, and what to do next.

    Args:
        error: an error of usage, with its message and the command that it is about.
    """
    said = " ".join(error.format_message().split())
    if said.startswith(OURS) or HELPS.search(said):
        return said
    said = said.replace(ITS_OWN, "").rstrip(".")
    command = getattr(error, "ctx", None)
    return f"{said}; see {command.command_path if command is not None else 'workerfuzz'} --help"
