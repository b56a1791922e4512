"""The state machine as a page: a diagram, every edge, every detour. Generated from the table."""

from collections.abc import Iterable, Iterator

from workerfuzz.statemachine.worker.edges import COMPOUND, DETOURS, EDGES
from workerfuzz.statemachine.worker.states import MEANING, State
from workerfuzz.statemachine.worker.table import TRANSITIONS

#: What each state is called in a diagram, where a dash would end the name.
NAMES = {state: str(state).replace("-", "_") for state in State}


def states_page() -> str:
    """Markdown: ``docs/states.md``."""
    return "\n".join(
        [
            "# States and transitions",
            "",
            "Generated from `statemachine/worker/edges.py` by `python docs/pages.py`; do not edit.",
            "",
            f"{len(State)} states, {len(EDGES)} edges, {len(DETOURS)} detours through `released`.",
            "",
            *table("state | meaning", (f"{state} | {MEANING[state]}" for state in State)),
            "## Diagram",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *mermaid(),
            "```",
            "",
            "## Edges",
            "",
            *table("start | finish | action | asked for by", edges()),
            "## Detours",
            "",
            "Any pair without an edge goes through `released`, if both halves are edges. These are",
            "expected; the harness reports any other.",
            "",
            *table("start | finish | asked for by", detours()),
            "## Cancelled and resumed",
            "",
            *table("state | holds | then", compounds()),
        ]
    )


def table(heading: str, rows: Iterable[str]) -> Iterator[str]:
    """A table in Markdown; cells are separated by bars already."""
    yield f"| {heading} |"
    yield "|---" * (heading.count("|") + 1) + "|"
    for row in rows:
        yield f"| {row} |"
    yield ""


def edges() -> Iterator[str]:
    for (start, finish), asked_by in EDGES.items():
        yield f"{start} | {finish} | `{TRANSITIONS[start, finish].__name__}` | {asked_by}"


def detours() -> Iterator[str]:
    for (start, finish), why in DETOURS.items():
        yield f"{start} | {finish} | {why}"


def compounds() -> Iterator[str]:
    for state, previous, following in sorted(COMPOUND, key=str):
        yield f"{state} | {previous} | {following or 'released'}"


def mermaid() -> Iterator[str]:
    """The edges as lines of a Mermaid state diagram."""
    yield f"    [*] --> {NAMES[State.RELEASED]}"
    for start, finish in EDGES:
        target = "[*]" if finish is State.FORGOTTEN else NAMES[finish]
        yield f"    {NAMES[start]} --> {target}"
