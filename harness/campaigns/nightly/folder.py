"""The folder of campaigns: their results and findings, for machines that share it, and for people.

::

    workerfuzz.txt                            the version of the format
    lock                                      taken while a campaign goes on here
    nights/BEGAN-SEED/night.json              one campaign: its targets and budget, its phases
    nights/BEGAN-SEED/shards/NNNN.json        the result of a shard; NNNN.2.json of the rest of it
    findings/PROPERTY-HEX.case                each bug once, by its signature
    corpus/                                   runs that reached something new
    explored/SUBJECT-SCOPE-UNIVERSE.json      how far a small universe is explored

A file has one writer, or says the same whoever writes it, and is written whole or not at all. So two
folders that are copied into one make a folder, in any order.
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from workerfuzz.harness.campaigns.nightly.night import FORMAT
from workerfuzz.harness.cases.format.files import reason, write

#: First line of the file that says what the folder is: a word, and the version of the format.
MAGIC: Final = "workerfuzz-folder"

#: That file.
MARK: Final = "workerfuzz.txt"

#: What it says.
TEXT: Final = f"""\
{MAGIC} {FORMAT}

What workerfuzz did and found. Folders like this one may be copied into each other, in any order.

nights/    one folder for each campaign: night.json, and what each of its shards tells
findings/  each bug once, as a case: workerfuzz triage lists them, workerfuzz replay replays one
corpus/    runs that reached something new
explored/  how far each small universe is explored, and where to go on
"""


class FolderError(Exception):
    """The folder cannot be used; says in a line where, why, and what was expected."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Folder of a campaign, and the paths of its parts."""

    path: Path

    @property
    def nights(self) -> Path:
        return self.path / "nights"

    @property
    def findings(self) -> Path:
        return self.path / "findings"

    @property
    def corpus(self) -> Path:
        return self.path / "corpus"

    @property
    def explored(self) -> Path:
        return self.path / "explored"


def existing(path: Path) -> Folder:
    """A folder to read. Raises FolderError: there is none, or it is of a newer format."""
    if not path.is_dir():
        text = "not a folder" if path.exists() else "no such folder"
        raise FolderError(f"{path}: {text}; expected one that workerfuzz nightly made")
    check_format(path)
    folder = Folder(path)
    if not any(item.exists() for item in (path / MARK, folder.nights, folder.findings)):
        raise FolderError(
            f"{path}: neither nights nor findings are there; expected a folder that workerfuzz "
            "nightly made"
        )
    return folder


@contextmanager
def opened(path: Path) -> Iterator[Folder]:
    """The folder to write to, for one campaign alone; makes it.

    Raises:
        FolderError: it cannot be written to, is of a newer format, or another campaign runs there.
    """
    with ExitStack() as stack:
        try:
            path.mkdir(parents=True, exist_ok=True)
            check_format(path)
            stack.enter_context(taken(path))
            if not (path / MARK).exists():
                write(path / MARK, TEXT)
        except OSError as error:
            raise FolderError(f"{path}: {reason(error)}; nothing can be kept there") from None
        sweep(path)
        yield Folder(path)


def check_format(path: Path) -> None:
    """Raises FolderError where a newer workerfuzz, or something else, wrote here."""
    mark = path / MARK
    try:
        line = mark.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    except FileNotFoundError:
        return
    except OSError as error:
        raise FolderError(f"{mark}: {reason(error)}") from None
    word, _, version = line.partition(" ")
    if word != MAGIC or not version.isdecimal():
        raise FolderError(f'{mark}:1: expected "{MAGIC} {FORMAT}", found "{line[:60]}"')
    if int(version) > FORMAT:
        raise FolderError(
            f"{mark}:1: format {version} is newer than this workerfuzz understands, which is {FORMAT}"
        )


@contextmanager
def taken(path: Path) -> Iterator[None]:
    """One campaign at a time, where the file system knows locks; they end with the process."""
    descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        lock(path, descriptor)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        with suppress(OSError):  # who it is helps others; that it is locked is what counts
            os.ftruncate(descriptor, 0)
            text = f"process {os.getpid()} on {socket.gethostname()}, since {since}\n"
            os.pwrite(descriptor, text.encode(), 0)
        yield
    finally:
        os.close(descriptor)


def lock(path: Path, descriptor: int) -> None:
    """Raises FolderError where another process holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 200).decode(errors="replace").strip()
        raise FolderError(
            f"{path}: another campaign goes on there{f' ({holder})' if holder else ''}"
        ) from None
    except OSError:
        return  # nobody can lock here: nights have names of their own all the same


def sweep(path: Path) -> None:
    """Takes away what was being written when a process was killed, and never got its name."""
    places = ("", "findings/", "corpus/", "explored/", "nights/*/", "nights/*/shards/")
    for pattern in (f"{place}.*.tmp" for place in places):
        for left in path.glob(pattern):
            with suppress(OSError):
                left.unlink()
