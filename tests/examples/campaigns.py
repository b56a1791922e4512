"""Campaigns in this process."""

from pathlib import Path

from workerfuzz.harness.campaigns.plan.plan import Plan, knowing_cases_in
from workerfuzz.harness.campaigns.shard.executor import (
    Executor,
    deduplicating,
    ignore_progress,
    run_in_process,
)
from workerfuzz.harness.campaigns.shard.result import ShardResult


def result_in(folder: Path, plan: Plan, executor: Executor = run_in_process) -> ShardResult:
    """The result of a plan whose findings are written into a folder."""
    run = deduplicating(executor, folder)
    (result,) = run([knowing_cases_in(plan, folder)], ignore_progress)
    return result
