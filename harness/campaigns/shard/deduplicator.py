"""Findings of shards in other processes: each bug is written once, however many shards find it."""

from pathlib import Path

from msgspec.structs import replace

from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Bug, Finding, closing_lines, save
from workerfuzz.harness.engines.findings.finding_writer import today


class Deduplicator:
    """The shortest case of each bug found so far, which is written at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: dict[Bug, Finding] = {}

    def take(self, finding: Finding) -> Finding | None:
        """Write a finding, and add to its report how to replay it. None: it was found before."""
        former = self.found.get(finding.bug)
        if former is None or finding.length < former.length:
            written = replace(finding, lines=[*finding.lines])
            problem = save(written, self.folder, today())
            written.lines += closing_lines(written, problem)
            self.found[finding.bug] = written
        return self.found[finding.bug] if former is None else None

    def with_paths(self, result: ShardResult) -> ShardResult:
        """The result with the findings as they were written."""
        findings = [
            replace(self.found.get(it.bug, it), occurrences=it.occurrences) if it.is_new else it
            for it in result.findings
        ]
        return replace(result, findings=findings)
