"""The end of a case as plain text: what a failing test, and a finding, show of it."""

from collections.abc import Iterator
from typing import Any, Final

from workerfuzz.harness.cases.format.case import Case
from workerfuzz.harness.cases.swimlanes.chart import Chart
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.cases.swimlanes.listing import listed
from workerfuzz.harness.cases.swimlanes.styled_text import plain
from workerfuzz.harness.cases.swimlanes.text_drawing import draw, fits

#: Rows up to the one that broke something, and columns, that are shown.
ROWS: Final = 12
WIDTH: Final = 80


def excerpt(case: Case, subject: Any) -> tuple[str, ...]:
    """The last rows of a case that is played. What cannot be drawn is told without a drawing."""
    try:
        return tuple(drawn(chart_of(case, subject)))
    except Exception as error:  # noqa: BLE001 - whatever it is, what was found is worth more
        return (f"there is no drawing: {type(error).__name__}: {error}",)


def drawn(chart: Chart, rows: int = ROWS, width: int = WIDTH) -> Iterator[str]:
    """As lanes where there is room, otherwise as a list."""
    lines = draw(chart, width, rows) if fits(chart, width, rows) else [*listed(chart, rows)]
    return plain(lines)
