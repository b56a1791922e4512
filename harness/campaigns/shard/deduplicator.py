"""Cases of what shards found in other processes: each bug once, however many of them found it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from workerfuzz.harness.campaigns.findings.finding import Finding
from workerfuzz.harness.campaigns.findings.finding_files import ALONE, keep_finding
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.reading import reason
from workerfuzz.harness.cases.format.saving import number, write
from workerfuzz.harness.cases.replay.replay import replay_command
from workerfuzz.harness.engines.shrink.finding_writer import today

#: Writes the cases of a bug, in the place of the longer ones of the same bug, where there are any.
#: Returns where they are: that of the bug, and that of one worker alone, if there is one.
#: Raises OSError.
Write: TypeAlias = Callable[[Finding, "Places | None"], "Places"]

#: Where the case of a bug is, and that of one worker alone.
Places: TypeAlias = tuple[Path, Path | None]


class Deduplicator:
    """What was found so far, with the shortest case of each bug, which is written at once.

    Attributes:
        write: writes cases.
        where: the folder, in words.
    """

    def __init__(self, write: Write, where: str) -> None:
        self.write = write
        self.where = where
        self.found: dict[tuple[str, ...], Finding] = {}
        self.places: dict[tuple[str, ...], Places] = {}

    def take(self, met: Finding) -> Finding | None:
        """Writes a bug that is new, and says how to replay it. None: it was found before."""
        bug = bug_of(met)
        former = self.found.get(bug)
        if former is None or met.after < former.after:
            self.found[bug] = self.written(met)
        return self.found[bug] if former is None else None

    def written(self, met: Finding) -> Finding:
        bug, its = bug_of(met), replace(met, lines=[*met.lines])
        try:
            path, alone = self.places[bug] = self.write(met, self.places.get(bug))
        except OSError as error:
            its.lines.append(
                f"{self.where}: {reason(error)}; the case was not written; here it is:"
            )
            its.lines += met.case.splitlines()
            return its
        its.path = str(path)
        if alone is not None:
            its.lines.append(f"  replay it: {replay_command(alone, met.subject)}")
        its.lines.append(f"replay it: {replay_command(path, met.subject)}")
        return its

    def told(self, account: ShardResult) -> ShardResult:
        """The account, with what is known of where its bugs are kept."""
        met = [
            replace(self.found.get(bug_of(it), it), times=it.times) if it.is_new else it
            for it in account.met
        ]
        return replace(account, met=met)


def bug_of(met: Finding) -> tuple[str, ...]:
    """What tells bugs apart: a signature, on a subject, at a scope."""
    return (met.subject, met.scope, *met.signature)


def by_signature(folder: Path) -> Write:
    """Cases have names by their bugs: many processes write to one folder, and it has each bug once."""

    def place(met: Finding, former: Places | None) -> Places:
        path = keep_finding(folder, met, today())
        return path, path.with_name(f"{path.stem}{ALONE}.case") if met.alone else None

    return place


def numbered(folder: Path) -> Write:
    """Cases have numbers, in the order in which they were found."""

    def place(met: Finding, former: Places | None) -> Places:
        path, alone = former or (None, None)
        path = put(met.case, path)
        return path, put(met.alone, alone) if met.alone else alone

    def put(text: str, path: Path | None) -> Path:
        if path is None:
            return number(casefile.parse(text).title, text, folder)
        write(path, text)
        return path

    return place
