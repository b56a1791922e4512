"""The plan of a shard: plain data, which travels to other processes and machines."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.engines.explore.small_universe import Space
from workerfuzz.harness.engines.findings.finding import SeenBefore, names_in
from workerfuzz.harness.worlds.scopes import SCOPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One seed's worth of work. Same plan, same runs, in every process.

    Attributes:
        subject: name of the system.
        scope: ``worker``, ``cluster`` or ``process``.
        engine: who chooses the steps.
        seed: of all its runs; shards of one campaign have seeds of their own.
        workers: of each cluster; None: as drawn.
        known: bugs that are known are told from new ones; otherwise each is new.
        first: number of the first run; those before it were done by somebody else.
        seen: bugs that have a case, those of other subjects among them.
        tactic: the only one of the walk; empty: all of them, each as often as it pays.
        corpus: folder of entries that the walk mutates, and to which it adds; empty: none. What is there
            at the beginning counts as given: same plan and corpus, same runs.
        planted: name of a mutant that is planted while it runs; empty for none.
        fixed: names of trial fixes of the subject that are in place; ``all``: all that fit it.
        space: what is explored.
    """

    subject: str = "reference"
    scope: str = "worker"
    engine: str = "walk"
    seed: int = 0
    budget: Budget = field(default_factory=Budget)
    workers: int | None = None
    known: bool = True
    first: int = 0
    seen: tuple[SeenBefore, ...] = ()
    tactic: str = ""
    corpus: str = ""
    planted: str = ""
    fixed: tuple[str, ...] = ()
    space: Space = field(default_factory=Space)

    @property
    def explores(self) -> bool:
        """Its runs are all there are: no seed chooses them."""
        return self.engine == "explore"

    def __str__(self) -> str:
        what = SCOPES[self.scope].systems
        if self.explores:
            return f"{what}{self.subject}, engine explore, {self.space.described(self.scope)}"
        return f"{what}{self.subject}, engine {self.engine}, seed {self.seed}"


def knowing_cases_in(plan: Plan, folder: Path) -> Plan:
    """The plan for which every finding that has a case in a folder was seen before."""
    return replace(plan, seen=(*plan.seen, *map(SeenBefore, names_in(folder))))


def shards(plan: Plan, count: int) -> list[Plan]:
    """So many shards that do the work of one plan together: their seeds follow on from its seed.

    Runs and CPU time are divided among them; wall time each has for itself. There are no more shards
    than runs; what is explored is not divided.
    """
    if plan.explores:
        return [plan]
    budget = plan.budget
    if budget.most_runs is not None:
        count = min(count, budget.most_runs)
    return [
        replace(plan, seed=plan.seed + number, budget=share(budget, number, count))
        for number in range(count)
    ]


def share(budget: Budget, number: int, count: int) -> Budget:
    """Return the share of one of ``count`` shards in a budget."""
    if count == 1:
        return budget
    runs, cpu_s = budget.most_runs, budget.cpu_s
    return replace(
        budget,
        runs=runs // count + (number < runs % count) if runs is not None else None,
        cpu_s=cpu_s / count if cpu_s is not None else None,
    )


def rest_of(plan: Plan, first: int, seconds: float, cpu_s: float) -> Plan | None:
    """Return the rest of a plan after the runs before ``first`` and that time; None if none remains."""
    budget, runs = plan.budget, first - plan.first
    if budget.spent(seconds, cpu_s, runs):
        return None
    left = replace(
        budget,
        seconds=budget.seconds - seconds if budget.seconds is not None else None,
        cpu_s=budget.cpu_s - cpu_s if budget.cpu_s is not None else None,
        runs=budget.most_runs - runs if budget.most_runs is not None else None,
    )
    return replace(plan, first=first, budget=left)
