"""A map as text that other programs draw: Mermaid for Markdown, DOT for Graphviz."""

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.report.diagram.machine import Arc, Machine, Whose
from workerfuzz.harness.report.diagram.places import boxes_of

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


def dot(machine: Machine) -> str:
    """A graph for ``dot``; ``neato -n`` puts the states where our own picture has them."""
    return "\n".join(graph(machine)) + "\n"


def graph(machine: Machine) -> Iterator[str]:
    yield f"digraph {quoted(machine.party)} {{"
    yield f"    label={quoted(f'{machine.title}: {machine.told}')};"
    yield '    rankdir=LR; node [shape=box, style=rounded, fontname="monospace"];'
    yield '    edge [fontname="monospace", fontsize=10];'
    boxes = boxes_of(machine)
    for state, meaning in machine.states.items():
        box = boxes[state]
        place = f"{box.x:.0f},{-box.y:.0f}"
        yield f"    {quoted(state)} [tooltip={quoted(meaning)}, pos={quoted(place)}];"
    for arc in machine.arcs:
        given = ", ".join(f"{name}={quoted(said)}" for name, said in attributes(arc))
        yield f"    {quoted(arc.start)} -> {quoted(arc.finish)} [{given}];"
    yield "}"


def attributes(arc: Arc) -> Iterator[tuple[str, str]]:
    colour = COLOURS[arc.whose]
    yield "color", colour
    yield "penwidth", f"{thick(arc):.1f}"
    if arc.whose in STYLES:
        yield "style", STYLES[arc.whose]
    if arc.number:
        yield "label", arc.number
        yield "fontcolor", colour
    yield "tooltip", arc.told


def quoted(words: str) -> str:
    """A string of DOT."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
