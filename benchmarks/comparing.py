"""What searches came to: who finds which bug after how long, and how the walk compares."""

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from detection import WALK, Result
from timing import spread, table

from workerfuzz.harness.campaigns.engines import HYPOTHESIS

#: Hypothesis needs at least so long, in seconds of CPU, where the walk is to be ten times faster.
LONG_S: Final = 5.0

#: Of one bug: median steps and seconds of CPU, by who looked for it; infinite where most gave up.
Medians = Mapping[str, tuple[float, float]]


def medians(results: Iterable[Result]) -> dict[tuple[str, str], Medians]:
    """By scope and bug, in the order in which they come."""
    found: dict[tuple[str, str], dict[str, list[tuple[float, float]]]] = {}
    for it in results:
        found.setdefault((it.scope, it.bug), {}).setdefault(it.who, []).append(it.until_found)
    return {bug: {who: middle(its) for who, its in whos.items()} for bug, whos in found.items()}


def middle(measured: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The lower of the two in the middle, where there are two: most did not take longer."""
    steps, cpu_s = zip(*measured, strict=True)
    return statistics.median_low(steps), statistics.median_low(cpu_s)


def rows_of(found: Mapping[tuple[str, str], Medians], whos: Sequence[str]) -> str:
    """A table: steps and seconds for each bug and each who."""
    rows = [
        (bug, *(cell(its[who]) if who in its else "" for who in whos))
        for (_, bug), its in sorted(found.items(), key=lambda item: item[1].get(WALK, (0, 0)))
    ]
    return table(("median steps, CPU s", *whos), rows)


def cell(measured: tuple[float, float]) -> str:
    steps, cpu_s = measured
    return f"{steps:,} {cpu_s:.2f}" if math.isfinite(steps) else "-"


def compared(found: Iterable[Medians], limit_s: float) -> Iterator[str]:
    """How the walk does beside Hypothesis, and beside the best of its tactics."""
    known = [its for its in found if WALK in its]
    yield from beside_hypothesis([its for its in known if HYPOTHESIS in its], limit_s)
    yield from beside_tactics([its for its in known if set(its) - {WALK, HYPOTHESIS}])


def beside_hypothesis(found: Sequence[Medians], limit_s: float) -> Iterator[str]:
    """Where Hypothesis gave up it counts with its limit, so that the ratio is at least what is said."""
    both = [its for its in found if math.isfinite(its[WALK][1])]
    if not found:
        return
    lost = sum(math.isinf(its[WALK][1]) for its in found)
    given_up = sum(math.isinf(its[HYPOTHESIS][1]) for its in found)
    yield f"not found by most seeds, of {len(found)}: walk {lost}, hypothesis {given_up}"
    faster = [min(its[HYPOTHESIS][1], limit_s) / its[WALK][1] for its in both]
    if faster:
        yield f"the walk is {spread(faster, 1)} times faster than hypothesis, in CPU time"
    slow = [
        ratio
        for its, ratio in zip(both, faster, strict=True)
        if its[HYPOTHESIS][1] >= min(LONG_S, limit_s)
    ]
    if slow:
        yield (
            f"where hypothesis needs {min(LONG_S, limit_s):g} s or more, {len(slow)} bugs: "
            f"{spread(slow, 1)} times faster, at least {min(slow):.1f}"
        )


def beside_tactics(found: Sequence[Medians]) -> Iterator[str]:
    """In steps; bugs that the walk or every tactic gave up are left out, and counted."""
    ratios = []
    for its in found:
        best = min(steps for who, (steps, _) in its.items() if who not in {WALK, HYPOTHESIS})
        ratios.append(its[WALK][0] / best if math.isfinite(best) else math.nan)
    whole = [it for it in ratios if math.isfinite(it)]
    if whole:
        mean = statistics.geometric_mean(whole)
        over = sum(it > 4 for it in whole)
        yield (
            f"the walk takes {mean:.2f} times the steps of the best tactic (geometric mean of "
            f"{len(whole)} bugs; at most {max(whole):.1f}; more than 4: {over})"
        )
    if lost := sum(math.isinf(it) for it in ratios):
        yield f"found by a tactic alone, and not by the walk: {lost}"
    if lost := sum(math.isnan(it) for it in ratios):
        yield f"found by no tactic alone: {lost}"
