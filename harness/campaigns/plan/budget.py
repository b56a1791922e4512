"""When a campaign ends."""

import re
from dataclasses import dataclass

from workerfuzz.harness.engines.hypothesis.sizes import SIZES


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop. Without any limit: after the runs that the profile says.

    Attributes:
        seconds: wall time.
        cpu_s: CPU time, in seconds.
        runs: number of runs.
        profile: ``quick`` or ``deep``.
    """

    seconds: float | None = None
    cpu_s: float | None = None
    runs: int | None = None
    profile: str = "quick"

    def __str__(self) -> str:
        limits = [f"{self.seconds:g} s"] if self.seconds is not None else []
        limits += [f"{self.cpu_s:g} s of CPU"] if self.cpu_s is not None else []
        limits += [f"{self.most_runs} runs"] if self.most_runs is not None else []
        return " or ".join(limits)

    def spent(self, seconds: float, cpu_s: float, runs: int) -> bool:
        """It is used up by so much wall time, so much CPU time, or so many runs."""
        return self.used(seconds, cpu_s, runs) >= 1

    def used(self, seconds: float, cpu_s: float, runs: int) -> float:
        """The used share of the scarcest resource; 0 where nothing is limited."""
        limits = ((self.seconds, seconds), (self.cpu_s, cpu_s), (self.most_runs, runs))
        shares = (used / limit if limit else 1.0 for limit, used in limits if limit is not None)
        return max(shares, default=0.0)

    @property
    def is_timed(self) -> bool:
        """Time may end it before the runs do."""
        return self.seconds is not None or self.cpu_s is not None

    @property
    def most_runs(self) -> int | None:
        """None where only time counts."""
        if self.runs is not None or self.is_timed:
            return self.runs
        return SIZES[self.profile].runs


def duration(text: str) -> float:
    """``20s``, ``5m``, ``1h`` or a number of seconds. Raises ValueError, with what was expected."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smh]?)", text)
    seconds = float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]] if match else 0.0
    if seconds <= 0:
        raise ValueError(f'expected a time like 20s, 5m or 1h, found "{text}"')
    return seconds
