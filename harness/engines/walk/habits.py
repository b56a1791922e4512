"""Habits of one run beside its tactic: slow participants, a focus, tasks that always fail.

What is equally rare in every run hardly ever meets something else that is rare. A habit makes one thing
common for a whole run, whatever the tactic weighs.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.scopes import AnyRunConfig, World
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster.from_workers import Fail, Succeed, ThreadEnds
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.worker import Step

#: Of so many tries, one step of what is slow is taken.
PATIENCE: Final = 6

#: Of so many steps that are not about the focus, one is taken all the same.
AIM: Final = 4


class Focus(NamedTuple):
    """A key and a worker that a run is about."""

    key: str
    worker: str


@dataclass(frozen=True, slots=True)
class Habits:
    """Habits of a run.

    Attributes:
        slow: names of participants, keys and mailboxes; steps that name one are seldom taken.
        focus: the key that most steps are about, or a reader of it, and the worker they deliver to.
        is_stuck: the thread of the focus key on the focus worker seldom ends.
        doomed: keys whose tasks never succeed.
    """

    slow: frozenset[str] = frozenset()
    focus: Focus | None = None
    is_stuck: bool = False
    doomed: frozenset[str] = frozenset()

    def misses(self, world: World, step: Step) -> bool:
        """A step is not about the focus."""
        return self.focus is not None and not is_about(world, self.focus, step)

    def is_slow(self, step: Step) -> bool:
        """A step is seldom to be taken."""
        if self.slow and not self.slow.isdisjoint(step.arguments()):
            return True
        return self.is_stuck and isinstance(step, ThreadEnds) and is_at(step, self.focus)

    def outcome(self, step: Step) -> Step:
        """Return a step, with another outcome where its task is doomed."""
        if self.doomed and type(step) is Succeed and step.second in self.doomed:
            return Fail(step.first, step.second)
        return step


#: Of a run without any.
NO_HABITS: Final = Habits()


def draw_habits(chooser: RandomChooser, run_config: AnyRunConfig) -> Habits:
    """Draw the habits of a run; often few. Those of a single worker's runs are its tactic alone."""
    if not isinstance(run_config, ClusterRunConfig):
        return NO_HABITS
    workers = [f"w{number}" for number in range(run_config.config.workers)]
    keys = run_config.keys[:3]
    focus = Focus(chooser.pick(keys), chooser.pick(workers)) if chooser.integer(0, 1) else None
    return Habits(
        laggards(chooser, run_config),
        focus,
        focus is not None and chooser.pick((False, False, True)),
        frozenset(chooser.pick(((), (), (), (), keys[:1], keys[1:2]))),
    )


def laggards(chooser: RandomChooser, run_config: ClusterRunConfig) -> frozenset[str]:
    """Draw the slow parts of a run: a worker, a key, a mailbox; often none.

    What arrives too late has been waiting while much else happened; if everything is equally fast, that
    is as rare as a coin that shows heads many times in a row.
    """
    workers = [f"w{number}" for number in range(run_config.config.workers)]
    boxes = [f"{one}->{SCHEDULER}" for one in (*workers, *workers, *run_config.clients)]
    boxes += [f"{SCHEDULER}->{worker}" for worker in workers]
    slow = [chooser.pick((*workers * 3, *run_config.keys[:2], *boxes)) for _ in range(2)]
    return frozenset(slow[: chooser.integer(0, 2)])


def is_about(world: World, focus: Focus, step: Step) -> bool:
    """A step is about the key of a focus, about a reader of it, or delivers to or from its worker."""
    keys = step.keys()
    if keys and isinstance(world, ClusterWorld):
        needs = world.client_model.needs
        return any(key == focus.key or focus.key in needs.get(key, ()) for key in keys)
    return focus.worker in step.peers()


def is_at(step: ThreadEnds, focus: Focus | None) -> bool:
    """The thread of a step is that of the focus key on the focus worker."""
    return focus == (step.second, step.first)
