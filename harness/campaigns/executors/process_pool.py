"""Many shards, each in a process of its own, as many at a time as there are to be.

``run_shards(plans, out, jobs=2, tell=...)`` is all there is to know:

- Plans are taken one at a time, whenever a process is free: they may come from a generator that
  makes them for as long as there is time.
- Accounts come while shards go on: ``tell`` is called with the place of the plan, its account so
  far, and what was just found, if that is why. It is called in the thread of the caller.
- It returns the last account of each plan that was begun, in the order of the plans. What a process
  said is never lost, however it ended. ``ShardResult.faults`` says what went wrong in the harness, and
  ``ShardResult.refused`` why a subject cannot be had; what that means is for the caller to say.
- Ctrl-C and SIGTERM end all shards with what they have; so does a ``tell`` that raises
  KeyboardInterrupt, and an ``is_over`` that says so. Their accounts say so, and no further plan is
  taken.

A process fixes the order of sets, and contains what would take it along (``contained``). That is why
subjects of other people are always fuzzed there.
"""

import selectors
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from workerfuzz.harness.campaigns.executors.local_shard import LocalShard
from workerfuzz.harness.campaigns.executors.pool import Pool
from workerfuzz.harness.campaigns.executors.protocol import Limits
from workerfuzz.harness.campaigns.executors.worker_client import Starter
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.executor import ProgressCallback, ignore_progress
from workerfuzz.harness.campaigns.shard.result import ShardResult


def run_shards(
    plans: Iterable[Plan],
    out: Path | None,
    *,
    jobs: int = 1,
    tell: ProgressCallback = ignore_progress,
    python: str = sys.executable,
    limits: Limits | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> list[ShardResult]:
    """Runs shards in processes; returns their accounts.

    Args:
        out: folder for cases of what is new; None: they are in the account alone.
        jobs: processes at a time.
        tell: told of each account as it comes.
        python: interpreter of the environment in which they run, with workerfuzz in it.
        limits: what a process may take; by default those of ``Limits``.
        is_over: asked now and then whether they are to end.
    """
    with tempfile.TemporaryDirectory(prefix="workerfuzz-") as folder:
        its = limits or Limits()
        starter = Starter(out=out, folder=Path(folder), python=python, limits=its)
        with Pool(lambda place, plan: LocalShard(place, plan, starter), wait, tell) as pool:
            with pool.hearing_signals():
                pool.work(iter(plans), jobs, is_over)
            return pool.accounts()


def wait(going: Iterable[LocalShard], seconds: float) -> None:
    """Until one of them says something, or time has passed."""
    with selectors.DefaultSelector() as selector:
        for shard in going:
            selector.register(shard.fileno(), selectors.EVENT_READ)
        selector.select(seconds)
