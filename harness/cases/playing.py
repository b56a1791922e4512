"""The steps of a case, taken one after the other in a fresh world."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from workerfuzz.harness.cases.format.case import Case, ScopeName
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.scopes import SCOPES, Effect, World
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.strategies.worker import Step

#: Makes the world of a case, around a subject.
OpenWorld: TypeAlias = Callable[[Case, Any], World]


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of one step, or of rest.

    Attributes:
        step: None stands for rest.
        effect: None where a property was broken or the step was impossible, and at rest.
        violation: the run is over.
        impossible: why the step could not be taken; the run is over.
    """

    step: Step | None
    effect: Effect | None = None
    violation: Violation | None = None
    impossible: str | None = None


def play(world: World, steps: Iterable[Step]) -> Iterator[StepResult]:
    """Takes the steps, then rests; ends early where a property breaks or a step is impossible.

    The world is closed behind it.
    """
    try:
        yield from _moments(world, steps)
    finally:
        world.close()


def _moments(world: World, steps: Iterable[Step]) -> Iterator[StepResult]:
    for step in steps:
        try:
            effect = world.apply(step)
        except Violation as violation:
            yield StepResult(step, violation=violation)
            return
        except ImpossibleStep as error:
            yield StepResult(step, impossible=str(error))
            return
        yield StepResult(step, effect)
    try:
        world.finish()
    except Violation as violation:
        yield StepResult(None, violation=violation)
    else:
        yield StepResult(None)


def open_world(case: Case, subject: Any) -> World:
    """A fresh world as the case describes it."""
    scope = SCOPES[case.scope]
    system = get_cluster(subject.name) if case.scope is ScopeName.CLUSTER else subject
    return scope.open(system, scope.run_config_of(case.steps, case.config))
