"""Pictures of every case, and the page of a folder, in a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from examples.looks import SCHEMES, WIDTHS, Opened

from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.swimlanes.chart import Chart
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.report.swimlanes.gallery import GalleryPage, index
from workerfuzz.harness.report.swimlanes.svg import SMALL, fragment, style_sheet
from workerfuzz.harness.subjects import get

CORPUS = Path(__file__).parents[2] / "regressions"


def charts() -> Iterator[tuple[str, Chart]]:
    """Of each case that can be played without Dask."""
    for path in sorted(CORPUS.rglob("*.case")):
        case = load(path)
        if "reference" in case.subjects:
            yield path.stem, chart_of(case, get("reference"))


def test_the_picture_of_every_case_can_be_read(look: Opened, tmp_path: Path) -> None:
    page = tmp_path / "any.html"
    page.write_text(f"<style>{style_sheet()}</style><div></div>", encoding="utf-8")
    opened = look(page)
    bad = []
    for name, chart in charts():
        for width in (None, SMALL):
            svg = fragment(chart, width)
            opened.page.evaluate("svg => document.querySelector('div').innerHTML = svg", svg)
            if wrong := [*opened.sticks_out(), *opened.overlaps()]:
                bad.append((name, width, wrong))
    assert bad == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_of_a_folder_can_be_read_and_leads_on(
    tmp_path: Path, look: Opened, width: int, scheme: str
) -> None:
    entries = [
        GalleryPage("1-x.case", "<b>bold</b>", "0001-x.html", "worker of reference", "a_property"),
        GalleryPage("known/0002-y.case", "not here", problem="distributed is not installed"),
    ]
    (tmp_path / "index.html").write_text(index("regressions", entries), encoding="utf-8")
    (tmp_path / "0001-x.html").write_text("<title>there</title>", encoding="utf-8")
    opened = look(tmp_path / "index.html", width, scheme)
    assert opened.errors == []
    assert opened.violations() == []
    assert opened.sticks_out() == []
    opened.page.get_by_text("<b>bold</b>").click()
    assert opened.page.title() == "there"
