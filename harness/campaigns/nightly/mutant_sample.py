"""A sample of generated mutants at the end of a night: do the properties still notice most of them?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from workerfuzz.harness.campaigns.nightly.night import Night, Phase
from workerfuzz.harness.campaigns.plan.targets import Target

#: Share of the time of a night that mutants take beside it.
SHARE: Final = 0.05

#: Seconds of CPU that a mutant takes: most are noticed at once, some never.
EXPECTED_S: Final = 5.0

#: Mutants of one target that a night tries at most.
MOST_MUTANTS: Final = 100


@dataclass(frozen=True, slots=True)
class SampleScore:
    """Result of a sample.

    Attributes:
        line: the score, in one line.
        red: survivors that nobody reviewed, or why there is no score; a line each.
    """

    line: str
    red: Sequence[str] = ()


class MutantTester(Protocol):
    """Tries mutants of what a target fuzzes; None where no mutants are generated of that."""

    def __call__(self, target: Target, seed: int, count: int, /) -> SampleScore | None: ...


def try_no_mutants(target: Target, seed: int, count: int, /) -> SampleScore | None:
    """Try nothing."""
    return None


def sample_size(night: Night, jobs: int) -> int:
    """Return the number of mutants of each target that a night tries: its share of the time decides."""
    budget = night.budget
    seconds = [budget.seconds * jobs] if budget.seconds is not None else []
    seconds += [budget.cpu_s] if budget.cpu_s is not None else []
    targets = max(len(night.targets), 1)
    return min(int(min(seconds, default=0.0) * SHARE / EXPECTED_S / targets), MOST_MUTANTS)


def try_sample(phase: Phase, night: Night, count: int, tester: MutantTester) -> None:
    """Try so many mutants of each target; the seed is that of the night."""
    for target in each_once(night.targets):
        score = tester(target, night.seed, count)
        if score is not None:
            phase.lines.append(score.line)
            phase.red += score.red


def each_once(targets: Iterable[Target]) -> Iterable[Target]:
    """Targets that differ in subject or scope."""
    return {target.system: target for target in targets}.values()
