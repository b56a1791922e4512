"""Choice of the tactic of the next run by recent yield; no tactic ever starves."""

from collections.abc import Mapping, Sequence
from typing import Final

from workerfuzz.strategies.choosers import Chooser

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
            it: self.share[it] * (self.found[it] + 1) / (self.steps[it] + HOPE) for it in among
        }
        rate, share = sum(rates.values()), sum(self.share[it] for it in among)
        point = chooser.integer(0, GRAIN - 1) / GRAIN
        for tactic in among:
            point -= FIXED * self.share[tactic] / share + (1 - FIXED) * rates[tactic] / rate
            if point < 0:
                return tactic
        return among[-1]

    def note(self, tactic: str, steps: int, found: int) -> None:
        """A run is over: how many steps it took, and how many features it reached first."""
        for it in self.share:
            self.found[it] *= DECAY
            self.steps[it] *= DECAY
        self.found[tactic] += found
        self.steps[tactic] += steps


#: Of all that was found, what is left of it after one more run.
DECAY: Final = 0.5 ** (1 / HALF_LIFE)

#: Finest difference between two shares.
GRAIN: Final = 1 << 20
