"""Details of a finding beside its numbers: its case, a test of it, and a picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from workerfuzz.harness.cases.export.export import export_script
from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case, CaseError
from workerfuzz.harness.cases.format.files import read
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.cases.triage.known_bugs import known_cases
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.finding_text import CASE, status
from workerfuzz.harness.report.night_report.night_report import Fixed
from workerfuzz.harness.report.swimlanes.svg import SMALL, fragment, width_of
from workerfuzz.harness.subjects import EXPORTED, get
from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.statemachine.properties.crashes import process_survives

T = TypeVar("T")


#: Playing what breaks this ends the process that plays it.
ENDS_PROCESS: Final = process_survives.name


@dataclass(frozen=True, slots=True)
class FindingPicture:
    """A drawing, as SVG: one for where there is room, and one for small screens.

    Attributes:
        width: that the first one takes, in px.
    """

    wide: str = ""
    small: str = ""
    width: float = 0


#: Rows of a picture, up to the one that broke something; a report may hold a thousand of them.
ROWS: Final = 40


def draw(case: Case, subject: str, name: str) -> FindingPicture:
    """Plays a case and draws it, the last rows of a long one.

    Args:
        name: makes ids that nothing else on the page has.

    Raises:
        SubjectUnavailable: the subject cannot be had here.
    """
    chart = chart_of(case, get(subject))
    return FindingPicture(
        fragment(chart, name=f"{name}-w", last=ROWS),
        fragment(chart, SMALL, name=f"{name}-s", last=ROWS),
        width_of(chart),
    )


@dataclass(slots=True)
class FindingDetail:
    """A finding, or a bug that is fixed, as the report shows it.

    Attributes:
        finding: or a bug that is fixed.
        case: text of its case; empty where there is none.
        alone: text of the case of one worker, where one worker alone shows it.
        test: text of a test that needs nothing of ours; empty where there is none.
        no_test: why not.
        picture: empty where there is none.
        no_picture: why not.
    """

    finding: Finding | Fixed
    case: str = ""
    alone: str = ""
    test: str = ""
    no_test: str = ""
    picture: FindingPicture = FindingPicture()
    no_picture: str = ""

    @property
    def kind(self) -> str:
        """``new``, ``seen``, ``known`` or ``fixed``."""
        return status(self.finding) if isinstance(self.finding, Finding) else "fixed"


@dataclass(slots=True)
class DetailLoader:
    """Finds, for one finding after the other, what is shown of it.

    Attributes:
        findings: folder of those that former nights wrote.
        draw: makes the pictures; raises CaseError or SubjectUnavailable, which say why it cannot.
        known: known cases, by title.
        count: how many were load.
    """

    findings: Path
    draw: Callable[[Case, str, str], FindingPicture] = draw
    known: Mapping[str, Case] = field(
        default_factory=lambda: {case.title: case for case in known_cases()}
    )
    count: int = 0

    def load(self, finding: Finding | Fixed) -> FindingDetail:
        """It with its case, its test and its picture, or why there is none."""
        shown = FindingDetail(finding)
        self.count += 1
        try:
            case = self.case_of(finding)
        except CaseError as error:
            shown.no_test = shown.no_picture = str(error)
            return shown
        shown.case = casefile.format(case)
        subject, name = case.subjects[0], f"picture{self.count}"
        if isinstance(finding, Finding):
            shown.alone, subject = finding.worker_case.text, finding.subject
        shown.test, shown.no_test = attempt(lambda: export_script(case, get(EXPORTED)), "")
        shown.picture, shown.no_picture = attempt(
            lambda: self.drawn(case, subject, name, ends_process(finding, case)), FindingPicture()
        )
        return shown

    def drawn(self, case: Case, subject: str, name: str, ends: bool) -> FindingPicture:
        """Raises CaseError: to draw it would be the end."""
        if ends:
            raise CaseError("it takes the process with it that plays it")
        return self.draw(case, subject, name)

    def case_of(self, finding: Finding | Fixed) -> Case:
        """Raises CaseError: there is none."""
        if isinstance(finding, Fixed):
            return (
                self.known[finding.title]
                if finding.title in self.known
                else self.read(finding.name or finding.title)
            )
        if finding.case:
            return finding.case.at(Path(finding.path or "its case"))
        return (
            self.known[finding.known] if finding.known in self.known else self.read(finding.known)
        )

    def read(self, name: str) -> Case:
        """Read the case that an earlier night wrote under that name. Raises CaseError."""
        if not name.endswith(CASE):
            raise CaseError(f'no case is called "{name}" here')
        path = self.findings / name
        return casefile.parse_leniently(read(path), path)


def ends_process(finding: Finding | Fixed, case: Case) -> bool:
    """Playing it may end the process."""
    properties = {known.property for known in case.breaks}
    if isinstance(finding, Finding):
        properties.add(finding.signature[0])
    return ENDS_PROCESS in properties


def attempt(make: Callable[[], T], nothing: T) -> tuple[T, str]:
    """Return the result of ``make``, or ``nothing`` and the reason; never fail the whole report."""
    try:
        return make(), ""
    except (CaseError, SubjectUnavailable) as error:
        return nothing, str(error)
    except Exception as error:  # noqa: BLE001 - a report that lacks a picture is better than none
        return nothing, f"{type(error).__name__}: {error}"
