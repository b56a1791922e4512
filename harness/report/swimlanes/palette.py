"""Colours of states: one for each kind of state, whoever calls it how, the same in every picture."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: States of workers and schedulers, and what clients believe, by what they have in common.
FAMILIES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "here": frozenset({"memory", "finished"}),
        "runs": frozenset({"executing", "long-running", "processing"}),
        "waits": frozenset({"waiting", "ready", "constrained", "queued", "no-worker", "pending"}),
        "comes": frozenset({"fetch", "flight", "missing"}),
        "bad": frozenset({"error", "erred", "lost"}),
        "odd": frozenset({"cancelled", "resumed", "rescheduled"}),
        "none": frozenset({"released", "forgotten"}),
    }
)

#: Of each colour, a state that has it, and what its states have in common.
LEGEND: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "here": ("memory", "the value is stored"),
        "runs": ("executing", "being computed"),
        "waits": ("waiting", "waits to be computed"),
        "comes": ("fetch", "to be copied from a peer"),
        "bad": ("error", "failed or lost"),
        "odd": ("cancelled", "taken back while it was done"),
        "none": ("released", "nothing is done about it"),
    }
)


def family(state: str) -> str:
    """The colour of a state; that of nothing, where nobody knows it."""
    return next((name for name, states in FAMILIES.items() if state in states), "none")
