"""Writing cases so that nothing is lost: whole or not at all, and never over another."""

import fcntl
import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case
from workerfuzz.harness.cases.format.reading import reason

#: How the names of cases begin.
_NUMBERED: Final = re.compile(r"([0-9]{4,})-.*\.case")

#: Longest part of a name that tells the title.
_SLUG_COLUMNS: Final = 60


@dataclass(frozen=True, slots=True)
class Saved:
    """Place of a case on the disk.

    Attributes:
        text: the case as it was, or was to be, written.
        path: None where the folder took nothing: then print the text. None as well where there is none.
        problem: why the folder took nothing, in one line; empty where all is well.
    """

    text: str
    path: Path | None
    problem: str = ""


def save(case: Case, folder: Path) -> Saved:
    """Writes a case under the next free number, ``NNNN-slug-of-title.case``; makes the folder."""
    text = casefile.format(case)
    try:
        return Saved(text, number(case.title, text, folder))
    except OSError as error:
        return Saved(text, None, f"{folder}: {reason(error)}; the case was not written")


def number(title: str, text: str, folder: Path) -> Path:
    """Writes the text of a case under the next free number. Raises OSError: the folder takes nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        path = folder / f"{next_number(folder):04}-{slug(title)}.case"
        write(path, text)
    return path


def write(path: Path, text: str) -> None:
    """Replaces a file in one go: whoever looks sees the old text or the new one. Raises OSError."""
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            if path.exists():
                os.fchmod(descriptor, path.stat().st_mode & 0o777)
            os.fsync(descriptor)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync(path.parent)


def sync(folder: Path) -> None:
    """The name survives a loss of power, too, where the file system can promise that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time chooses a number here, where the file system knows locks."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def next_number(folder: Path) -> int:
    taken = (_NUMBERED.fullmatch(path.name) for path in folder.iterdir())
    return max((int(match[1]) for match in taken if match), default=0) + 1


def slug(title: str) -> str:
    """``The peer dies: y waits`` as ``the-peer-dies-y-waits``."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    name = ""
    for word in words:
        if name and len(name) + 1 + len(word) > _SLUG_COLUMNS:
            break
        name = f"{name}-{word}" if name else word[:_SLUG_COLUMNS]
    return name or "case"
