"""More processes than one: how much faster it gets, and what a shard costs by who carries it.

By the clock on the wall, because that is what is won: whatever else goes on counts, too.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from aims import Aim, Said, at_least
from bareloops import Counted
from timing import ratios, table

from workerfuzz.harness.campaigns.executors.dask_cluster import connected, run_on
from workerfuzz.harness.campaigns.executors.process_pool import run_shards
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.campaigns.shard.shard import fill
from workerfuzz.harness.subjects import system

#: Carries shards; returns what they came to.
Carrier = Callable[[Sequence[Plan]], Sequence[ShardResult]]


def plans_of(count: int, runs: int, turn: int = 0) -> list[Plan]:
    """Shards of so many runs each, at worker scope."""
    budget = Budget(runs=runs)
    return [Plan(seed=turn * count + number, budget=budget, known=False) for number in range(count)]


def timed(carry: Carrier, plans: Sequence[Plan]) -> float:
    """Seconds on the wall. Raises RuntimeError where a shard did not do all of its runs."""
    began = time.perf_counter()
    accounts = carry(plans)
    seconds = time.perf_counter() - began
    done, wanted = (
        sum(shard.total.runs for shard in accounts),
        sum(plan.budget.most_runs or 0 for plan in plans),
    )
    if done != wanted:
        faults = [fault for shard in accounts for fault in shard.faults]
        raise RuntimeError(f"{done} of {wanted} runs were made; {faults}")
    return seconds


def in_processes(jobs: int) -> Carrier:
    """Each shard in a process of its own, so many at a time."""
    return lambda plans: run_shards(plans, jobs=jobs)


def run_in_process(plans: Sequence[Plan]) -> list[ShardResult]:
    """One after the other; nobody carries them."""
    return [fill(Counted(plan, system(plan.subject, plan.scope))) for plan in plans]


def scaling(runs: int, turns: int) -> Iterator[Aim]:
    """The same two shards one after the other, and side by side; who begins changes."""
    times: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(turns):
        plans = plans_of(2, runs, turn)
        for jobs in (1, 2) if turn % 2 else (2, 1):
            times[jobs].append(timed(in_processes(jobs), plans))
    what = f"2 processes / 1, of {runs} runs each, wall time"
    yield at_least(what, 1.7, ratios(times[1], times[2]))


@contextmanager
def on_dask(jobs: int) -> Iterator[Carrier]:
    """Each shard is a task of a Dask cluster that was started here, so many at a time."""
    with connected("local", "reference", None, jobs) as cluster:
        yield lambda plans: run_on(cluster, plans, jobs=jobs)


#: Who carries shards, ready to begin.
CARRIERS: Final[Mapping[str, Callable[[], AbstractContextManager[Carrier]]]] = {
    "in this process": lambda: nullcontext(run_in_process),
    "processes, 2 at a time": lambda: nullcontext(in_processes(2)),
    "a Dask cluster, 2 at a time": lambda: on_dask(2),
}


def carrying(tiny: int) -> Iterator[Said]:
    """Cost of a shard of a single run among many; start-up of the pool does not count."""
    rows = []
    for who, opened in CARRIERS.items():
        with opened() as carry:
            timed(carry, plans_of(1, 1))
            cost = 1e3 * timed(carry, plans_of(tiny, 1)) / tiny
        rows.append((who, tiny, f"{cost:.2f}"))
        yield Aim(f"a tiny shard of {tiny}, {who}: ms of wall time", "", f"{cost:.2f}")
    yield table(("carried", "shards", "ms a shard"), rows)
