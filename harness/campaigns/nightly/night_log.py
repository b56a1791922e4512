"""The log of a night, written while it goes on, so that it can end at any moment and lose nothing.

A finding is written the moment it is reported, before the result of its shard; one file has the number
of runs of a shard that are over and what they found. So whenever the process is killed, each run is over
and its findings are here, or it is run again.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from workerfuzz.harness.campaigns.nightly.folder import Folder
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import (
    NIGHT,
    NightSummary,
    Part,
    Written,
    as_text,
    file_of,
    findings_of,
    read_night,
    store_summary,
    summary_of,
)
from workerfuzz.harness.campaigns.shard.merge import up_to
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.case import Case
from workerfuzz.harness.cases.format.files import reason, write
from workerfuzz.harness.engines.findings.finding import (
    Finding,
    FindingCase,
    SeenBefore,
    findings_in,
    first_seen,
    name_among,
    name_of,
    write_finding,
)
from workerfuzz.harness.engines.findings.finding_writer import today

#: At most so many seconds of work are done again after a loss of power.
FLUSH_S: Final = 3.0


@dataclass(slots=True)
class NightLog:
    """Log of one night: results of its shards, findings and their case files.

    Attributes:
        say: shows a line that people should read at once.
        flush_s: time between two times that everything is written, in seconds.
        results: the last result of each part of each shard.
        unwritten: parts whose file does not have it yet.
        written: cases that were written, by part and name of the finding. First a case has all
            steps of its run; when it was shrunk it comes again.
        reported: names of findings that were shown.
        seen: bugs that have a case, by subject and scope, then by name.
        refused: why the folder takes nothing at the moment; empty where all is well.
        flushed_at: when everything was written last.
    """

    folder: Folder
    night: Night
    say: Callable[[str], None] = lambda _: None
    flush_s: float = FLUSH_S
    results: dict[Part, ShardResult] = field(default_factory=dict)
    unwritten: set[Part] = field(default_factory=set)
    written: dict[tuple[Part, str], FindingCase] = field(default_factory=dict)
    reported: set[str] = field(default_factory=set)
    seen: dict[tuple[str, str], dict[str, SeenBefore]] = field(default_factory=dict)
    refused: str = ""
    flushed_at: float = field(default_factory=time.monotonic)

    @property
    def path(self) -> Path:
        """The folder of the night."""
        return self.folder.nights / self.night.name

    # Results of shards

    def record(self, part: Part, result: ShardResult) -> list[Finding]:
        """Record the result of a part of a shard so far; return the findings not recorded before."""
        unwritten = [
            finding
            for finding in result.findings
            if finding.case and self.written.get((part, name_of(finding))) != finding.case
        ]
        for finding in unwritten:
            self.write_case(part, finding)
        for finding in result.findings:
            self.set_path(finding)
        self.results[part] = result
        self.unwritten.add(part)
        if unwritten or time.monotonic() - self.flushed_at >= self.flush_s:
            self.flush()
        new = [
            finding
            for finding in unwritten
            if finding.is_new and finding.lines and name_of(finding) not in self.reported
        ]
        self.reported.update(map(name_of, new))
        return new

    def write_case(self, part: Part | None, finding: Finding) -> None:
        """Write a finding, also one that no part of the night met; else its case is shown."""
        name = name_of(finding)
        if finding.lines:
            self.add_seen(finding.subject, finding.scope, SeenBefore(name, finding.signature))
        try:
            write_finding(self.folder.findings, finding, today())
        except OSError as error:
            if name not in self.reported:
                self.say(f"{self.folder.findings}: {reason(error)}; this case was not written:")
                for line in finding.case.text.splitlines():
                    self.say(line)
        else:
            if part is not None:
                self.written[part, name] = finding.case

    def set_path(self, finding: Finding) -> None:
        """Set the path of the case of a finding, and the bug it matches from before this night."""
        name = name_of(finding)
        if not finding.known:
            finding.known = name_among(finding, self.night.before)
        if finding.case and (self.folder.findings / name).exists():
            finding.path = str((self.folder.findings / name).relative_to(self.folder.path))

    def flush(self) -> None:
        """Write what is not written yet. Where the folder takes nothing, it is tried again later."""
        self.flushed_at = time.monotonic()
        self.night.shards = [self.results[part] for part in sorted(self.results)]
        try:
            (self.path / "shards").mkdir(parents=True, exist_ok=True)
            for part in sorted(self.unwritten):
                write(file_of(self.path, part), as_text(self.results[part]))
                self.unwritten.discard(part)
            write(self.path / NIGHT, as_text(replace(self.night, shards=[])))
        except OSError as error:
            refused = f"{self.path}: {reason(error)}"
            if refused != self.refused:
                self.say(f"{refused}; it is tried again later")
            self.refused = refused
        else:
            self.refused = ""
            if self.night.ended:
                written = Written(self.path, self.night, self.results)
                store_summary(self.path, summary_of(written))

    def finish(self, ended: str) -> None:
        """End the night, once everything else is written.

        What the folder did not take before is tried once more.
        """
        for part, result in list(self.results.items()):
            self.record(part, result)
        self.flush()
        self.night.ended = ended
        self.flush()

    # Bugs that have a case

    def add_seen(self, subject: str, scope: str, seen: SeenBefore) -> None:
        """Add a bug that has a case: it is not to be shrunk again."""
        self.seen.setdefault((subject, scope), {})[seen.case] = seen

    def seen_on(self, subject: str, scope: str) -> tuple[SeenBefore, ...]:
        """Return the bugs seen before on that subject, for its plans."""
        return tuple(self.seen.get((subject, scope), {}).values())

    def load_former(self, nights: Iterable[tuple[Path, NightSummary]]) -> None:
        """Take findings of former nights that are still in the folder as seen before.

        Where folders were copied into one, the shortest case of each and its first day are brought
        back; only nights that have one of these are read in full.
        """
        cases = dict(findings_in(self.folder.findings))
        for path, summary in nights:
            day, is_better = summary.began[:10], False
            for found in summary.findings:
                name = found.name if found.name in cases else found.former_name
                case = cases.get(name)
                if case is None:
                    continue
                self.add_seen(found.subject, found.scope, SeenBefore(name, found.signature))
                is_better |= (
                    not isinstance(case, Case)
                    or found.length < len(case.steps)
                    or day < first_seen(case)
                )
            written = read_night(path) if is_better else None
            for finding in findings_of(written) if written is not None else ():
                if name_of(finding) in cases:
                    write_finding(self.folder.findings, finding, day)

    def resume(self, written: Written) -> None:
        """Restore results from before an interruption. Raises OSError: the folder is not writable."""
        self.results = {
            part: up_to(result, result.runs) for part, result in written.results.items()
        }
        for part, result in self.results.items():
            for finding in result.findings:
                if finding.case:
                    write_finding(self.folder.findings, finding, written.night.began[:10])
                    self.written[part, name_of(finding)] = finding.case
                if finding.case and finding.lines:
                    name = name_of(finding)
                    self.add_seen(
                        finding.subject, finding.scope, SeenBefore(name, finding.signature)
                    )
                    self.reported.add(name)
