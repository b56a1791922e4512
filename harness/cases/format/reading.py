"""Cases as they lie on the disk: where, and what can be wrong before a file is understood."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from workerfuzz.harness.cases.format.case import CaseError

#: A larger file is no case; it is not read.
MOST_NBYTES: Final = 1 << 20


def read(path: Path) -> str:
    """The text of a file, as it is; raises CaseError where it cannot be a case."""
    raw = read_bytes(path)
    if not raw:
        raise CaseError("the file is empty", path=path)
    if b"\0" in raw:
        raise CaseError("a binary file; a case is text", path=path)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{raw[error.start]:02x}"
        raise CaseError(f"not UTF-8: {found} cannot stand there", line, path) from None
    if text.startswith("\ufeff"):
        raise CaseError("starts with a byte order mark; expected plain UTF-8", 1, path)
    return text


def read_bytes(path: Path) -> bytes:
    """At most ``MOST_NBYTES``; does not wait where the file is a pipe or a device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise CaseError(reason(error), path=path) from None
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise CaseError("a directory; expected a file", path=path)
        if not stat.S_ISREG(status.st_mode):
            raise CaseError("not a regular file", path=path)
        if status.st_size > MOST_NBYTES:
            raise CaseError(
                f"{status.st_size:,} bytes; a case has at most {MOST_NBYTES:,}", path=path
            )
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MOST_NBYTES)
    except OSError as error:
        raise CaseError(reason(error), path=path) from None
    finally:
        os.close(descriptor)


def reason(error: OSError) -> str:
    """``Permission denied`` as ``permission denied``."""
    said = error.strerror or str(error)
    return said[:1].lower() + said[1:]


def case_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files as they are given; for a folder all ``*.case`` below it, sorted, each file once."""
    seen: set[Path] = set()
    for path in paths:
        found = sorted(below(path)) if path.is_dir() else [path]
        if not found:
            raise CaseError("no *.case file is in this folder", path=path)
        yield from (one for one in found if one not in seen)
        seen.update(found)


def below(folder: Path) -> Iterator[Path]:
    """Cases in a folder and its folders, hidden ones and links not followed."""
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if name.endswith(".case"))


def unreadable(error: OSError) -> None:
    raise CaseError(reason(error), path=error.filename)
