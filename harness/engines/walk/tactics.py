"""Tactics: how the walk weighs the kinds of step that are possible.

Each run has a tactic, because each tactic alone is blind: some bugs need every kind of step, some are
undone by a kind that is merely frequent, some need one kind many times.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

from workerfuzz.strategies.choosers import Chooser, RandomChooser
from workerfuzz.strategies.worker import Step

#: How often a kind of step is chosen in one run, compared with others; 0 switches it off.
Weights = Mapping[type[Step], int]

#: Weights to choose from, by the word of a kind of step that is not like the others.
LIKELY: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "compute-task": (3, 6, 12), "free-keys": (1, 2, 6), "pause": (0, 0, 0, 1), "unpause": (6,),
        "submit": (1, 2, 4), "deliver": (10, 20, 40), "begin": (6, 12), "succeed": (2, 6, 12),
        "serve": (4, 8), "receive": (4, 8), "garble": (0, 0, 1), "spoil": (0, 0, 1),
        "find-missing": (0, 0, 1), "dies": (0, 0, 1), "notice": (1, 4), "store": (0, 1, 2),
        "scattered": (1, 2), "gather-on-worker": (0, 0, 1), "gathered": (1, 2), "overflow": (0, 0, 1),
        "recompute": (0, 0, 1), "retire": (0, 0, 1), "unretire": (0, 1), "manage-memory": (0, 0, 1),
        "disconnect": (0, 0, 1), "disconnected": (1, 2), "connect": (1, 4),
    }
)  # fmt: skip

#: Without these nothing gets far in a cluster: weights that no tactic takes away.
NEEDED: Final[Mapping[str, int]] = MappingProxyType(
    {
        "submit": 3,
        "release": 2,
        "deliver": 12,
        "begin": 6,
        "succeed": 3,
        "serve": 4,
        "receive": 4,
        "notice": 1,
    }
)

#: Kinds that often meet known bugs, behind which a run does not go on: in a third of the runs.
RARE: Final = frozenset(
    {
        "store", "gather-on-worker", "recompute", "overflow", "retire", "restart", "leave",
        "unserialisable", "join-as", "retire-workers", "broadcast", "publish", "lock",
        "disconnect",
    }
)  # fmt: skip

#: Where much is asked for, given up and asked for again while threads and transfers go on, and end in
#: every way; nobody dies. Kinds that are not here are not chosen.
RESTLESS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "submit": (6, 9), "release": (3, 6), "cancel": (0, 0, 1), "retry": (0, 0, 1),
        "deliver": (20, 30), "begin": (4, 8), "succeed": (1, 2, 6), "fail": (0, 2, 4),
        "reschedule": (0, 1, 3), "secede": (0, 1, 3), "spoil": (0, 1), "serve": (4, 8),
        "receive": (2, 4), "refuse": (0, 1), "break": (0, 1), "garble": (0, 1, 2), "steal": (0, 3),
        "replicate": (0, 2), "drop": (0, 2), "retry-busy-worker": (1,), "notice": (1,),
        "pause": (0, 1), "unpause": (2,), "store": (0, 0, 1), "scattered": (1, 2),
        "gather-on-worker": (0, 0, 1), "gathered": (1, 2), "overflow": (0, 0, 1), "recompute": (0, 0, 1),
        "disconnect": (0, 0, 0, 1), "disconnected": (1,), "connect": (3,),
    }
)  # fmt: skip

#: Where workers come and go, and others take over what they had.
MORTAL: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "submit": (3, 6), "release": (0, 1, 2), "retry": (0, 1), "deliver": (20, 30), "begin": (6,),
        "succeed": (4, 8), "fail": (0, 1), "secede": (0, 0, 1), "serve": (4, 6), "receive": (2, 4),
        "refuse": (0, 0, 1), "retry-busy-worker": (1,), "break": (0, 1), "find-missing": (0, 1),
        "steal": (0, 0, 2), "replicate": (0, 0, 2), "drop": (0, 0, 1), "pause": (0, 0, 1),
        "unpause": (2,), "dies": (1, 1, 2), "notice": (1, 3), "join": (1, 3), "store": (0, 0, 1),
        "scattered": (1,), "gather-on-worker": (0, 0, 1), "gathered": (1,), "recompute": (0, 0, 1),
        "retire": (0, 0, 1), "unretire": (0, 1), "retired": (1,), "manage-memory": (0, 1),
        "disconnect": (0, 0, 1), "disconnected": (1,), "connect": (1, 3),
    }
)  # fmt: skip

#: Where tasks fail, and are asked for and tried again, mostly by clients that let nothing go.
FAULTY: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "submit": (4, 8), "release": (0, 1, 2), "retry": (0, 1, 2), "deliver": (20, 30),
        "begin": (6,), "succeed": (3, 6), "fail": (2, 4), "spoil": (0, 0, 1), "reschedule": (0, 0, 1),
        "serve": (4, 6), "receive": (2, 4), "garble": (0, 0, 1), "retry-busy-worker": (1,),
        "steal": (0, 0, 2), "replicate": (0, 0, 2), "pause": (0, 0, 1), "unpause": (2,),
        "dies": (0, 0, 1), "notice": (1, 3), "join": (0, 1), "overflow": (0, 0, 1),
        "recompute": (0, 0, 1),
    }
)  # fmt: skip

#: Where tasks and values keep being moved between workers.
THIEVISH: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "submit": (3, 6), "release": (1, 3), "cancel": (0, 0, 1), "deliver": (20, 30), "begin": (4, 8),
        "succeed": (2, 6), "fail": (0, 1), "reschedule": (0, 1, 3), "secede": (0, 1), "serve": (4,),
        "receive": (2, 4), "refuse": (0, 1), "retry-busy-worker": (1,), "break": (0, 0, 1),
        "garble": (0, 0, 1), "steal": (4, 8), "replicate": (0, 3), "drop": (0, 3), "pause": (0, 1),
        "unpause": (2,), "dies": (0, 0, 1), "notice": (1,), "join": (0, 1), "recompute": (0, 0, 1),
        "retire": (0, 0, 1), "unretire": (0, 1), "retired": (1,), "manage-memory": (0, 1),
    }
)  # fmt: skip

#: Where processes stay, and their messages cross each other.
BUSY: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "submit": (4, 8), "release": (2, 5), "cancel": (0, 1, 2), "retry": (0, 1), "gather": (0, 1, 2),
        "scatter": (0, 1, 2), "broadcast": (0, 0, 1), "replicate-keys": (0, 0, 1),
        "rebalance": (0, 0, 1), "publish": (0, 0, 1), "unpublish": (0, 1), "lock": (0, 0, 1),
        "unlock": (0, 1),
        "deliver": (20, 30), "flow": (0, 0, 2), "tick": (0, 1), "until": (0, 0, 1), "succeed": (3, 8),
        "fail": (0, 1, 3), "reschedule": (0, 0, 2), "spoil": (0, 0, 1), "unserialisable": (0, 0, 0, 1),
        "pause": (0, 0, 1), "unpause": (2,),
    }
)  # fmt: skip

#: Where processes and connections end, and others come.
BROKEN: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "submit": (3, 6), "release": (0, 1, 2), "cancel": (0, 0, 1), "retry": (0, 0, 1),
        "gather": (0, 1), "scatter": (0, 1), "deliver": (15, 25), "flow": (1, 3), "tick": (0, 1, 2),
        "succeed": (3, 8), "fail": (0, 0, 1), "reschedule": (0, 0, 1), "dies": (0, 1, 2),
        "close": (0, 0, 1), "close-gracefully": (0, 1), "join": (1, 3), "cut": (0, 0, 1),
        "until": (0, 0, 1), "lock": (0, 0, 1), "unlock": (0, 1), "leave": (0, 0, 1), "enter": (2,),
        "pause": (0, 0, 1), "unpause": (2,), "replicate-keys": (0, 0, 1), "retire-workers": (0, 0, 1),
        "join-as": (0, 0, 1), "publish": (0, 0, 1), "unpublish": (0, 1), "restart": (0, 0, 0, 0, 1),
    }
)  # fmt: skip

#: Steps of one run: between a few and these, by what is walked.
LENGTHS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {"worker": (5, 60), "cluster": (20, 220), "process": (10, 80)}
)


def uniform(chooser: RandomChooser, kinds: Sequence[type[Step]]) -> Weights:
    """Every kind alike, but for those that others wait for, and those that are not in every run."""
    return {
        kind: chooser.pick((0, 0, 1)) if kind.word in RARE else NEEDED.get(kind.word, 1)
        for kind in kinds
    }


def swarm(chooser: RandomChooser, kinds: Sequence[type[Step]]) -> Weights:
    """Without half of the kinds."""
    rare = {kind: chooser.pick((0, 0, 1)) for kind in kinds if kind.word in RARE}
    return {
        kind: rare[kind] if kind in rare else NEEDED.get(kind.word) or chooser.integer(0, 1)
        for kind in kinds
    }


def weighted(chooser: RandomChooser, kinds: Sequence[type[Step]]) -> Weights:
    """Some kinds rarely, some often, some not at all; requests more often, pauses less."""
    return {kind: chooser.pick(LIKELY.get(kind.word, (0, 1, 2, 6))) for kind in kinds}


def listed(
    table: Mapping[str, tuple[int, ...]], chooser: RandomChooser, kinds: Sequence[type[Step]]
) -> Weights:
    """One of the weights that a table has for a kind; none of the kinds that it does not have."""
    return {kind: chooser.pick(table.get(kind.word, (0,))) for kind in kinds}


#: By name.
TACTICS: Final[Mapping[str, Callable[[RandomChooser, Sequence[type[Step]]], Weights]]] = (
    MappingProxyType(
        {
            "uniform": uniform,
            "swarm": swarm,
            "weighted": weighted,
            "restless": partial(listed, RESTLESS),
            "mortal": partial(listed, MORTAL),
            "faulty": partial(listed, FAULTY),
            "thievish": partial(listed, THIEVISH),
            "busy": partial(listed, BUSY),
            "broken": partial(listed, BROKEN),
        }
    )
)


#: Tactics of which a run draws one, by what is walked; some are worth more runs than others.
DRAWN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "worker": ("uniform", "swarm", "weighted", "weighted"),
        "cluster": (
            "uniform", "swarm", "weighted", "restless", "restless", "restless", "restless",
            "mortal", "mortal", "faulty", "faulty", "thievish", "thievish",
        ),
        "process": ("uniform", "swarm", "weighted", "busy", "busy", "broken", "broken"),
    }
)  # fmt: skip

#: At most one of so many parts of a run is calm, at its end.
CALM: Final = 3

#: What clients do not do any more when it is calm.
GIVING_UP: Final = frozenset({"release", "cancel"})

#: Share of the runs that is dealt out without regard to credit, as the tactics' weights say.
FIXED: Final = 0.7

#: What was found so many runs ago counts half.
HALF_LIFE: Final = 250

#: Steps in which a tactic that nothing is known of is supposed to find something.
HOPE: Final = 200.0


class Credit:
    """Yield of each tactic per step; deterministic, given the choices and their outcomes.

    Args:
        weights: how many of the runs each tactic gets while nothing is known, compared with others.
    """

    def __init__(self, weights: Mapping[str, int]) -> None:
        total = sum(weights.values())
        self.share = {tactic: weight / total for tactic, weight in weights.items()}
        self.found = dict.fromkeys(weights, 0.0)
        self.steps = dict.fromkeys(weights, 0.0)

    def pick(self, chooser: Chooser, among: Sequence[str]) -> str:
        """The tactic of the next run."""
        rates = {
            tactic: self.share[tactic] * (self.found[tactic] + 1) / (self.steps[tactic] + HOPE)
            for tactic in among
        }
        rate, share = sum(rates.values()), sum(self.share[tactic] for tactic in among)
        point = chooser.integer(0, GRAIN - 1) / GRAIN
        for tactic in among:
            point -= FIXED * self.share[tactic] / share + (1 - FIXED) * rates[tactic] / rate
            if point < 0:
                return tactic
        return among[-1]

    def note(self, tactic: str, steps: int, found: int) -> None:
        """A run is over: how many steps it took, and how many features it reached first."""
        for name in self.share:
            self.found[name] *= DECAY
            self.steps[name] *= DECAY
        self.found[tactic] += found
        self.steps[tactic] += steps


#: Of all that was found, what is left of it after one more run.
DECAY: Final = 0.5 ** (1 / HALF_LIFE)

#: Finest difference between two shares.
GRAIN: Final = 1 << 20
