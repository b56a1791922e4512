"""Mermaid: every transition once, in its colour."""

import re

from workerfuzz.harness.report.diagram.machine import DaskTables, machine
from workerfuzz.harness.report.diagram.mermaid import COLOURS, mermaid

DASK = DaskTables("1", {"scheduler": [("waiting", "processing"), ("memory", "forgotten")]})
COUNTS = {"scheduler waiting -> processing": 12, "scheduler memory -> erred": 2}
MADE = machine("scheduler", DASK, COUNTS)


def test_mermaid_has_every_transition_in_its_colour() -> None:
    lines = mermaid(MADE).splitlines()
    assert lines[0] == "flowchart LR"
    names = dict(re.fullmatch(r'    (s\d+)\(\["(.+)"\]\)', line).groups() for line in lines[3:11])  # type: ignore[union-attr] # lines that do not match fail
    found = [
        re.fullmatch(r'    (s\d+) (-->|-\.->)(?:\|"(.+)"\|)? (s\d+)', line) for line in lines[11:]
    ]
    arrows = [match.groups() for match in found if match is not None]
    assert [(names[arrow[0]], names[arrow[3]]) for arrow in arrows] == [
        (arc.start, arc.finish) for arc in MADE.transitions
    ]
    by_edge = {(names[arrow[0]], names[arrow[3]]): arrow[1:3] for arrow in arrows}
    assert by_edge["waiting", "processing"] == ("-->", "12")
    assert by_edge["memory", "forgotten"] == ("-.->", "Dask")
    assert by_edge["memory", "erred"] == ("-->", "2 reference")
    styles = [line for line in lines if "linkStyle" in line]
    assert [style.split("stroke:")[1][:7] for style in styles] == [
        COLOURS[arc.in_table] for arc in MADE.transitions
    ]


def test_mermaid_says_what_it_shows() -> None:
    lines = mermaid(MADE).splitlines()
    assert lines[1] == "    accTitle: States of a task on a scheduler"
    assert lines[2] == f"    accDescr: {MADE.description}"
