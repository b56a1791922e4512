"""Contents of the report of a night: the verdict, the findings, and their status since."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path

from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.cases.format.casefile import case_command
from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.cases.triage.known_bugs import known_cases
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.finding_text import CASE, bug, by_harm, status
from workerfuzz.harness.report.groups import Group, groups
from workerfuzz.harness.report.live.status import clock_time


@dataclass(frozen=True, slots=True)
class Fixed:
    """A bug that is not there any more.

    Attributes:
        where: the system that was fuzzed without it; empty where it was replayed alone.
        name: of its case, where a former night found it; empty where it is one of the known bugs.
    """

    title: str
    where: str = ""
    name: str = ""


@dataclass(slots=True)
class NightReport:
    """A night, and the one before.

    Attributes:
        before: None where there is none.
        folder: where its findings are written; paths in it are relative to that.
        groups: what was fuzzed.
        findings: each bug once, as ``by_harm`` orders them.
        fixed: bugs that are not there any more, each once.
        problems: files of the night that cannot be read, a line each.
    """

    night: Night
    before: Night | None = None
    problems: Sequence[str] = ()
    folder: Path = Path()
    groups: list[Group] = field(init=False)
    findings: list[Finding] = field(init=False)
    fixed: list[Fixed] = field(init=False)

    def __post_init__(self) -> None:
        self.groups = groups(self.night.shards)
        self.findings = by_harm(self.night.findings)
        self.fixed = list(unique(self.of_shards(), self.replayed()))

    def of_shards(self) -> Iterator[Fixed]:
        """Known bugs that some system should have, and has not."""
        for group in self.groups:
            for shard in group.shards:
                yield from (Fixed(title, group.name) for title in shard.fixed)

    def replayed(self) -> Iterator[Fixed]:
        """Yield the replayed cases that no longer break, from lines ``NAME.case: description``."""
        known = {case.path.name: case.title for case in known_cases() if case.path is not None}
        for line in self.night.fixed:
            name, _, text = line.partition(": ")
            yield Fixed(known[name]) if name in known else Fixed(text or name, name=name)

    @property
    def new(self) -> list[Finding]:
        """New findings."""
        return [finding for finding in self.findings if status(finding) == "new"]

    @property
    def seen(self) -> list[Finding]:
        """Findings of earlier nights that are neither known bugs nor fixed."""
        return [finding for finding in self.findings if status(finding) == "seen"]

    @property
    def known(self) -> list[Finding]:
        """Findings that have a case among the known bugs."""
        return [finding for finding in self.findings if status(finding) == "known"]

    @property
    def gone(self) -> list[Finding]:
        """Findings of the night before that did not occur in this one."""
        here = {bug(finding) for finding in self.findings}
        return [
            finding
            for finding in (self.before.findings if self.before else [])
            if bug(finding) not in here
        ]

    def path_of(self, finding: Finding) -> str:
        """Return the path of a finding's case as seen from here; empty if it has none."""
        if not finding.path and not finding.known.endswith(CASE):
            return ""
        path = self.folder / (finding.path or f"findings/{finding.known}")
        here = Path.cwd()
        return str(path.relative_to(here) if path.is_relative_to(here) else path)

    def command(self, verb: str, finding: Finding, *options: str) -> str:
        """Return a command about the case of a finding; empty where it has none."""
        path = self.path_of(finding)
        if not path:
            return ""
        return case_command(verb, path, finding.subject, *options, python=self.night.python)

    @property
    def reasons(self) -> list[str]:
        """Why it is red, a line each; none: it is green."""
        reasons = list(self.night.red)
        if self.new and not any(phase.name == "fuzz" and phase.red for phase in self.night.phases):
            names = ", ".join(dict.fromkeys(finding.signature[0] for finding in self.new[:5]))
            more = f" and {len(self.new) - 5} more" if len(self.new) > 5 else ""
            reasons.append(f"fuzz: {counted(len(self.new), 'new finding')}: {names}{more}")
        return reasons

    @property
    def headlines(self) -> list[str]:
        """The same, shorter: what came first in each phase, and how much more there is."""
        by_phase: dict[str, list[str]] = {}
        for reason in self.reasons:
            by_phase.setdefault(reason.partition(": ")[0], []).append(reason)
        return [
            first if not more else f"{first}, and {counted(len(more), 'more line')}"
            for first, *more in by_phase.values()
        ]

    @property
    def verdict(self) -> str:
        """In one line."""
        found = f"{counted(len(self.new), 'new finding')}, {len(self.seen) + len(self.known)} known"
        return f"{'red' if self.reasons else 'green'}: {found}"

    @property
    def lasted(self) -> str:
        """Duration of the night; empty if it has not ended."""
        if not self.night.ended:
            return ""
        began, ended = (
            datetime.fromisoformat(moment) for moment in (self.night.began, self.night.ended)
        )
        return clock_time((ended - began).total_seconds())

    @property
    def steps(self) -> int:
        return sum(group.done.steps for group in self.groups)

    @property
    def runs(self) -> int:
        return sum(group.done.runs for group in self.groups)


def unique(*every: Iterable[Fixed]) -> Iterator[Fixed]:
    """Each system's and each bug's once; what is told without a system only where no other is."""
    told = dict.fromkeys(chain(*every))
    somewhere = {fixed.title for fixed in told if fixed.where}
    yield from (fixed for fixed in told if fixed.where or fixed.title not in somewhere)
