"""Many shards on a cluster: ``processes.run_shards``, but for where they run."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from workerfuzz.harness.campaigns.executors.dask_cluster import Cluster
from workerfuzz.harness.campaigns.executors.pool import Pool
from workerfuzz.harness.campaigns.executors.protocol import Limits
from workerfuzz.harness.campaigns.executors.remote_shard import RemoteShard
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.executor import ProgressCallback, ignore_progress
from workerfuzz.harness.campaigns.shard.result import ShardResult


def run_on(
    cluster: Cluster,
    plans: Iterable[Plan],
    *,
    jobs: int,
    tell: ProgressCallback = ignore_progress,
    python: str = "",
    limits: Limits | None = None,
) -> list[ShardResult]:
    """Runs shards on a cluster; returns their accounts.

    A corpus must be in a folder that the machines share; on those that have no such folder, shards do
    without.

    Args:
        jobs: tasks at a time.
        tell: told of each account as it comes.
        python: interpreter in which they run, on each machine; empty: that of the workers.
        limits: what a process may take; by default those of ``Limits``.
    """

    def begin(place: int, plan: Plan) -> RemoteShard:
        return RemoteShard(
            place,
            plan,
            cluster.submit,
            mailbox=cluster.mailbox.name,
            python=python,
            limits=limits or Limits(),
        )

    with Pool(begin, cluster.wait, tell) as crew:
        with crew.hearing_signals():
            crew.work(map(shared, plans), jobs, lambda: False)
        return crew.accounts()


def shared(plan: Plan) -> Plan:
    """Its corpus is called so that other machines find it."""
    if not plan.corpus:
        return plan
    folder = Path(plan.corpus).absolute()
    with suppress(OSError):  # a shard tells of it
        folder.mkdir(parents=True, exist_ok=True)
    return replace(plan, corpus=str(folder))
