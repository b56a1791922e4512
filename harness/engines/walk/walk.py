"""The walk: random steps, without Hypothesis in the loop. How it weighs them is a tactic."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TypeAlias

from workerfuzz.harness.engines.walk.habits import AIM, NO_HABITS, PATIENCE, Habits, draw_habits
from workerfuzz.harness.engines.walk.tactics import (
    CALM,
    DRAWN,
    GIVING_UP,
    LENGTHS,
    TACTICS,
    Weights,
)
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.worlds.scopes import WORKER, AnyRunConfig, FuzzingScope, Observer, World
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.worker import Step

#: Makes the observer of a run, given the name of its tactic.
Observing: TypeAlias = Callable[[str], Observer]


def walk(
    subject: AnySubject,
    seed: str,
    observing: Observing | None = None,
    scope: FuzzingScope = WORKER,
    run_config: Callable[[RandomChooser], AnyRunConfig] | None = None,
) -> World:
    """One run, from a fresh world to its end. Same seed, same run, in every process.

    Args:
        observing: given the name of the run's tactic, who is told of its steps.
        universe: how to draw it; by default as usual in its scope.

    Raises:
        Violation: a property was broken; its steps tell how.
    """
    chooser = RandomChooser(seed)
    drawn = (run_config or scope.draw)(chooser)
    tactic = chooser.pick(DRAWN[drawn.scope])
    observer = observing(tactic) if observing is not None else None
    world = scope.open(subject, drawn, observer=observer)
    try:
        weights, habits = TACTICS[tactic](chooser, scope.kinds), draw_habits(chooser, drawn)
        wander(world, chooser, weights, LENGTHS[drawn.scope], habits)
        world.finish()
    finally:
        world.close()
    return world


def wander(
    world: World,
    chooser: RandomChooser,
    weights: Weights,
    length: tuple[int, int],
    habits: Habits = NO_HABITS,
) -> None:
    """Random steps, each kind as often as its weight says, and as the habits of the run are.

    Towards the end nothing is given up any more: that would forgive what does not go on.
    """
    steps = chooser.integer(*length)
    given_up = [kind for kind in weights if kind.word in GIVING_UP]
    last = steps - chooser.integer(0, steps // CALM) if given_up else steps
    often = {kind: (kind,) * weight for kind, weight in weights.items()}
    offered: dict[int, tuple[Sequence[type[Step]], list[type[Step]]]] = {}
    for number in range(steps):
        if number == last:
            often |= dict.fromkeys(given_up, ())
            offered.clear()
        possible = world.possible()
        item = offered.get(id(possible))  # worlds use the same ones again, and we keep them alive
        if item is None:
            choice = [*chain.from_iterable(map(often.__getitem__, possible))]
            item = offered[id(possible)] = possible, choice or list(possible)
        step = world.draw(chooser.pick(item[1]), chooser)
        if habits.misses(world, step) and chooser.integer(1, AIM) > 1:
            step = world.draw(chooser.pick(item[1]), chooser)
        if habits.is_slow(step) and chooser.integer(1, PATIENCE) > 1:
            continue
        world.apply(habits.outcome(step))
