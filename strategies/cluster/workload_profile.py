"""Distribution of graphs, and habits of the clients of one run.

What is equally rare in every run hardly ever meets something else that is rare; so each run tends to
something.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from workerfuzz.strategies.choosers import Chooser

#: What a task may be submitted with; one of these for each task, by what is the habit. A scheduler
#: computes where the inputs are: without tasks that must run elsewhere, hardly anything is copied.
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "mixed": ("", "", "", "", "", "priority", "retries", "workers", "resources"),
        "resources": ("resources", "resources", ""),
        "workers": ("workers", "workers", ""),
        "both": ("workers", "resources", "workers resources", ""),
        "retries": ("retries", "retries workers", ""),
        "priority": ("priority", "priority workers", ""),
        "nothing": ("",),
    }
)

#: Habits to choose from, where workers have resources and where they have none.
WITH_RESOURCES: Final = ("resources", "retries", "both", "both", "mixed", "workers")
WITHOUT: Final = ("workers", "workers", "workers", "mixed", "retries", "priority", "nothing")

#: Of how many times ``WorkloadProfile.faithful`` is some.
TIMES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterWorkloadProfile:
    """Asked for while a step is drawn, and at no other time: a case does without.

    Where it is a choice, a value stands there as often as it is to come up, the simplest first.

    Attributes:
        contents: numbers of what a task computes; another number is another value.
        options: what a task is submitted with, as in ``OPTIONS``.
        actors: keys that are actors.
        forced: whether to cancel is forced upon other clients.
        faithful: how often, of ``TIMES``, a graph is for released keys, and a task as it was.
        goals: most keys that a graph is for.
        needs: fewest and most inputs of a task.
        crowded: how often, of ``TIMES``, a graph is for the large group.
        scattering_again: how often, of ``TIMES``, a scatter may be of a key that was scattered before.
        reading: how often, of ``TIMES``, a task reads what is being computed, too, if anything is.
        crossing: how often, of ``TIMES``, a task has to run away from an old thread or copy of its own,
            or where one of an input is, if there is any.
    """

    contents: tuple[int, ...] = (0, 0, 0, 1, 2)
    options: tuple[str, ...] = OPTIONS["mixed"]
    actors: tuple[str, ...] = ()
    forced: tuple[bool, ...] = (False, False, True)
    faithful: int = 1
    goals: int = 3
    needs: tuple[int, int] = (0, 3)
    crowded: int = 1
    scattering_again: int = 1
    reading: int = 0
    crossing: int = 0


def happens(times: int, chooser: Chooser) -> bool:
    """So often, of ``TIMES``."""
    return times > 0 and chooser.integer(1, TIMES) <= times


def draw_workload(
    keys: tuple[str, ...], resources: Collection[str], chooser: Chooser
) -> ClusterWorkloadProfile:
    """Of a run with these keys, where workers have these resources."""
    return ClusterWorkloadProfile(
        options=OPTIONS[chooser.pick(WITH_RESOURCES if resources else WITHOUT)],
        actors=chooser.pick(((), (), (), (), (), (), (), (), keys[:1], keys[1:2])),
        contents=chooser.pick(((0, 0, 0, 1, 2), (0, 0, 1, 2), (0, 0, 1), (0,))),
        faithful=chooser.pick((1, 2, 3, 0)),
        goals=chooser.pick((3, 2, 1)),
        needs=chooser.pick(((0, 3), (0, 2), (0, 1), (1, 2), (1, 1))),
        crowded=chooser.pick((1, 2, 3)),
        scattering_again=chooser.pick((0, 0, 1, 3)),
        reading=chooser.pick((0, 1, 3)),
        crossing=chooser.pick((0, 0, 1, 3)),
    )
