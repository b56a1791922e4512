"""Steps taken one after the other in a world: the one loop around impossible steps and violations."""

from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass

from workerfuzz.harness.worlds.scopes import Effect, World
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.strategies.worker import Step


@dataclass(frozen=True, slots=True)
class StepResult:
    """Result of one step, or of coming to rest.

    Attributes:
        step: None stands for rest.
        effect: None where a property was broken or the step was impossible, and at rest.
        violation: the run is over.
        impossible: why the step could not be taken; the world is as it was.
    """

    step: Step | None
    effect: Effect | None = None
    violation: Violation | None = None
    impossible: str | None = None


def take_steps(
    world: World, steps: Iterable[Step], *, skip_impossible: bool = False
) -> Generator[StepResult, None, bool]:
    """Take steps until one breaks a property; the world stays open and is not brought to rest.

    Args:
        steps: may be drawn from the world; the next one is asked for once the last was taken.
        skip_impossible: go on after a step that is impossible, instead of ending there.

    Returns:
        whether the run goes on.
    """
    for step in steps:
        try:
            effect = world.apply(step)
        except Violation as violation:
            yield StepResult(step, violation=violation)
            return False
        except ImpossibleStep as error:
            yield StepResult(step, impossible=str(error))
            if not skip_impossible:
                return False
        else:
            yield StepResult(step, effect)
    return True


def play(
    world: World, steps: Iterable[Step], *, skip_impossible: bool = False, rest: bool = True
) -> Generator[StepResult, None, None]:
    """Take steps, come to rest, and close the world, however it ends.

    Args:
        skip_impossible: as in ``take_steps``.
        rest: let everything outstanding end after the last step, as one more result.
    """
    try:
        if (yield from take_steps(world, steps, skip_impossible=skip_impossible)) and rest:
            try:
                world.finish()
            except Violation as violation:
                yield StepResult(None, violation=violation)
            else:
                yield StepResult(None)
    finally:
        world.close()


def violation_of(world: World, steps: Iterable[Step]) -> Violation | None:
    """Play steps and return the property that they break; impossible ones are left out."""
    last = deque(play(world, steps, skip_impossible=True), maxlen=1)
    return last[0].violation if last else None
