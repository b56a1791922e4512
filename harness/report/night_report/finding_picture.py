"""The picture of a finding, as it stands in a report: wide, and small."""

from typing import Final

from workerfuzz.harness.cases.format.case import Case
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.report.night_report.finding_detail import Picture
from workerfuzz.harness.report.swimlanes.svg import SMALL, fragment, width_of
from workerfuzz.harness.subjects import get

#: Rows of a picture, up to the one that broke something; a report may hold a thousand of them.
ROWS: Final = 40


def draw(case: Case, subject: str, name: str) -> Picture:
    """Plays a case and draws it, the last rows of a long one.

    Args:
        name: makes ids that nothing else on the page has.

    Raises:
        SubjectUnavailable: the subject cannot be had here.
    """
    chart = chart_of(case, get(subject))
    return Picture(
        fragment(chart, name=f"{name}-w", last=ROWS),
        fragment(chart, SMALL, name=f"{name}-s", last=ROWS),
        width_of(chart),
    )
