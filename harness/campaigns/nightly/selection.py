"""Selection of the last night of a folder, of one night by its own folder, or of one shard."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workerfuzz.harness.campaigns.nightly.folder import Folder, FolderError, existing
from workerfuzz.harness.campaigns.nightly.night_files import NIGHT, Written, problem, read_night
from workerfuzz.harness.campaigns.plan.wire import Unreadable, from_json
from workerfuzz.harness.campaigns.shard.result import ShardResult


@dataclass(frozen=True, slots=True)
class Chosen:
    """A night, and where it lies.

    Attributes:
        before: the night before; None where there is none.
    """

    folder: Folder
    written: Written
    before: Written | None


def chosen(path: Path) -> Chosen:
    """The last night of a folder; or that night, where the path is one of ``nights/*``.

    Raises:
        FolderError: there is no such folder, no night in it, or it is of a newer format.
    """
    one = is_night(path)
    folder = existing(path.absolute().parents[1] if one else path)
    nights = sorted((it for it in folder.nights.glob("*") if it.is_dir()), key=lambda it: it.name)
    if one:
        nights = [it for it in nights if it.name <= path.absolute().name]
    read = readable(nights[::-1])
    last = next(read, None)
    if last is None:
        raise FolderError(
            f"{path}: no night is written there; workerfuzz nightly --dir {path} makes one"
        )
    return Chosen(folder, last, next(read, None))


def is_night(path: Path) -> bool:
    """Return True if the path is the folder of one night."""
    return path.absolute().parent.name == "nights" and (
        (path / NIGHT).exists() or (path / "shards").is_dir()
    )


def readable(paths: Sequence[Path]) -> Iterator[Written]:
    """Those that somebody wrote something in; read when they are asked for."""
    for path in paths:
        written = read_night(path)
        if written is not None:
            yield written


def shards_at(path: Path) -> list[ShardResult]:
    """Return the results of the shards of a night, or of the one in a file ``shards/*.json``.

    Raises:
        FolderError: there is nothing of the kind.
    """
    if not path.is_file():
        return chosen(path).written.night.shards
    try:
        return [from_json(path.read_bytes(), ShardResult)]
    except (Unreadable, OSError) as error:
        raise FolderError(
            f"{problem(path, error)}; expected what a shard of a night tells, as in nights/*/shards"
        ) from None
