"""Power of the walk, of each of its tactics alone and of other engines, by mutants of fresh samples.

``python benchmarks/power.py --of scheduler --sample 20 --seed 3``: a sample of generated mutants that
follows from the seed; each is searched for by the walk, by each tactic, by Hypothesis and by exploring
universes in growing order, in a process of its own, until it is noticed or its budget of CPU seconds is
spent. Known equivalent mutants are left out. A search that is given up counts with its whole budget.
"""

import argparse
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from workerfuzz.harness.campaigns.mutation_testing.campaign import MutationPlan, measure_target
from workerfuzz.harness.campaigns.mutation_testing.equivalent import equivalent_ids
from workerfuzz.harness.campaigns.mutation_testing.mutant import TARGETS
from workerfuzz.harness.engines.explore.search import EXPLORE
from workerfuzz.harness.engines.hypothesis.search import HYPOTHESIS
from workerfuzz.harness.engines.walk.tactics import DRAWN
from workerfuzz.harness.engines.walk.walker import EXTRA

#: All tactics of the walk, chosen as it does.
WALK: Final = "walk"

#: Other engines than the walk.
ENGINES: Final = (HYPOTHESIS, EXPLORE)

#: A mutant that is noticed sooner is noticed at once: imports and the first run differ by as much.
AT_ONCE_S: Final = 0.05

#: Seconds of CPU to detection by id of the mutant; None: given up.
Times = Mapping[str, float | None]


def arms(target: str) -> list[str]:
    """The walk, each of its tactics, and the other engines."""
    scope = TARGETS[target].scope
    return [WALK, *dict.fromkeys((*DRAWN[scope], *EXTRA[scope])), *ENGINES]


def times(arm: str, plan: MutationPlan, jobs: int) -> Times:
    """Search for each mutant of a plan with one arm."""
    score = measure_target(plan, equivalent=equivalent_ids(plan.target), jobs=jobs)
    return {
        result.mutant.id: (max(result.result.cpu_s, AT_ONCE_S) if result.is_caught else None)
        for result in score.results
    }


def ratio_to_best(found: Mapping[str, Times], budget_s: float) -> float:
    """Geometric mean of the walk's time to that of the best tactic, over mutants that any noticed."""
    logs = []
    for mutant in found[WALK]:
        single = [value[mutant] for arm, value in found.items() if arm not in (WALK, *ENGINES)]
        best = min((item for item in single if item is not None), default=None)
        mine = found[WALK][mutant]
        if best is not None or mine is not None:
            logs.append(math.log((mine or budget_s) / (best or budget_s)))
    return math.exp(statistics.fmean(logs)) if logs else math.nan


def row(arm: str, times: Times, budget_s: float) -> str:
    """One line of the table."""
    spent = [budget_s if item is None else item for item in times.values()]
    within = sum(item is not None and item <= budget_s / 6 for item in times.values())
    caught = sum(item is not None for item in times.values())
    count = max(len(spent), 1)
    return (
        f"{arm[:10]:10} {statistics.median(spent):8.2f} {within / count:9.0%} {caught / count:9.0%}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", choices=[*TARGETS], default="scheduler")
    parser.add_argument("--sample", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cpu", type=float, default=60.0, help="seconds a search")
    parser.add_argument(
        "--who",
        nargs="+",
        default=[],
        help="walk, a tactic, or some with commas between; else each",
    )
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=Path, help="times are written here")
    given = parser.parse_args(arguments)
    found: dict[str, Times] = {}
    print(f"{'arm':10} {'median s':>8} {f'in {given.cpu / 6:g} s':>9} {f'in {given.cpu:g} s':>9}")
    for arm in given.who or arms(given.of):
        plan = MutationPlan(
            target=given.of,
            seed=given.seed,
            sample=given.sample,
            cpu_s=given.cpu,
            tactic="" if arm in (WALK, *ENGINES) else arm,
            engine=arm if arm in ENGINES else WALK,
        )
        found[arm] = times(arm, plan, given.jobs)
        print(row(arm, found[arm], given.cpu), flush=True)
        if given.json is not None:
            given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    if WALK in found and len(found) > 1:
        print(f"walk / best single tactic: {ratio_to_best(found, given.cpu):.2f} (aim: at most 2)")


if __name__ == "__main__":
    main()
