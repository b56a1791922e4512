"""The walk: random steps, without Hypothesis in the loop.

Half of the runs are uniform; in the others whole kinds of step are switched off (swarm), because some
bugs are undone by a step that is merely frequent, and others need every kind.
"""

from typing import Final

from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.worlds.worker import Observer, WorkerWorld
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.steps import WORKER_STEPS, Step
from workerfuzz.strategies.universe import draw_universe

#: Steps of one run: between a few and these.
LONGEST_RUN: Final = 60


def walk(subject: Subject, seed: str, observer: Observer | None = None) -> WorkerWorld:
    """One run, from a fresh world to its end. Same seed, same run, in every process.

    Raises:
        Violation: a property was broken; its steps tell how.
    """
    chooser = RandomChooser(seed)
    world = WorkerWorld(subject, draw_universe(chooser), observer=observer)
    off = draw_swarm(chooser)
    for _ in range(chooser.integer(5, LONGEST_RUN)):
        kinds = [kind for kind in world.possible() if kind not in off]
        world.apply(world.draw(chooser.pick(kinds or world.possible()), chooser))
    world.finish()
    return world


def draw_swarm(chooser: RandomChooser) -> frozenset[type[Step]]:
    """Kinds of step that this run does without; none in every second run."""
    if chooser.integer(0, 1):
        return frozenset()
    return frozenset(kind for kind in WORKER_STEPS if chooser.integer(0, 1))
