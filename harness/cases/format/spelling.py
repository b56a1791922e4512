"""Words for people: plurals, and the names that somebody may have meant."""

import difflib
from collections.abc import Iterable
from typing import Final

#: A line that lists what there is lists no more than these.
MOST_NAMES: Final = 24


def close_to(name: str, names: Iterable[str]) -> str | None:
    """The name that is so near that it was probably meant."""
    near = difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.75)
    return near[0] if near else None


def unknown(what: str, name: str, names: Iterable[str], most: int = MOST_NAMES) -> str:
    """``unknown subject "dsk"; did you mean "dask"?``, or a list of what there is."""
    names = list(names)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f'unknown {what} "{name}"; did you mean "{near[0]}"?'
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f'unknown {what} "{name}"; one of {", ".join(names[:most])}{more}'


def counted(count: int, noun: str) -> str:
    """Return ``3 steps``, ``1 entry``, ``2 entries``."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("ry") else f"{count} {noun}s"
