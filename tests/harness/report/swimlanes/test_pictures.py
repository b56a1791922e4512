"""A chart as SVG, as Mermaid, as a page: their contents, without a browser."""

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from examples.lane_cases import ALONE, CLUSTER, IMPOSSIBLE, played

from workerfuzz.harness.cases.swimlanes.chart import Chart, Delivery
from workerfuzz.harness.cases.swimlanes.folding import brief, shown_rows
from workerfuzz.harness.report.swimlanes.layout import MOST_UNDELIVERED
from workerfuzz.harness.report.swimlanes.mermaid import escaped, mermaid
from workerfuzz.harness.report.swimlanes.page import page
from workerfuzz.harness.report.swimlanes.palette import LEGEND, family
from workerfuzz.harness.report.swimlanes.renderer import LINE_MEANINGS
from workerfuzz.harness.report.swimlanes.svg import SMALL, fragment, live_fragments, picture

CORPUS = Path(__file__).parents[4] / "regressions"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def cluster() -> Chart:
    return played(CLUSTER)


@pytest.mark.parametrize("text", [CLUSTER, ALONE, IMPOSSIBLE])
@pytest.mark.parametrize("width", [None, SMALL])
def test_a_picture_says_what_it_is_to_those_who_do_not_see_it(
    text: str, width: float | None
) -> None:
    chart = played(text)
    svg = ET.fromstring(picture(chart, width))
    assert svg.get("role") == "img"
    titles = {element.get("id"): element.text for element in svg if element.get("id")}
    assert svg.get("aria-labelledby") == " ".join(filter(None, titles))
    assert titles["case-t"] == chart.title
    assert f"{chart.steps} steps" in (titles["case-d"] or "")


def test_a_picture_shows_what_broke_and_what_shows_it() -> None:
    svg = picture(played(IMPOSSIBLE))
    assert "✗ in step 2: impossible" in svg
    assert "y is not running" in svg
    assert "✗ secede y: impossible" in svg


def test_an_arrow_leads_from_row_to_row(cluster: Chart) -> None:
    """Down from what is said of the row that sent, to the dot of the row in which it arrives."""
    svg = ET.fromstring(live_fragments(cluster, 900, name="case")[1])
    dots = {
        row.get("data-row"): float(circle.get("cy", "0"))
        for row in svg.iter(f"{SVG}g")
        for circle in row.findall(f"{SVG}circle")
        if row.get("class") == "row"
    }
    checked = 0
    for group in svg.iter(f"{SVG}g"):
        number = group.get("data-arrow")
        if number is None:
            continue
        arrow = cluster.arrows[int(number)]
        if arrow.fate is not Delivery.ARRIVED or str(arrow.ended) not in dots:
            continue
        head = group.findall(f"{SVG}path")[1].get("d", "")
        found = re.match(r"M([\d.]+) ([\d.]+)L", head)
        assert found is not None
        assert float(found[2]) == dots[str(arrow.ended)]
        begin = re.match(r"M([\d.]+) ([\d.]+)L", group.findall(f"{SVG}path")[0].get("d", ""))
        assert begin is not None
        assert dots[str(arrow.sent)] < float(begin[2]) <= dots[str(arrow.ended)]
        checked += 1
    assert checked == 8


def test_words_are_escaped(cluster: Chart) -> None:
    hostile = replace(cluster, title='<script>&"', rows=cluster.rows)
    svg = picture(hostile)
    assert "<script" not in svg
    assert ET.fromstring(svg)[0].text == '<script>&"'


# Mermaid


def test_a_diagram_has_each_arrow_where_it_arrives(cluster: Chart) -> None:
    lines = [line.strip() for line in mermaid(cluster).splitlines()]
    assert lines[0] == "sequenceDiagram"
    assert "participant p1 as scheduler" in lines
    arrows = [line for line in lines if re.match(r"p\d(-|->>|-->>|-x)+>*p\d: ", line)]
    drawn = {row.number for row in shown_rows(cluster)}  # type: ignore[union-attr]  # nothing is folded
    assert len(arrows) == sum(arrow.ended in drawn for arrow in cluster.arrows)
    assert "p1->>p2: 3 compute-task a (sent in 2)" in lines
    assert "p3-->>p2: 12 data b (sent in 10)" in lines
    assert lines.count("activate p2") == 2
    assert lines.count("deactivate p2") == 1


def test_signs_of_mermaid_are_no_signs_in_words() -> None:
    assert escaped('a;b #1 <i> "end" the End %%') == (
        "a#59;b #35;1 #60;i#62; #34;e#110;d#34; the e#110;d #37;#37;"
    )


# Pages


def test_a_page_is_one_file_and_asks_for_nothing() -> None:
    text = page(played(CLUSTER, tables=True), CLUSTER, "workerfuzz show it")
    assert not re.search(r"(?:src|href)=\"(?!data:)", text)
    assert "default-src 'none'" in text
    assert "> submit c0 a b c(a,b) want c".replace(">", "&gt;") in text
    assert len(text) < 100_000
    data = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["keys"] == ["a", "b", "c"]


# What has no end in the picture, and what signs mean


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("width", [None, SMALL])
def test_every_arrow_that_does_not_arrive_has_a_label(width: float | None) -> None:
    chart = played(CLUSTER.partition("> deliver scheduler->w0")[0])
    sent = [arrow for arrow in chart.arrows if arrow.sent <= chart.steps]
    open_ = [arrow for arrow in sent if arrow.ended is None or arrow.ended > chart.steps]
    assert len(open_) > 1
    labels = " ".join(texts(fragment(chart, width)))
    for arrow in open_:
        ends = f"{arrow.sender} to {arrow.receiver}: " if width else ""
        assert f"under way: {ends}{brief(arrow)}" in labels


def test_many_arrows_that_do_not_arrive_leave_the_picture_readable() -> None:
    steps = "".join(f"> submit c0 k{number} want k{number}\n" for number in range(30))
    chart = played(CLUSTER.partition("> submit")[0] + steps)
    labels = texts(fragment(chart))
    assert sum(name.startswith("under way: ") for name in labels) == MOST_UNDELIVERED


@pytest.mark.parametrize("text", [CLUSTER, ALONE])
def test_a_legend_explains_the_signs_that_are_there(text: str) -> None:
    chart = played(text)
    svg = picture(chart)
    labels = texts(svg)
    shown = {
        change.after for row in chart.rows if row.number <= chart.steps for change in row.changes
    }
    families = {family(state or "forgotten") for state in shown}
    for name, (_, meaning) in LEGEND.items():
        assert (meaning in labels) is (name in families)
    assert (LINE_MEANINGS["x"] in labels) is any(
        arrow.fate is Delivery.LOST for arrow in chart.arrows
    )
    for kind in "mcq":
        drawn = re.search(rf'<path [^>]*class="{kind}"', svg)
        assert (LINE_MEANINGS[kind] in labels) is (drawn is not None)
