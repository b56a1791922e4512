"""Fuzzing as part of a test suite: each of the processes that run the tests has a shard of it."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from workerfuzz.harness.campaigns.executors.process_pool import run_shards
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.executor import deduplicating
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding, name_of


def plans(targets: Sequence[Target], seconds: float, seed: int, index: int) -> list[Plan]:
    """Return the plans of one shard: each target has an equal part of the time, each shard its own seed.

    Args:
        seconds: wall time of the shard.
        seed: of the first shard; those of the others follow on from it.
        index: of the shard; each begins with another target.
    """
    turn = index % len(targets)
    return [
        Plan(
            subject=target.subject,
            scope=target.scope,
            engine=target.engine,
            seed=seed + index,
            budget=Budget(seconds=seconds / len(targets)),
        )
        for target in (*targets[turn:], *targets[:turn])
    ]


def fuzz(shard_plans: Sequence[Plan], folder: Path, claims: Path) -> list[ShardResult]:
    """Run the plans of a shard, each in a process; cases of new bugs are written into the folder.

    Args:
        claims: folder that all processes of a session share; the first that finds a bug reports it.
    """
    ours: dict[str, bool] = {}

    def on_progress(index: int, result: ShardResult, finding: Finding | None) -> None:
        if finding is not None:
            ours[name_of(finding)] = claim(claims / name_of(finding))

    def is_ours(finding: Finding) -> bool:
        return not finding.is_new or ours.get(name_of(finding), True)

    results = deduplicating(run_shards, folder)(shard_plans, on_progress)
    return [replace(shard, findings=[*filter(is_ours, shard.findings)]) for shard in results]


def claim(path: Path) -> bool:
    """Return whether this process is the first to report a bug; without the folder each is."""
    try:
        path.open("x").close()
    except FileExistsError:
        return False
    except OSError:
        return True
    return True


def headline(found: Finding) -> str:
    """``property: counterexample``, in one line."""
    counterexample = found.lines[1].strip() if len(found.lines) > 1 else ""
    return f"{found.signature[0]}: {counterexample}"


def places(tests: int, shards: int, chunk: int | None = None) -> list[int]:
    """Return positions of shards among tests, so that every process of pytest-xdist begins with one.

    At first it hands out to each a quarter of what it will have, two items at least, which follow each
    other; where there are not as many, one to each in turn.

    Args:
        chunk: most items that are handed out at a time; None: any number.
    """
    items = tests + shards
    if items < 2 * shards:
        return [*range(shards)]
    each = items // shards // 4
    return [place * max(each if chunk is None else min(each, chunk), 2) for place in range(shards)]
