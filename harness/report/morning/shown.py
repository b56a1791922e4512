"""What is shown of a finding beside its numbers: its case, a test of it, and a picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workerfuzz.harness.campaigns.met import Met
from workerfuzz.harness.cases import casefile
from workerfuzz.harness.cases.case import Case, CaseError
from workerfuzz.harness.cases.export import export
from workerfuzz.harness.cases.known_bugs import known_cases
from workerfuzz.harness.cases.reading import read
from workerfuzz.harness.subjects import get
from workerfuzz.harness.subjects.protocol import SubjectUnavailable

DASK: Final = "dask"


@dataclass(slots=True)
class Shown:
    """A finding as the report shows it.

    Attributes:
        case: text of its case; empty where there is none.
        alone: text of the case of one worker, where one worker alone shows it.
        test: text of a test that needs nothing of ours; empty where there is none.
        no_test: why not.
        picture: a drawing, as SVG; empty where there is none.
        no_picture: why not.
    """

    met: Met
    case: str = ""
    alone: str = ""
    test: str = ""
    no_test: str = ""
    picture: str = ""
    no_picture: str = ""


#: Draws a case; raises CaseError or SubjectUnavailable, which say why it cannot.
Draw = Callable[[Case, str], str]


def nothing_drawn(case: Case, subject: str) -> str:
    """Where nobody draws."""
    raise CaseError("there is no picture")


@dataclass(slots=True)
class Dresser:
    """Finds, for one finding after the other, what is shown of it.

    Attributes:
        findings: folder of those that former nights wrote.
        draw: makes pictures.
        known: known cases, by title.
    """

    findings: Path
    draw: Draw = nothing_drawn
    known: Mapping[str, Case] = field(
        default_factory=lambda: {it.title: it for it in known_cases()}
    )

    def dressed(self, met: Met) -> Shown:
        """The finding with its case, its test and its picture, or why there is none."""
        shown = Shown(met)
        try:
            case = self.case_of(met)
        except CaseError as error:
            shown.no_test = shown.no_picture = str(error)
            return shown
        shown.case, shown.alone = casefile.format(case), met.alone
        shown.test, shown.no_test = tried(lambda: export(case, get(DASK)))
        shown.picture, shown.no_picture = tried(lambda: self.draw(case, met.subject))
        return shown

    def case_of(self, met: Met) -> Case:
        """Raises CaseError: there is none."""
        if met.case:
            return casefile.parse_leniently(met.case, Path(met.path or "its case"))
        if met.known in self.known:
            return self.known[met.known]
        path = self.findings / met.known
        if not met.known.endswith(".case"):
            raise CaseError(f'no case is called "{met.known}" here')
        return casefile.parse_leniently(read(path), path)


def tried(make: Callable[[], str]) -> tuple[str, str]:
    """What was made; or nothing, and why. One finding that is odd takes no report with it."""
    try:
        return make(), ""
    except (CaseError, SubjectUnavailable) as error:
        return "", str(error)
    except Exception as error:  # noqa: BLE001 - a report that lacks a picture is better than none
        return "", f"{type(error).__name__}: {error}"
