"""The state machine as a page: a diagram, every edge, every detour. Generated from the table."""

from collections.abc import Iterator

from workerfuzz.statemachine.states import MEANING, State
from workerfuzz.statemachine.table import COMPOUND, DETOURS, ROWS

#: What each state is called in a diagram, where a dash would end the name.
NAMES = {state: str(state).replace("-", "_") for state in State}


def states_page() -> str:
    """Markdown: ``docs/states.md``."""
    return "\n".join(
        [
            "# States and transitions",
            "",
            "Generated from `statemachine/table.py` by `workerfuzz pages`; do not edit.",
            "",
            f"{len(State)} states, {len(ROWS)} edges, {len(DETOURS)} detours through `released`.",
            "",
            "| state | meaning |",
            "|---|---|",
            *(f"| {state} | {MEANING[state]} |" for state in State),
            "",
            "## Diagram",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *mermaid(),
            "```",
            "",
            "## Edges",
            "",
            "| start | finish | action | asked for by |",
            "|---|---|---|---|",
            *(
                f"| {start} | {finish} | `{row.action.__name__}` | {row.asked_by} |"
                for (start, finish), row in ROWS.items()
            ),
            "",
            "## Detours",
            "",
            "Any pair without an edge goes through `released`, if both halves are edges. These are",
            "expected; the harness reports any other.",
            "",
            "| start | finish | asked for by |",
            "|---|---|---|",
            *(f"| {start} | {finish} | {why} |" for (start, finish), why in DETOURS.items()),
            "",
            "## Cancelled and resumed",
            "",
            "| state | holds | then |",
            "|---|---|---|",
            *(
                f"| {state} | {previous} | {following or 'released'} |"
                for state, previous, following in sorted(COMPOUND, key=str)
            ),
            "",
        ]
    )


def mermaid() -> Iterator[str]:
    """The edges as lines of a Mermaid state diagram."""
    yield f"    [*] --> {NAMES[State.RELEASED]}"
    for start, finish in ROWS:
        target = "[*]" if finish is State.FORGOTTEN else NAMES[finish]
        yield f"    {NAMES[start]} --> {target}"
