"""Comparison of searches: the time until each bug is found, by engine and by tactic."""

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from aims import Aim, at_least
from detection import WALK, Result
from timing import table

from workerfuzz.harness.engines.hypothesis.search import HYPOTHESIS

#: Hypothesis needs at least so long, in seconds of CPU, where the walk is to be ten times faster.
LONG_S: Final = 5.0

#: So many times slower than the best single tactic the walk may be, at most.
MOST_SLOWER: Final = 4

#: Of one bug: median steps and seconds of CPU, by who looked for it; infinite where most gave up.
Medians = Mapping[str, tuple[float, float]]


def medians(results: Iterable[Result]) -> dict[tuple[str, str], Medians]:
    """By scope and bug, in the order in which they come."""
    found: dict[tuple[str, str], dict[str, list[tuple[float, float]]]] = {}
    for result in results:
        found.setdefault((result.scope, result.bug), {}).setdefault(result.who, []).append(
            result.until_found
        )
    return {bug: {who: middle(value) for who, value in whos.items()} for bug, whos in found.items()}


def middle(measured: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The lower of the two in the middle, where there are two: most did not take longer."""
    steps, cpu_s = zip(*measured, strict=True)
    return statistics.median_low(steps), statistics.median_low(cpu_s)


def rows_of(found: Mapping[tuple[str, str], Medians], whos: Sequence[str]) -> str:
    """A table: steps and seconds for each bug and each who."""
    rows = [
        (bug, *(cell(value[who]) if who in value else "" for who in whos))
        for (_, bug), value in sorted(found.items(), key=lambda item: item[1].get(WALK, (0, 0)))
    ]
    return table(("median steps, CPU s", *whos), rows)


def cell(measured: tuple[float, float]) -> str:
    steps, cpu_s = measured
    return f"{steps:,} {cpu_s:.2f}" if math.isfinite(steps) else "-"


def compared(where: str, found: Iterable[Medians], limit_s: float) -> Iterator[Aim]:
    """The walk beside Hypothesis, and beside the best of its tactics.

    Args:
        where: begins each row.
        limit_s: seconds of CPU after which a search was given up.
    """
    known = [table for table in found if WALK in table]
    beside = [table for table in known if HYPOTHESIS in table]
    if beside:
        yield from beside_hypothesis(where, beside, limit_s)
    alone = [table for table in known if set(table) - {WALK, HYPOTHESIS}]
    if alone:
        yield from beside_tactics(where, alone)


def beside_hypothesis(where: str, found: Sequence[Medians], limit_s: float) -> Iterator[Aim]:
    """In CPU time. Who gave up counts with the limit; bugs that nobody found are left out."""
    tables = [item for item in found if min(item[WALK][1], item[HYPOTHESIS][1]) < math.inf]
    faster = [min(item[HYPOTHESIS][1], limit_s) / min(item[WALK][1], limit_s) for item in tables]
    yield at_least(f"{where}: Hypothesis / walk, CPU time, bugs", 4, faster, 1)
    slow = [
        ratio
        for item, ratio in zip(tables, faster, strict=True)
        if item[HYPOTHESIS][1] > LONG_S and limit_s > LONG_S
    ]
    what = f"{where}: the same where Hypothesis needs more than {LONG_S:g} s"
    yield at_least(f"{what} ({len(slow)} bugs)", 10, slow, 1)
    lost = {who: sum(math.isinf(item[who][1]) for item in found) for who in (WALK, HYPOTHESIS)}
    text = f"walk {lost[WALK]}, Hypothesis {lost[HYPOTHESIS]} of {len(found)}"
    yield Aim(f"{where}: not found by most seeds in {limit_s:g} s", "", text)


def beside_tactics(where: str, found: Sequence[Medians]) -> Iterator[Aim]:
    """In steps. A bug that a tactic finds alone and the walk does not counts without end."""
    ratios = []
    for tables in found:
        best = min(steps for who, (steps, _) in tables.items() if who not in {WALK, HYPOTHESIS})
        if math.isfinite(best):
            ratios.append(tables[WALK][0] / best)
    over = sum(ratio > MOST_SLOWER for ratio in ratios)
    whole = [ratio for ratio in ratios if math.isfinite(ratio)]
    what = f"{where}: walk / best single tactic, steps"
    if not whole:
        yield Aim(what, "", "no bug found by both")
        return
    mean = statistics.geometric_mean(whole)
    yield Aim(f"{what}, geometric mean", "at most 2", f"{mean:.2f}", mean <= 2)
    yield Aim(
        f"{what}, the worst of {len(ratios)} bugs",
        f"at most {MOST_SLOWER}",
        f"{max(ratios):.1f}; more than {MOST_SLOWER}: {over} bugs",
        over == 0,
    )
