"""From a violation to its finding: the steps are shrunk, recorded as a case, written, and reported."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

from msgspec.structs import replace

from workerfuzz.harness.cases.format.case import ScopeName, record, unplayed
from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.cases.swimlanes.charting import excerpt
from workerfuzz.harness.cases.triage.severity import consequence
from workerfuzz.harness.cases.triage.signature import Signature, root, signature
from workerfuzz.harness.engines.findings.finding import (
    Bug,
    Finding,
    FindingCase,
    closing_lines,
    first_occurrence,
    save,
)
from workerfuzz.harness.engines.shrink.projection import project
from workerfuzz.harness.engines.shrink.shrink import PATIENCE_S, Shrunk, shrink
from workerfuzz.harness.subjects import AnySubject, declaration
from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem, ProjectableClusterSystem
from workerfuzz.harness.subjects.protocol import subject_frames
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties.crashes import every_call_returns

#: Frames of a traceback that are shown: the innermost ones.
MOST_FRAMES: Final = 8


def keep(
    subject: AnySubject, violation: Violation, folder: Path | None, engine: str = "hypothesis"
) -> Finding:
    """Shrink a violation and write it as a case into a folder, if there is one."""
    finding = first_occurrence(violation, signature(violation), subject.name)
    shrink_finding(subject, finding, violation, engine)
    if folder is not None:
        write_and_report(finding, folder)
    return finding


def unshrunk_finding(subject: AnySubject, violation: Violation, engine: str = "walk") -> Finding:
    """The finding of a violation, with the case of all its steps."""
    finding = first_occurrence(violation, signature(violation), subject.name)
    set_unshrunk_case(finding, violation, engine)
    return finding


def set_unshrunk_case(finding: Finding, violation: Violation, engine: str) -> None:
    """Give a finding the case of all its steps, none of which is taken once more."""
    count = len(violation.steps)
    title, found = title_of(violation), found_by(engine, count, count)
    finding.case = FindingCase(unplayed(violation, finding.subject, title=title, found=found))
    finding.length = count


def shrink_finding(
    subject: AnySubject,
    finding: Finding,
    violation: Violation,
    engine: str,
    patience_s: float = PATIENCE_S,
) -> Shrunk:
    """Shrink the steps of a finding and record them as its case, with a drawing in its report.

    Args:
        patience_s: CPU time after which it stops with what it has, in seconds.
    """
    shrunk = shrink(subject, violation, patience_s)
    broken = shrunk.violation
    case = record(
        subject,
        broken.steps,
        shrunk.config,
        scope=ScopeName(broken.run_config.scope),
        title=title_of(broken),
        found=found_by(engine, shrunk.before, len(broken.steps)),
    )
    drawing = excerpt(case, subject) if broken.property != every_call_returns.name else ()
    set_shrunk_case(finding, shrunk, FindingCase(case))
    finding.lines += drawing
    return shrunk


def set_shrunk_case(finding: Finding, shrunk: Shrunk, case: FindingCase) -> None:
    """Give a finding the case of the steps that are left, and the report of them."""
    broken = shrunk.violation
    finding.counterexample = broken.counterexample
    finding.length, finding.replays = len(shrunk.steps), shrunk.replays
    finding.is_minimal = not shrunk.interrupted
    finding.case = case
    finding.lines = report(shrunk)


def report(shrunk: Shrunk) -> list[str]:
    """For people: the property in words, the counterexample, and the steps."""
    violation = shrunk.violation
    rest = ["> rest"] if violation.at_rest else []
    interrupted = ", interrupted" if shrunk.interrupted else ""
    return [
        f"{violation.property}: {violation.sentence}",
        *(f"  {line}" for line in violation.counterexample.splitlines()),
        *(f"  {line}" for line in traceback_of(violation)),
        f"after {counted(len(violation.steps), 'step')} (shrunk from {shrunk.before}{interrupted}):",
        *(f"  {line}" for line in [*(f"> {step}" for step in violation.steps), *rest]),
        f"shrinking took {shrunk.account()}",
    ]


def traceback_of(violation: Violation) -> Iterator[str]:
    """Yield the traceback of an exception of the subject: its own frames, the innermost last."""
    raised = violation.__cause__
    for frame in subject_frames(root(raised))[-MOST_FRAMES:] if raised is not None else ():
        yield f'File "{frame.filename}", line {frame.lineno}, in {frame.name}'
        if frame.line:
            yield f"  {frame.line}"


def write_and_report(finding: Finding, folder: Path) -> None:
    """Write the cases into a folder, and close the report with the path."""
    finding.lines += closing_lines(finding, save(finding, folder, today()))


def report_unshrunk(finding: Finding) -> None:
    """Report the case of all steps of a finding, none of which is taken once more."""
    violation = violation_of(finding)
    shrunk = Shrunk(violation, len(violation.steps), 0, interrupted=True)
    set_shrunk_case(finding, shrunk, finding.case)


class Deduplicator:
    """The shortest case of each bug found so far, which is written at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: dict[Bug, Finding] = {}

    def take(self, finding: Finding) -> Finding | None:
        """Write a finding, and add to its report how to replay it. None: it was found before."""
        former = self.found.get(finding.bug)
        if former is None or finding.length < former.length:
            written = self.found[finding.bug] = replace(finding, lines=[*finding.lines])
            write_and_report(written, self.folder)
        return self.found[finding.bug] if former is None else None

    def with_paths(self, findings: Sequence[Finding]) -> list[Finding]:
        """Findings as they were written, those that were not reported among them."""
        for finding in findings:
            if finding.is_new and finding.case and finding.bug not in self.found:
                if finding.awaits_shrinking:  # that was interrupted
                    report_unshrunk(finding)
                self.take(finding)
        return [
            replace(self.found.get(finding.bug, finding), occurrences=finding.occurrences)
            if finding.is_new
            else finding
            for finding in findings
        ]


@dataclass(eq=False)
class ReportedViolation(Violation):
    """The violation of a finding of another process, with the signature that it had there."""

    signature: Signature = field(default_factory=lambda: Signature(""))


def violation_of(finding: Finding) -> ReportedViolation:
    """The violation that a finding began with, which has the case of all its steps."""
    case = finding.case.case
    return ReportedViolation(
        finding.signature.property,
        finding.sentence,
        finding.counterexample,
        case.steps,
        case.scenes[-1].step is None,
        case.run_config,
        finding.signature,
    )


def signature_of(violation: Violation) -> Signature:
    """The signature of a violation of this process, or of another one."""
    if isinstance(violation, ReportedViolation):
        return violation.signature
    return signature(violation)


def look_closer(subject: AnySubject, finding: Finding, violation: Violation, engine: str) -> None:
    """Try what a violation leads to without validation, and on one worker alone."""
    if violation.run_config.scope != "cluster":
        return
    finding.set_consequence(
        consequence(cast("ClusterSystem", subject), violation),
        has_production_mode=declaration(subject.name).has_production_mode,
    )
    if not isinstance(subject, ProjectableClusterSystem):
        return
    projected = project(subject, violation)
    if projected.violation is None:
        finding.lines.append(f"not as a case of one worker: {projected.why}")
        return
    alone = keep(subject.lone_worker(), projected.violation, None, engine)
    finding.worker_case = alone.case
    finding.lines.append("one worker alone shows it:")
    finding.lines += (f"  {line}" for line in alone.lines)


def title_of(violation: Violation) -> str:
    """Of a case: which step breaks what."""
    last = violation.steps[-1].word if violation.steps and not violation.at_rest else "rest"
    return f"{last} breaks {violation.property.replace('_', ' ')}"


def found_by(engine: str, before: int, after: int) -> str:
    """Provenance of a case: engine, day, and steps before and after shrinking."""
    return f"{engine}, {today()}; {before} steps shrunk to {after}"


def today() -> str:
    return datetime.now(UTC).date().isoformat()
