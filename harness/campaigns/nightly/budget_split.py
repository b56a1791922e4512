"""Division of the budget of a night among shards, each target in turn."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import ceil, lcm
from typing import Final

from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import Part
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.explore.small_universe import Space

#: A shard takes no more than so many seconds, and no more than so many runs.
SHARD_S: Final = 900.0
SHARD_RUNS: Final = 5000

#: Cost of the universes that are explored, the cheapest first: no night comes so far.
DEAREST: Final = 99

#: What is left of a shard is not worth starting it for less than so many seconds.
LEAST_S: Final = 0.5

#: Numbers of shards in one night, so that no two nights have seeds in common.
MOST_SHARDS: Final = 1 << 20


def rounds(budget: Budget, targets: int, jobs: int) -> int:
    """Return the number of rounds that keeps shards short and every process busy to the end."""
    total_s = (budget.seconds or 0.0) * jobs
    longest = max(total_s, budget.cpu_s or 0.0) / SHARD_S
    needed = ceil(max(longest, (budget.most_runs or 0) / SHARD_RUNS, 1.0) / targets)
    together = lcm(targets, jobs) // targets  # so many rounds keep every process busy to the end
    return ceil(needed / together) * together


@dataclass(slots=True)
class BudgetSplit:
    """Shards of a night that remain to be run.

    Attributes:
        jobs: processes at a time.
        spent_s: wall time that was spent before this sitting.
        corpus: folder of entries that all shards share; empty: none.
        frontier: folder that keeps where explorations stopped; empty: none.
        results: of shards before this sitting, by part.
        parts: parts that have a file.
        began: when this sitting began.
    """

    night: Night
    jobs: int = 1
    spent_s: float = 0.0
    corpus: str = ""
    frontier: str = ""
    results: Mapping[Part, ShardResult] = field(default_factory=dict)
    parts: Iterable[Part] = ()
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = time.monotonic()

    def seconds(self) -> float:
        """Wall time spent until now, all sittings together."""
        return self.spent_s + time.monotonic() - self.began

    def left_s(self) -> float:
        """Wall time that is left."""
        seconds = self.night.budget.seconds
        return seconds - self.seconds() if seconds is not None else float("inf")

    def left(self) -> Budget:
        """Return the remaining budget of the night."""
        budget, done = self.night.budget, [result.total for result in self.results.values()]
        return replace(
            budget,
            seconds=round(max(self.left_s(), 0.0), 1) if budget.seconds is not None else None,
            cpu_s=less(budget.cpu_s, sum(tally.seconds for tally in done)),
            runs=max(budget.runs - sum(tally.runs for tally in done), 0) if budget.runs else None,
        )

    def plans(self) -> Iterator[tuple[Part, Plan]]:
        """Shards that are not over, then new ones, for as long as there is something left."""
        begun = sorted({number for number, _ in self.parts})
        for number in begun:
            rest = self.rest_of(number)
            if rest is not None:
                yield rest
        budget = self.night.budget
        row = len(self.night.targets) * self.night.rounds
        counted = budget.runs is not None or budget.cpu_s is not None or budget.seconds is None
        for number in range(row if counted else MOST_SHARDS):
            if number in begun:
                continue
            if self.left_s() < LEAST_S and number >= len(self.night.targets):
                return
            plan = self.plan_of(number)
            if plan.budget.runs != 0:
                yield (number, 1), plan

    def plan_of(self, number: int) -> Plan:
        """A shard from its beginning."""
        targets, budget = self.night.targets, self.night.budget
        target = targets[number % len(targets)]
        row = len(targets) * self.night.rounds
        runs, share_s = budget.most_runs, None
        if budget.seconds is not None:
            share_s = budget.seconds * self.jobs / row
            if number >= len(targets):  # the first round is never cut short: everything has a turn
                share_s = min(share_s, self.left_s())
        return Plan(
            subject=target.subject,
            scope=target.scope,
            engine=target.engine,
            seed=self.night.seed * MOST_SHARDS + number,
            corpus="" if target.explores else self.corpus,
            space=(
                Space(budget=DEAREST, reduced=True, frontier=self.frontier)
                if target.explores
                else Space()
            ),
            budget=replace(
                budget,
                seconds=share_s,
                cpu_s=budget.cpu_s / row if budget.cpu_s is not None else None,
                runs=runs // row + (number < runs % row) if runs is not None else None,
            ),
        )

    def rest_of(self, number: int) -> tuple[Part, Plan] | None:
        """Return the rest of a shard that was begun; None if nothing remains."""
        done = [result for (shard, _), result in sorted(self.results.items()) if shard == number]
        part = 1 + max(which for shard, which in self.parts if shard == number)
        if not done:  # its result cannot be read
            return (number, part), self.plan_of(number)
        plan = done[0].plan
        budget, following = plan.budget, done[-1].runs
        seconds = less(budget.seconds, sum(result.seconds for result in done))
        runs = budget.most_runs
        left = replace(
            budget,
            seconds=min(seconds, self.left_s()) if seconds is not None else None,
            cpu_s=less(budget.cpu_s, sum(result.total.seconds for result in done)),
            runs=max(plan.first + runs - following, 0) if runs is not None else None,
        )
        if self.is_spent(left):
            return None
        corpus = "" if plan.explores else self.corpus
        rest = replace(plan, budget=left, first=following, corpus=corpus)
        return (number, part), rest

    @staticmethod
    def is_spent(left: Budget) -> bool:
        """It is not worth starting a shard for."""
        times = (left.seconds, left.cpu_s)
        return left.runs == 0 or any(time is not None and time < LEAST_S for time in times)


def less(limit: float | None, used: float) -> float | None:
    return max(limit - used, 0.0) if limit is not None else None
