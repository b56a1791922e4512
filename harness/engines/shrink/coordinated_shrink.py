"""Simpler runs in which several steps change at once, because what they say must fit together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies.worker import Step

Steps: TypeAlias = tuple[Step, ...]

Change: TypeAlias = Callable[[TaskSpec], TaskSpec]


def with_fewer_keys(steps: Sequence[Step]) -> Iterator[Steps]:
    """Without one key, wherever it is named; the last one first."""
    keys = dict.fromkeys(key for step in steps for key in step.keys())  # noqa: SIM118 - a step is no dict
    for key in reversed(keys):
        left = (step.without(key) for step in steps)
        yield tuple(step for step in left if step is not None)


def with_simpler_contents(steps: Sequence[Step]) -> Iterator[Steps]:
    """Contents that are simpler wherever they are given: of all keys, then of one."""
    for change in changes(steps):
        changed = tuple(step.recomputed(change) for step in steps)
        if changed != tuple(steps):
            yield changed


def changes(steps: Sequence[Step]) -> Iterator[Change]:
    """Yield simplifications to try; some may change nothing."""
    specs = dict.fromkeys(spec for step in steps for spec in step.contents())
    yield lambda spec: replace(spec, run_spec=0, actor=False)
    for key in dict.fromkeys(spec.key for spec in specs):
        mine = [spec for spec in specs if spec.key == key]
        yield of(key, lambda spec: replace(spec, run_spec=0))
        yield of(key, lambda spec: replace(spec, actor=False))
        yield of(key, renumbering(mine))
        for dependency in dict.fromkeys(it for spec in mine for it in spec.dependencies):
            yield of(key, giving_up(dependency))


def of(key: str, change: Change) -> Change:
    """Only contents of one key change."""
    return lambda spec: change(spec) if spec.key == key else spec


def renumbering(specs: Sequence[TaskSpec]) -> Change:
    """Numbers of contents that differ, from 0 in the order in which they come."""
    numbers = {
        number: place for place, number in enumerate(dict.fromkeys(it.run_spec for it in specs))
    }
    return lambda spec: replace(spec, run_spec=numbers[spec.run_spec])


def giving_up(dependency: str) -> Change:
    """One input less."""

    def without(spec: TaskSpec) -> TaskSpec:
        left = tuple(key for key in spec.dependencies if key != dependency)
        return replace(spec, dependencies=left)

    return without
