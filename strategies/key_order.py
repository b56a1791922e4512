"""Topological order of keys: a task depends on earlier keys only."""

import heapq
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from workerfuzz.strategies.cluster.submit import Submit
from workerfuzz.strategies.worker import Step
from workerfuzz.strategies.worker.from_scheduler import ComputeTask


class Cycle(Exception):
    """Keys depend on each other; says which."""


def dependencies(steps: Iterable[Step]) -> Mapping[str, Iterable[str]]:
    """Return the dependencies of each key that the steps name, over all of its requests."""
    found: dict[str, dict[str, None]] = {}
    for step in steps:
        for key in step.keys():  # noqa: SIM118 - a step is no dict
            found.setdefault(key, {})
        if isinstance(step, ComputeTask):
            found[step.key].update((holding.key, None) for holding in step.needs)
        elif isinstance(step, Submit):
            for task in step.tasks:
                found[task.key].update(dict.fromkeys(task.needs))
    return found


def ordered(steps: Iterable[Step], usual: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The usual keys and those of the steps, each behind its dependencies; else as usual, by name.

    Raises:
        Cycle: that is not possible.
    """
    place = {key: number for number, key in enumerate(usual)}
    sorter = TopologicalSorter({**dict.fromkeys(usual, ()), **dependencies(steps)})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise Cycle(f"keys depend on each other: {circle}") from None
    free: list[tuple[int, str]] = []
    order: list[str] = []
    while sorter.is_active():
        for key in sorter.get_ready():
            heapq.heappush(free, (place.get(key, len(usual)), key))
        order.append(heapq.heappop(free)[1])
        sorter.done(order[-1])
    return tuple(order)
