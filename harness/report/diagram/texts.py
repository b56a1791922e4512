"""A diagram of the machine as Mermaid text, which Markdown renderers draw."""

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.report.diagram.machine import Arc, Machine, Whose

#: Colours that can be read on white and on black.
COLOURS: Final[Mapping[Whose, str]] = MappingProxyType(
    {
        Whose.BOTH: "#808a94",
        Whose.REFERENCE: "#2b7fe0",
        Whose.DASK: "#d0662a",
        Whose.NOBODY: "#a05ce0",
    }
)

#: How lines of Dask alone differ beside their colour, and those that nobody's table has.
STYLES: Final[Mapping[Whose, str]] = MappingProxyType(
    {Whose.DASK: "dashed", Whose.NOBODY: "dotted"}
)


#: Behind counts in Mermaid: whose a transition is, where it is not in both tables.
MARKS: Final[Mapping[Whose, str]] = MappingProxyType(
    {Whose.REFERENCE: "reference", Whose.DASK: "Dask", Whose.NOBODY: "no table"}
)


def mermaid(machine: Machine) -> str:
    """A flow chart, in which each line has its colour."""
    return "\n".join(flow(machine)) + "\n"


def flow(machine: Machine) -> Iterator[str]:
    yield "flowchart LR"
    yield f"    accTitle: {machine.title}"
    yield f"    accDescr: {machine.told}"
    names = {state: f"s{place}" for place, state in enumerate(machine.states)}
    for state, name in names.items():
        yield f'    {name}(["{state}"])'
    for arc in machine.arcs:
        said = " ".join(filter(None, (arc.number, MARKS.get(arc.whose, ""))))
        label = f'|"{said}"|' if said else ""
        line = "-.->" if arc.whose in STYLES else "-->"
        yield f"    {names[arc.start]} {line}{label} {names[arc.finish]}"
    for place, arc in enumerate(machine.arcs):
        yield f"    linkStyle {place} stroke:{COLOURS[arc.whose]},stroke-width:{thick(arc):.1f}px"


def thick(arc: Arc) -> float:
    """Width of its line, in px."""
    return 1.4 if arc.count is None else 1 + 0.75 * math.log10(arc.count + 1)
