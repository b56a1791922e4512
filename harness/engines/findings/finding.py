"""A finding: one distinct bug, from the first violation that shows it to its case in a folder.

A folder has the shortest case of each bug, named by its signature.
"""

import dataclasses
import re
from collections.abc import Collection, Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec
from msgspec import field
from msgspec.structs import replace

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case, CaseError
from workerfuzz.harness.cases.format.casefile import fixed_options, replay_command
from workerfuzz.harness.cases.format.files import below, read, reason, write
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
        fixed: trial fixes that were in place.
        passed: number of its runs that went on behind it.
        kinds: of its steps, where another finding of the same signature needs others; else empty.
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
    fixed: tuple[str, ...] = ()
    passed: int = 0
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.signature = Signature(*self.signature)

    @property
    def bug(self) -> Bug:
        """Key that distinguishes it from other bugs."""
        return (self.subject, self.scope, *self.signature.bug, *self.kinds)

    def kinds_of_steps(self) -> tuple[str, ...]:
        """Kinds of the steps of its case, sorted, each once."""
        return tuple(sorted({step.word for step in self.steps}))

    def needs_others(self, other: "Finding") -> bool:
        """Return whether each of the two, shrunk to the end, has a kind of step that the other lacks.

        Where one needs all that the other needs, and more, it is mostly a longer way to the same bug.
        """
        mine, others = {*self.kinds_of_steps()}, {*other.kinds_of_steps()}
        return self.is_minimal and other.is_minimal and bool(mine - others and others - mine)

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

    def set_consequence(self, follows: Consequence, *, has_production_mode: bool) -> None:
        """Record what follows without validation; say so where users run the subject like that."""
        self.severity, self.severity_detail = follows.severity.name, follows.detail
        if has_production_mode:
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
    passed: dict[Bug, int] = {}
    for finding in findings:
        bug = finding.bug
        best = shortest.get(bug)
        if best is None or (not best.case, best.length) > (not finding.case, finding.length):
            shortest[bug] = finding
        occurrences[bug] = occurrences.get(bug, 0) + finding.occurrences
        passed[bug] = passed.get(bug, 0) + finding.passed
    merged = [
        replace(finding, occurrences=occurrences[bug], passed=passed[bug])
        for bug, finding in shortest.items()
    ]
    return sorted(merged, key=lambda finding: (not finding.is_new, finding.rank, finding.bug))


#: Of a bug that is recognised by the name of its file.
NO_SIGNATURE: Final = Signature("")


@dataclasses.dataclass(frozen=True, slots=True)
class SeenBefore:
    """A bug that has a case already: it is counted, not shrunk and not written again.

    Attributes:
        case: name of the file that shows it, by which it is recognised.
        signature: where the file is named otherwise; else empty.
    """

    case: str
    signature: Signature = NO_SIGNATURE


#: Bytes of the digest in a file name: no two bugs ever share one.
DIGEST_NBYTES: Final = 10


#: Bytes of the digest in the names that earlier releases gave.
FORMER_DIGEST_NBYTES: Final = 4


#: Date in the header of a case.
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


#: Added to the name of the case of one worker alone.
ALONE: Final = "-alone"


def name_of(finding: Finding) -> str:
    """File name ``PROPERTY-HEX.case``; HEX is equal for the same bug of a subject, and for no other."""
    return f"{finding.signature.property}-{digest_of(finding.bug)}.case"


def former_name_of(finding: Finding, digest_nbytes: int = FORMER_DIGEST_NBYTES) -> str:
    """File name that earlier releases gave: they told bugs apart by the property that noticed."""
    bug = (finding.subject, finding.scope, *finding.signature)
    return f"{finding.signature.property}-{digest_of(bug, digest_nbytes)}.case"


def digest_of(bug: Bug, digest_nbytes: int = DIGEST_NBYTES) -> str:
    return blake2b("\n".join(bug).encode(), digest_size=digest_nbytes).hexdigest()


def name_among(finding: Finding, names: Collection[str]) -> str:
    """Return the file of these that is the case of a finding, named by any release; empty if none."""
    exact = [name_of(finding)]
    if not finding.kinds:
        exact += (former_name_of(finding, DIGEST_NBYTES), former_name_of(finding))
    ending = f"-{digest_of(finding.bug)}.case"  # another property may have noticed it
    return next(
        (name for name in exact if name in names),
        next((name for name in names if name.endswith(ending)), ""),
    )


def case_among(finding: Finding, seen: Collection[SeenBefore]) -> str:
    """Return the name of the case of these that shows a finding already; empty if none."""
    named = name_among(finding, {item.case for item in seen})
    bug = finding.signature.bug
    return named or next((item.case for item in seen if item.signature.bug == bug), "")


def names_in(folder: Path) -> list[str]:
    """Names of all findings in a folder, sorted; cases of one worker alone are not counted."""
    found = sorted(path.name for path in below(folder)) if folder.is_dir() else []
    return [name for name in found if not name.endswith(f"{ALONE}.case")]


def save(finding: Finding, folder: Path, day: str) -> str:
    """Write the cases of a finding and note their path; returns why that failed, empty if it did not."""
    try:
        finding.path = str(write_finding(folder, finding, day))
    except OSError as error:
        finding.path = ""
        return f"{folder}: {reason(error)}; the case was not written"
    return ""


def closing_lines(finding: Finding, problem: str = "") -> list[str]:
    """The end of a report: how to replay the cases, or their text where they were not written."""
    if problem:
        return [f"{problem}; here it is:", *finding.case.text.splitlines()]
    if not finding.path:
        return []
    path = Path(finding.path)
    options = fixed_options(finding.fixed)
    commands = [f"replay it: {replay_command(path, finding.subject, *options)}"]
    if finding.worker_case:
        alone = path.with_name(f"{path.stem}{ALONE}.case")
        commands.insert(0, f"  replay it: {replay_command(alone, finding.subject, *options)}")
    return commands


def write_finding(folder: Path, finding: Finding, day: str) -> Path:
    """Write the cases of a finding, unless those that are there are as short; returns the path.

    Args:
        day: when it occurred, as ISO 8601 writes it; the first such day is kept.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = name_of(finding)
    if finding.worker_case:
        alone = name.removesuffix(".case") + f"{ALONE}.case"
        keep_shortest(folder / alone, finding.worker_case.case, day)
    return keep_shortest(folder / name, finding.case.case, day)


def keep_shortest(path: Path, case: Case, day: str) -> Path:
    """Write a case, unless what is there is as short. A file that cannot be read is left alone."""
    case = seen_since(case, day)
    try:
        former = casefile.parse_leniently(read(path), path)
    except CaseError:
        if path.exists():
            return keep_shortest(path.with_name(f"{path.stem}-again.case"), case, day)
        write(path, casefile.format(case))
        return path
    shortest = case if len(case.steps) < len(former.steps) else former
    kept = seen_since(shortest, min(filter(None, (first_seen(case), first_seen(former)))))
    if kept != former:
        write(path, casefile.format(kept))
    return path


def first_seen(case: Case) -> str:
    """Date in the header of a case; empty where there is none."""
    match = _DAY.search(case.found or "")
    return match[0] if match else ""


def seen_since(case: Case, day: str) -> Case:
    """The case with that date, if its own is later."""
    text = first_seen(case)
    if not text:
        return dataclasses.replace(case, found="; ".join(filter(None, (day, case.found))))
    assert case.found is not None
    return dataclasses.replace(case, found=case.found.replace(text, day)) if day < text else case


def findings_in(folder: Path) -> Iterator[tuple[str, Case | CaseError]]:
    """Each finding, or why it cannot be read; by name."""
    for name in names_in(folder):
        try:
            yield name, casefile.parse_leniently(read(folder / name), folder / name)
        except CaseError as error:
            yield name, error
