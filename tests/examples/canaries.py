"""An executor in this process that runs the canaries of nights once for all tests."""

import copy
from collections.abc import Iterable
from functools import cache, partial

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.executor import (
    ProgressCallback,
    ignore_progress,
    run_in_process,
)
from workerfuzz.harness.campaigns.shard.result import ShardResult


def run_with_shared_canaries(
    plans: Iterable[Plan], on_progress: ProgressCallback = ignore_progress
) -> list[ShardResult]:
    """Run shards; a canary, which knows no corpus, comes to the same whenever it is run.

    Not for tests that change the model around a night: its canaries come to something else.
    """
    results: list[ShardResult] = []
    for index, plan in enumerate(plans):
        if plan.corpus:
            results += run_in_process([plan], partial(at_index, on_progress, index))
        else:
            results.append(copy.deepcopy(canary_result(plan)))
            on_progress(index, results[-1], None)
        if results[-1].interrupted:
            break
    return results


def at_index(on_progress: ProgressCallback, index: int, _: int, *progress: object) -> None:
    """Report the progress of a shard under its own index."""
    on_progress(index, *progress)  # type: ignore[arg-type]  # a result, and a finding or None


@cache
def canary_result(plan: Plan) -> ShardResult:
    """The result of a plan that depends on nothing else."""
    (result,) = run_in_process([plan])
    return result
