"""Pictures of every case in a browser, pictures in a page that has many, and the page of a folder."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from examples.looks import SCHEMES, WIDTHS, Opened

from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.swimlanes.chart import Chart
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.report.swimlanes.embed import embedded, script, style_sheet
from workerfuzz.harness.report.swimlanes.gallery import Hung, index
from workerfuzz.harness.report.swimlanes.svg import SMALL, fragment
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


@pytest.fixture
def many(tmp_path: Path, cluster: Chart) -> Path:
    """A page with pictures below each other."""
    path = tmp_path / "many.html"
    titled = (replace(cluster, title=f"case {number}") for number in range(12))
    figures = "".join(embedded(it, f"case{number}") for number, it in enumerate(titled))
    path.write_text(
        '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">'
        f"<title>many</title><style>{style_sheet()}figure{{margin:0}}</style>"
        f'<body class="wf" style="background:var(--bg);color:var(--fg);margin:0">'
        f"<main><h1>many</h1>{figures}</main><script>{script()}</script>",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(("width", "size"), [(400, "small"), (1600, "wide")])
def test_a_picture_is_unpacked_when_it_comes_into_sight(
    many: Path, look: Opened, width: int, size: str
) -> None:
    opened = look(many, width)
    figures = opened.page.locator("figure")
    figures.first.locator("svg").wait_for()
    assert figures.first.get_attribute("data-shown") == size
    assert figures.last.locator("svg").count() == 0
    assert "Lanes of c0, scheduler, w0, w1; 13 steps" in figures.last.inner_text()
    figures.last.scroll_into_view_if_needed()
    figures.last.locator("svg").wait_for()
    assert opened.errors == []
    assert opened.sticks_out() == []
    assert opened.overlaps() == []


def test_a_picture_fits_when_the_window_changes(many: Path, look: Opened) -> None:
    opened = look(many, 1600)
    first = opened.page.locator("figure").first
    first.locator("svg").wait_for()
    opened.page.set_viewport_size({"width": 400, "height": 900})
    first.locator("svg[width='372']").wait_for()
    assert opened.sticks_out() == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_keeps_anybody_from_looking_at_pictures(
    many: Path, look: Opened, width: int, scheme: str
) -> None:
    opened = look(many, width, scheme)
    opened.page.locator("figure svg").first.wait_for()
    assert opened.violations() == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_of_a_folder_can_be_read_and_leads_on(
    tmp_path: Path, look: Opened, width: int, scheme: str
) -> None:
    hung = [
        Hung("0001-x.case", "<b>bold</b>", "0001-x.html", "worker of reference", "some_property"),
        Hung("known/0002-y.case", "not here", problem="distributed is not installed"),
    ]
    (tmp_path / "index.html").write_text(index("regressions", hung), encoding="utf-8")
    (tmp_path / "0001-x.html").write_text("<title>there</title>", encoding="utf-8")
    opened = look(tmp_path / "index.html", width, scheme)
    assert opened.errors == []
    assert opened.violations() == []
    assert opened.sticks_out() == []
    opened.page.get_by_text("<b>bold</b>").click()
    assert opened.page.title() == "there"
