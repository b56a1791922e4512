"""Executors: run shards, in this process or elsewhere, and report their results while they run."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Protocol, TypeAlias

from msgspec.structs import replace

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.campaigns.shard.shard import fill, open_shard
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.engines.findings.finding_writer import Deduplicator

#: Called with the index of a plan, the result of its shard so far, and the finding that caused the call;
#: None: a second or so has passed.
ProgressCallback: TypeAlias = Callable[[int, ShardResult, Finding | None], None]


def ignore_progress(index: int, result: ShardResult, finding: Finding | None) -> None:
    """Discard a progress report."""


class Executor(Protocol):
    """Runs one shard for each plan.

    Plans are consumed lazily: a generator may go on for as long as there is time. ``on_progress`` is
    called in the thread of the caller. Ctrl-C, or KeyboardInterrupt raised by it, ends all shards
    with what they have; their results are marked as interrupted, and no further plan is consumed.

    Returns:
        The last result of each plan that was started, in the order of the plans.
    """

    def __call__(
        self, plans: Iterable[Plan], on_progress: ProgressCallback, /
    ) -> list[ShardResult]: ...


def run_in_process(
    plans: Iterable[Plan], on_progress: ProgressCallback = ignore_progress
) -> list[ShardResult]:
    """Run shards in this process, one after the other.

    Raises:
        SubjectUnavailable: the subject of a plan cannot be had.
        CaseError: the corpus of a plan is of a later release, or cannot be listed.
    """
    results: list[ShardResult] = []
    for index, plan in enumerate(plans):
        shard = open_shard(plan)
        results.append(shard.result)
        shard.on_progress = partial(on_progress, index, shard.result)
        fill(shard)
        on_progress(index, shard.result, None)
        if shard.result.interrupted:
            break
    return results


def deduplicating(executor: Executor, folder: Path) -> Executor:
    """An executor whose findings are written into a folder: each bug once, however many shards find it.

    ``on_progress`` is called with a finding only the first time that its bug comes.
    """

    def run(
        plans: Iterable[Plan], on_progress: ProgressCallback = ignore_progress, /
    ) -> list[ShardResult]:
        deduplicator = Deduplicator(folder)

        def take(index: int, result: ShardResult, finding: Finding | None) -> None:
            on_progress(index, result, deduplicator.take(finding) if finding is not None else None)

        results = executor(plans, take)
        return [
            replace(shard, findings=deduplicator.with_paths(shard.findings)) for shard in results
        ]

    return run
