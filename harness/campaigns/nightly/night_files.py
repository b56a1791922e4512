"""Nights as they lie in a folder: one file for the night, one for what each of its shards tells."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from workerfuzz.harness.campaigns.nightly.folder import Folder, FolderError, existing
from workerfuzz.harness.campaigns.nightly.night import FORMAT, Night
from workerfuzz.harness.campaigns.plan.wire import Unreadable, from_json, to_json
from workerfuzz.harness.campaigns.shard.counters import total
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.files import reason, write
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.engines.findings.finding import Finding, former_name_of, name_of

#: The file of the night itself.
NIGHT: Final = "night.json"

#: A summary of the night, for later ones.
SUMMARY: Final = "summary.json"

#: Those of its shards: ``0007.json``, and ``0007.2.json`` where it was gone on with.
_SHARD: Final = re.compile(r"([0-9]+)(?:\.([0-9]+))?\.json")

#: Number of a shard, and which part of it: it has more where it was interrupted.
Part = tuple[int, int]


@dataclass(slots=True)
class Written:
    """A night on the disk.

    Attributes:
        path: its folder.
        results: of each part of each shard.
        parts: those that have a file, which may be broken.
        problems: files that cannot be read, a line each; they are left as they are.
    """

    path: Path
    night: Night
    results: dict[Part, ShardResult] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def file_of(path: Path, part: Part) -> Path:
    """Return the path of the file of a part of a shard."""
    number, which = part
    return path / "shards" / (f"{number:04}.json" if which == 1 else f"{number:04}.{which}.json")


def part_of(path: Path) -> Part | None:
    """Return the part of a shard that a file holds; None for any other file."""
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
    for path in sorted(folder.nights.glob("*"), key=lambda path: path.name, reverse=True):
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
    paths = sorted(folder.nights.glob(f"*/{NIGHT}"), key=lambda path: path.parent.name)
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
    for shard, part in sorted(shards_in(path), key=lambda shard: shard[1]):
        written.parts.append(part)
        try:
            written.results[part] = from_json(shard.read_bytes(), ShardResult)
        except (Unreadable, OSError) as error:
            written.problems.append(problem(shard, error))
    written.night.shards = list(written.results.values())
    return written


def shards_in(path: Path) -> Iterator[tuple[Path, Part]]:
    """The files of a night's shards."""
    for shard in path.glob("shards/*"):
        part = part_of(shard)
        if part is not None:
            yield shard, part


class Versioned(msgspec.Struct):
    """Format version at the head of every file."""

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
    """One line that says why a file cannot be used."""
    text = reason(error) if isinstance(error, OSError) else f"broken: {error}"
    return f"{path}: {text}; it is left as it is"


class SummarisedFinding(msgspec.Struct, frozen=True):
    """A finding that has a case, as far as later nights need it.

    Attributes:
        name: of its file; ``former_name``: the one that earlier releases gave it.
        length: number of steps of the case.
    """

    name: str
    former_name: str
    subject: str
    scope: str
    signature: Signature
    length: int


class NightSummary(msgspec.Struct, frozen=True):
    """Everything that later nights need of a night: its other files are not read again.

    Attributes:
        began: date and time.
        sketch: by which runs of nights are compared.
        fixed: names of findings that did not break any more; None: it did not come so far.
        sizes: bytes of each file that it was made from; where they differ, it is out of date.
    """

    name: str
    seed: int
    began: str
    sketch: list[int]
    fixed: list[str] | None
    findings: list[SummarisedFinding]
    sizes: dict[str, int]
    format: int = FORMAT


def summary_of(written: Written) -> NightSummary:
    """Summarise a night that was read in full."""
    night = written.night
    is_replayed = any(phase.name == "known" for phase in night.phases)
    return NightSummary(
        night.name,
        night.seed,
        night.began,
        total(shard.total for shard in night.shards).sketch,
        [line.partition(": ")[0] for line in night.fixed] if is_replayed else None,
        [
            SummarisedFinding(
                name_of(finding),
                former_name_of(finding),
                finding.subject,
                finding.scope,
                finding.signature,
                finding.length,
            )
            for finding in findings_of(written)
        ],
        sizes_in(written.path),
    )


def findings_of(written: Written) -> list[Finding]:
    """Findings that a night has cases of."""
    return [
        finding
        for result in written.results.values()
        for finding in result.findings
        if finding.case
    ]


def summaries(
    folder: Folder, without: Path | None = None
) -> Iterator[tuple[Path, NightSummary, list[str]]]:
    """Each night but one, the last first: its folder, its summary, and files that cannot be read.

    A summary that is missing or out of date is made from the whole night, once.

    Raises:
        FolderError: a night is of a newer format.
    """
    for path in sorted(folder.nights.glob("*"), key=lambda path: path.name, reverse=True):
        if path == without or not path.is_dir():
            continue
        summary = stored_summary(path)
        if summary is not None:
            yield path, summary, []
            continue
        written = read_night(path)
        if written is not None:
            summary = summary_of(written)
            if not written.problems:
                store_summary(path, summary)
            yield path, summary, written.problems


def stored_summary(path: Path) -> NightSummary | None:
    """The summary that fits the files of a night; None where there is none."""
    try:
        summary = from_json((path / SUMMARY).read_bytes(), NightSummary)
    except (Unreadable, OSError):
        return None
    fits = summary.format == FORMAT and summary.sizes == sizes_in(path)
    return summary if fits else None


def store_summary(path: Path, summary: NightSummary) -> None:
    """Write a summary; where the folder takes nothing, the night is read again next time."""
    with suppress(OSError):
        write(path / SUMMARY, as_text(summary))


def sizes_in(path: Path) -> dict[str, int]:
    """Bytes of each file of a night, by name."""
    files = [path / NIGHT, *(shard for shard, _ in shards_in(path))]
    return {file.name: file.stat().st_size for file in sorted(files) if file.exists()}


@dataclass(frozen=True, slots=True)
class SelectedNight:
    """A night of a folder, and the night before.

    Attributes:
        before: None where there is none.
    """

    folder: Folder
    written: Written
    before: Written | None


def select_night(path: Path) -> SelectedNight:
    """The last night of a folder; or that night, where the path is one of ``nights/*``.

    Raises:
        FolderError: there is no such folder, no night in it, or it is of a newer format.
    """
    one = is_night(path)
    folder = existing(path.absolute().parents[1] if one else path)
    nights = sorted(
        (path for path in folder.nights.glob("*") if path.is_dir()), key=lambda path: path.name
    )
    if one:
        nights = [night for night in nights if night.name <= path.absolute().name]
    read = readable(nights[::-1])
    last = next(read, None)
    if last is None:
        raise FolderError(
            f"{path}: no night is written there; workerfuzz nightly --dir {path} makes one"
        )
    return SelectedNight(folder, last, next(read, None))


def is_night(path: Path) -> bool:
    """Return True if the path is the folder of one night."""
    return path.absolute().parent.name == "nights" and (
        (path / NIGHT).exists() or (path / "shards").is_dir()
    )


def readable(paths: Sequence[Path]) -> Iterator[Written]:
    """Yield the nights in which something was written; each is read when it is needed."""
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
        return select_night(path).written.night.shards
    try:
        return [from_json(path.read_bytes(), ShardResult)]
    except (Unreadable, OSError) as error:
        raise FolderError(
            f"{problem(path, error)}; expected what a shard of a night tells, as in nights/*/shards"
        ) from None
