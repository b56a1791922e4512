"""A finding: one distinct bug, from the first violation that shows it to the report."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
from msgspec import field
from msgspec.structs import replace

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case, CaseError
from workerfuzz.harness.cases.triage.severity import Consequence, Severity
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.worker import Step

#: Subject, scope and signature: equal for the same bug of the same system.
Bug = tuple[str, ...]


class FindingCase:
    """The case of a finding: steps in memory, text between processes and on the disk.

    Each form is made from the other at most once, when it is first asked for. Falsy where a finding
    has no case. Not a dataclass: ``plan.wire`` writes it as its text.
    """

    __slots__ = ("_case", "_text")

    def __init__(self, case: Case | None = None, text: str = "") -> None:
        self._case = case
        self._text = text

    @property
    def case(self) -> Case:
        """Raises CaseError: the text, of another release, cannot be read."""
        if self._case is None:
            self._case = casefile.parse(self._text)
        return self._case

    def at(self, path: Path) -> Case:
        """The case as the one in that file. Raises CaseError, which names the file."""
        try:
            return dataclasses.replace(self.case, path=path)
        except CaseError as error:
            raise CaseError(error.what, error.line, path) from None

    @property
    def text(self) -> str:
        if not self._text and self._case is not None:
            self._text = casefile.format(self._case)
        return self._text

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.case.steps if self else ()

    def __bool__(self) -> bool:
        return self._case is not None or bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FindingCase) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"FindingCase(text={self.text!r})"


#: Of a finding that is known, and so not written again.
NO_CASE: Final = FindingCase()


class Finding(msgspec.Struct):
    """One distinct bug: its first violation, how often it occurred, and its shortest steps.

    Attributes:
        signature: identifies the bug; equal signatures are reported once.
        sentence: states the property that is broken.
        counterexample: of the first violation; of the shrunk one as soon as there is one.
        run: number of the first run that ended in it.
        seed: of the shard.
        tactic: of the first run.
        subject: name of the system.
        scope: ``worker`` or ``cluster``.
        occurrences: number of runs that ended in it.
        known: title or file name of the case that shows it already; empty where it is new.
        severity: name of a ``Severity``, with the subject's own validation off; empty if not tried.
        severity_detail: what happened there, in words.
        case: of all steps until they are shrunk; falsy where the bug is known.
        path: file of the case; empty where it is not written.
        original_length: number of steps of the run that was found.
        length: number of steps that are left.
        replays: number of runs that shrinking took.
        is_minimal: no single step can be left out.
        worker_case: of one worker alone, where that shows it.
        lines: report for people; empty until the steps are shrunk.
    """

    signature: Signature
    sentence: str
    counterexample: str
    run: int
    seed: int
    tactic: str
    subject: str = ""
    scope: str = ""
    occurrences: int = field(default=1, name="times")
    known: str = ""
    severity: str = ""
    severity_detail: str = field(default="", name="told")
    case: FindingCase = field(default_factory=lambda: NO_CASE)
    path: str = ""
    original_length: int = field(default=0, name="before")
    length: int = field(default=0, name="after")
    replays: int = 0
    is_minimal: bool = False
    worker_case: FindingCase = field(default_factory=lambda: NO_CASE, name="alone")
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.signature = Signature(*self.signature)

    @property
    def bug(self) -> Bug:
        """Key that distinguishes it from other bugs."""
        return (self.subject, self.scope, *self.signature)

    @property
    def is_new(self) -> bool:
        """No case shows it yet."""
        return not self.known

    @property
    def awaits_shrinking(self) -> bool:
        """It has the case of all its steps, and no report yet."""
        return self.is_new and bool(self.case) and not self.lines

    @property
    def steps(self) -> tuple[Step, ...]:
        """Of its case; none where it is known."""
        return self.case.steps

    @property
    def rank(self) -> int:
        """Sort key: the most harmful first."""
        return Severity[self.severity].rank if self.severity else 0

    @property
    def consequence(self) -> str:
        """Severity and detail in words; empty if not tried."""
        if not self.severity:
            return ""
        detail = f" ({self.severity_detail})" if self.severity_detail else ""
        return f"{Severity[self.severity]}{detail}"

    def set_consequence(self, follows: Consequence) -> None:
        """Record what follows in production mode."""
        self.severity, self.severity_detail = follows.severity.name, follows.told
        self.lines[:0] = [f"in production mode: {follows}"]


def first_occurrence(
    violation: Violation,
    signature: Signature,
    subject: str,
    *,
    run: int = 0,
    seed: int = 0,
    tactic: str = "",
) -> Finding:
    """The finding that a violation begins; without a case yet."""
    return Finding(
        signature,
        violation.sentence,
        violation.counterexample,
        run,
        seed,
        tactic,
        subject,
        violation.run_config.scope,
        original_length=len(violation.steps),
    )


def merge_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Each bug once, with the shortest of its cases; occurrences add up. New and harmful ones first."""
    shortest: dict[Bug, Finding] = {}
    occurrences: dict[Bug, int] = {}
    for finding in findings:
        bug = finding.bug
        best = shortest.get(bug)
        if best is None or (not best.case, best.length) > (not finding.case, finding.length):
            shortest[bug] = finding
        occurrences[bug] = occurrences.get(bug, 0) + finding.occurrences
    merged = [replace(it, occurrences=occurrences[bug]) for bug, it in shortest.items()]
    return sorted(merged, key=lambda it: (not it.is_new, it.rank, it.bug))
