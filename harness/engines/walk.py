"""The walk: random steps, without Hypothesis in the loop.

Each run has a tactic, because each tactic alone is blind: some bugs need every kind of step, some are
undone by a kind that is merely frequent, some need one kind many times.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.worlds.worker import Observer, WorkerWorld
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.steps import WORKER_STEPS, Step
from workerfuzz.strategies.steps.from_scheduler import ComputeTask, FreeKeys
from workerfuzz.strategies.steps.from_surroundings import Pause, Unpause
from workerfuzz.strategies.universe import draw_universe

#: Steps of one run: between a few and these.
LONGEST_RUN: Final = 60


#: How often a kind of step is chosen in one run, compared with others; 0 switches it off.
Weights = Mapping[type[Step], int]


#: Weights to choose from for kinds of step that are not like the others.
LIKELY: Final[Mapping[type[Step], tuple[int, ...]]] = MappingProxyType(
    {ComputeTask: (3, 6, 12), FreeKeys: (1, 2, 6), Pause: (0, 0, 0, 1), Unpause: (6,)}
)


def uniform(chooser: RandomChooser) -> Weights:
    """Every kind alike."""
    return dict.fromkeys(WORKER_STEPS, 1)


def swarm(chooser: RandomChooser) -> Weights:
    """Without half of the kinds."""
    return {kind: chooser.integer(0, 1) for kind in WORKER_STEPS}


def weighted(chooser: RandomChooser) -> Weights:
    """Some kinds rarely, some often, some not at all; requests more often, pauses less."""
    return {kind: chooser.pick(LIKELY.get(kind, (0, 1, 2, 6))) for kind in WORKER_STEPS}


#: By name; a run draws one.
TACTICS: Final[Mapping[str, Callable[[RandomChooser], Weights]]] = MappingProxyType(
    {"uniform": uniform, "swarm": swarm, "weighted": weighted}
)


def walk(subject: Subject, seed: str, observer: Observer | None = None) -> WorkerWorld:
    """One run, from a fresh world to its end. Same seed, same run, in every process.

    Raises:
        Violation: a property was broken; its steps tell how.
    """
    chooser = RandomChooser(seed)
    world = WorkerWorld(subject, draw_universe(chooser), observer=observer)
    weights = TACTICS[chooser.pick((*TACTICS, "weighted"))](chooser)
    offered: dict[tuple[type[Step], ...], list[type[Step]]] = {}
    for _ in range(chooser.integer(5, LONGEST_RUN)):
        possible = world.possible()
        if possible not in offered:
            kinds = [kind for kind in possible for _ in range(weights[kind])]
            offered[possible] = kinds or list(possible)
        world.apply(world.draw(chooser.pick(offered[possible]), chooser))
    world.finish()
    return world
