"""The picture is well-formed, says what it shows, and draws each transition as its table has it."""

import xml.etree.ElementTree as ET

import pytest

from workerfuzz.harness.report.diagram.machine import (
    DaskTables,
    DiagramTransition,
    InTable,
    StateDiagram,
    machine,
)
from workerfuzz.harness.report.diagram.svg import LEGEND, picture, width

SVG = "{http://www.w3.org/2000/svg}"


def drawn(made: StateDiagram) -> ET.Element:
    return ET.fromstring(picture(made))


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def titles(root: ET.Element) -> list[str]:
    """Return the tooltips of the lines."""
    return [
        element.findtext(f"{SVG}title", "")
        for element in root.iter(f"{SVG}g")
        if element.get("class")
    ]


@pytest.mark.parametrize("participant", ["worker", "scheduler"])
def test_every_state_and_transition_is_drawn(participant: str) -> None:
    made = machine(participant)
    root = drawn(made)
    assert {*made.states} <= {*texts(root)}
    assert sorted(titles(root)) == sorted(arc.description for arc in made.transitions)
    assert root.findtext(f"{SVG}title") == f"States of a task on a {participant}"
    assert root.findtext(f"{SVG}desc") == made.description


def test_everything_is_in_sight() -> None:
    root = drawn(machine("worker"))
    _, _, wide, high = (float(part) for part in root.get("viewBox", "").split())
    for element in (*root.iter(f"{SVG}text"), *root.iter(f"{SVG}rect")):
        assert 0 < float(element.get("x", "0")) < wide
        assert 0 < float(element.get("y", "0")) < high


def test_colours_are_explained_that_are_used() -> None:
    dask = DaskTables("1", {"scheduler": [("waiting", "processing"), ("memory", "forgotten")]})
    labels = texts(drawn(machine("scheduler", dask)))
    assert f"{LEGEND[InTable.BOTH]} (1)" in labels
    assert f"{LEGEND[InTable.DASK]} (1)" in labels
    assert not any(LEGEND[InTable.NOBODY] in name for name in labels)
    assert not any(LEGEND[InTable.BOTH] in text for text in texts(drawn(machine("scheduler"))))


def test_what_is_taken_more_often_is_thicker() -> None:
    widths = [
        width(DiagramTransition("a", "b", InTable.BOTH, "", count)) for count in (0, 1, 10, 10_000)
    ]
    assert widths == sorted({*widths})


def test_counts_are_told() -> None:
    counts = {"worker waiting -> ready": 1234, "worker ready -> released": 0}
    labels = texts(drawn(machine("worker", None, counts, "3 runs of reference")))
    assert "1.2k" in labels
    assert "released 0" in labels
    assert "thicker: taken more often; 0: never taken" in labels
    assert any("taken by 3 runs of reference" in name for name in labels)


def test_words_of_others_are_text() -> None:
    odd = DaskTables("<script>", {"worker": [("memory", "<b>&")]})
    root = drawn(machine("worker", odd))
    assert "<b>&" in texts(root)
    assert "dask <script>" in root.findtext(f"{SVG}desc", "")
