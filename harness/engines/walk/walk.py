"""The walk: random steps, without Hypothesis in the loop. How it weighs them is a tactic."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final, TypeAlias

from workerfuzz.harness.engines.walk.tactics import (
    CALM,
    DRAWN,
    GIVING_UP,
    LENGTHS,
    PATIENCE,
    TACTICS,
    Weights,
    laggards,
)
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.worlds.scopes import WORKER, AnyRunConfig, FuzzingScope, Observer, World
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.worker import Step

#: Of so many steps that are not about what is aimed at, one is taken all the same.
AIM: Final = 4

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
        weights, slow = TACTICS[tactic](chooser, scope.kinds), laggards(chooser, drawn)
        wander(world, chooser, weights, LENGTHS[drawn.scope], slow)
        world.finish()
    finally:
        world.close()
    return world


def wander(
    world: World,
    chooser: RandomChooser,
    weights: Weights,
    length: tuple[int, int],
    slow: frozenset[str] = frozenset(),
    *,
    aimed: Callable[[Step], bool] | None = None,
) -> None:
    """Random steps, each kind as often as its weight says, but seldom one of what is slow.

    Towards the end nothing is given up any more: that would forgive what does not go on.

    Args:
        aimed: of two steps, the one for which this is true is taken, most of the time.
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
        its = offered.get(id(possible))  # worlds use the same ones again, and we keep them alive
        if its is None:
            choice = [*chain.from_iterable(map(often.__getitem__, possible))]
            its = offered[id(possible)] = possible, choice or list(possible)
        step = world.draw(chooser.pick(its[1]), chooser)
        if aimed is not None and not aimed(step) and chooser.integer(1, AIM) > 1:
            step = world.draw(chooser.pick(its[1]), chooser)
        if slow and not slow.isdisjoint(step.arguments()) and chooser.integer(1, PATIENCE) > 1:
            continue
        world.apply(step)
