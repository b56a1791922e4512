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

#: What a colour stands for.
LEGEND: Final[Mapping[str, str]] = MappingProxyType(
    {
        "here": "there is a value",
        "runs": "it runs",
        "waits": "it waits",
        "comes": "it is copied",
        "bad": "it failed",
        "odd": "it changed its mind",
        "none": "nothing is done",
    }
)


def family(state: str) -> str:
    """The colour of a state; that of nothing, where nobody knows it."""
    return next((name for name, states in FAMILIES.items() if state in states), "none")
