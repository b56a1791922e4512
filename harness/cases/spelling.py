"""What somebody may have meant who wrote a name that does not exist."""

import difflib
from collections.abc import Iterable


def close_to(name: str, names: Iterable[str]) -> str | None:
    """The name that is so near that it was probably meant."""
    near = difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.75)
    return near[0] if near else None


def unknown(what: str, name: str, names: Iterable[str]) -> str:
    """``unknown subject "dsk"; did you mean "dask"?``, or a list of what there is."""
    names = list(names)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f'; did you mean "{near[0]}"?' if near else f"; one of {', '.join(names)}"
    return f'unknown {what} "{name}"{hint}'
