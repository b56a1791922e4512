"""Nights as they lie in a folder: one file for the night, one for what each of its shards tells."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from workerfuzz.harness.campaigns.nightly.folder import Folder, FolderError
from workerfuzz.harness.campaigns.nightly.night import FORMAT, Night
from workerfuzz.harness.campaigns.plan.wire import Unreadable, from_json, to_json
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.reading import reason

#: The file of the night itself.
NIGHT: Final = "night.json"

#: Those of its shards: ``0007.json``, and ``0007.2.json`` where it was gone on with.
_SHARD: Final = re.compile(r"([0-9]+)(?:\.([0-9]+))?\.json")

#: Number of a shard, and which part of it: it has more where it was interrupted.
Part = tuple[int, int]


@dataclass(slots=True)
class Written:
    """A night on the disk.

    Attributes:
        path: its folder.
        accounts: of each part of each shard.
        parts: those that have a file, which may be broken.
        problems: files that cannot be read, a line each; they are left as they are.
    """

    path: Path
    night: Night
    accounts: dict[Part, ShardResult] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def file_of(path: Path, part: Part) -> Path:
    """Where a part of a shard is written."""
    number, which = part
    return path / "shards" / (f"{number:04}.json" if which == 1 else f"{number:04}.{which}.json")


def part_of(path: Path) -> Part | None:
    """What is written in that file; None where it is something else."""
    match = _SHARD.fullmatch(path.name)
    return (int(match[1]), int(match[2] or 1)) if match else None


def as_text(record: object) -> str:
    """A record as people can read it."""
    return msgspec.json.format(to_json(record), indent=1).decode() + "\n"


def each_night(folder: Folder) -> Iterator[Written]:
    """Every night that is there, the last one first; what is broken in one is among its problems.

    One at a time, and read when it is asked for: a year of them is more than memory holds.

    Raises:
        FolderError: a night is of a newer format.
    """
    for path in sorted(folder.nights.glob("*"), key=lambda it: it.name, reverse=True):
        written = read_night(path) if path.is_dir() else None
        if written is not None:
            yield written


def read_nights(folder: Folder) -> list[Written]:
    """All of them at once, the oldest first."""
    return [*each_night(folder)][::-1]


def last_night(folder: Folder) -> Night | None:
    """The last night of a folder, without its shards; None where there is none that can be read.

    Raises:
        FolderError: it is of a newer format.
    """
    paths = sorted(folder.nights.glob(f"*/{NIGHT}"), key=lambda it: it.parent.name)
    try:
        return night_in(paths[-1]) if paths else None
    except (Unreadable, OSError):
        return None


def read_night(path: Path) -> Written | None:
    """One night; None where nothing was written yet. Raises FolderError: a newer format."""
    written = Written(path, Night(0, path.name[:19]))
    try:
        written.night = night_in(path / NIGHT)
    except FileNotFoundError:
        if not any(path.glob("shards/*.json")):
            return None
        written.problems.append(f"{path / NIGHT}: no such file; its shards are read without it")
    except (Unreadable, OSError) as error:
        written.problems.append(problem(path / NIGHT, error))
    for shard, part in sorted(shards_in(path), key=lambda it: it[1]):
        written.parts.append(part)
        try:
            written.accounts[part] = from_json(shard.read_bytes(), ShardResult)
        except (Unreadable, OSError) as error:
            written.problems.append(problem(shard, error))
    written.night.shards = list(written.accounts.values())
    return written


def shards_in(path: Path) -> Iterator[tuple[Path, Part]]:
    """The files of a night's shards."""
    for shard in path.glob("shards/*"):
        part = part_of(shard)
        if part is not None:
            yield shard, part


class Versioned(msgspec.Struct):
    """What every format says of itself."""

    format: int = FORMAT


def night_in(path: Path) -> Night:
    """The night of a file, without its shards. Raises Unreadable, OSError, FolderError."""
    raw = path.read_bytes()
    version = from_json(raw, Versioned).format
    if version > FORMAT:
        raise FolderError(
            f"{path}: format {version} is newer than this workerfuzz understands, which is {FORMAT}"
        )
    return from_json(raw, Night)


def problem(path: Path, error: Exception) -> str:
    """What is wrong with a file, in one line."""
    said = reason(error) if isinstance(error, OSError) else f"broken: {error}"
    return f"{path}: {said}; it is left as it is"
