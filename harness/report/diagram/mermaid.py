"""A diagram of the machine as Mermaid text, which Markdown renderers draw."""

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.report.diagram.machine import DiagramTransition, InTable, StateDiagram

#: Colours that can be read on white and on black.
COLOURS: Final[Mapping[InTable, str]] = MappingProxyType(
    {
        InTable.BOTH: "#808a94",
        InTable.REFERENCE: "#2b7fe0",
        InTable.DASK: "#d0662a",
        InTable.NOBODY: "#a05ce0",
    }
)

#: How lines of Dask alone differ beside their colour, and those that nobody's table has.
STYLES: Final[Mapping[InTable, str]] = MappingProxyType(
    {InTable.DASK: "dashed", InTable.NOBODY: "dotted"}
)


#: Behind counts in Mermaid: whose a transition is, where it is not in both tables.
TABLE_NAMES: Final[Mapping[InTable, str]] = MappingProxyType(
    {InTable.REFERENCE: "reference", InTable.DASK: "Dask", InTable.NOBODY: "no table"}
)


def mermaid(machine: StateDiagram) -> str:
    """A flow chart, in which each line has its colour."""
    return "\n".join(flow(machine)) + "\n"


def flow(machine: StateDiagram) -> Iterator[str]:
    yield "flowchart LR"
    yield f"    accTitle: {machine.title}"
    yield f"    accDescr: {machine.description}"
    names = {state: f"s{place}" for place, state in enumerate(machine.states)}
    for state, name in names.items():
        yield f'    {name}(["{state}"])'
    for transition in machine.transitions:
        text = " ".join(filter(None, (transition.number, TABLE_NAMES.get(transition.in_table, ""))))
        label = f'|"{text}"|' if text else ""
        line = "-.->" if transition.in_table in STYLES else "-->"
        yield f"    {names[transition.start]} {line}{label} {names[transition.finish]}"
    for place, transition in enumerate(machine.transitions):
        style = f"stroke:{COLOURS[transition.in_table]},stroke-width:{thick(transition):.1f}px"
        yield f"    linkStyle {place} {style}"


def thick(transition: DiagramTransition) -> float:
    """Width of its line, in px."""
    return 1.4 if transition.count is None else 1 + 0.75 * math.log10(transition.count + 1)
