"""Execution of the campaign of a command: in this process, in others, or on a cluster."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign and the executor that runs it.

    Attributes:
        carry: does it; given who is told of accounts, and of what was found. Returns what it came to.
        where: in words; empty for here.
    """

    plan: Any
    carry: Callable[[Callable[..., None]], Any]
    where: str = ""

    def __str__(self) -> str:
        return f"{self.plan}{f', {self.where}' if self.where else ''}"


@dataclass(frozen=True, slots=True)
class Where:
    """Options that select the executor.

    Attributes:
        jobs: shards at a time.
        python: interpreter in which they run.
        memory: that a process may take, in GiB; 0: any.
        cluster: address of a scheduler, or ``local``.
    """

    jobs: int | None = None
    python: str | None = None
    memory: float | None = None
    cluster: str | None = None

    @property
    def limits(self) -> Any:
        from workerfuzz.harness.campaigns.executors.protocol import Limits

        if self.memory is None:
            return Limits()
        return Limits(memory_nbytes=int(self.memory * 2**30) or None)


@contextmanager
def carried(plan: Any, out: Path, where: Where) -> Iterator[Campaign]:
    """The reference is fuzzed here, unless somebody wants otherwise; all else in processes.

    Raises:
        CannotCarry: not there.
        SubjectUnavailable: its subject cannot be had here.
    """
    from workerfuzz.harness.subjects import declaration

    if where.cluster is not None:
        with clustered(where, plan.subject) as (carry, jobs):
            yield in_shards(plan, out, jobs, carry, f"tasks on {where.cluster}")
    elif declaration(plan.subject).is_embedded and where.jobs is None and where.python is None:
        yield here(plan, out)
    else:
        jobs = where.jobs or 1
        carry = processes(where, jobs, interpreter_for(where, plan.subject))
        yield in_shards(plan, out, jobs, carry, "processes")


def here(plan: Any, out: Path) -> Campaign:
    """One shard in this process. Raises SubjectUnavailable."""
    from workerfuzz.harness.campaigns.shard.engines import fill
    from workerfuzz.harness.campaigns.shard.shard import open_shard

    shard = open_shard(plan, out)

    def carry(tell: Callable[..., None]) -> Any:
        shard.tell = lambda met: tell(shard.account, met)
        return fill(shard)

    return Campaign(plan, carry)


def interpreter_for(where: Where, subject: str) -> str:
    """The Python in which shards run. Raises CannotCarry."""
    import sys

    from workerfuzz.harness.campaigns.executors.interpreter import interpreter

    return interpreter(where.python, subject) if where.python is not None else sys.executable


def processes(where: Where, jobs: int, python: str) -> Any:
    """Return an executor that runs each shard in a process of its own."""
    from workerfuzz.harness.campaigns.executors.process_pool import run_shards

    return lambda plans, tell: run_shards(
        plans, None, jobs=jobs, tell=tell, python=python, limits=where.limits
    )


@contextmanager
def clustered(where: Where, subject: str) -> Iterator[tuple[Any, int]]:
    """The same on a cluster, and how many at a time: as many as it has threads. Raises CannotCarry."""
    from workerfuzz.harness.campaigns.executors.interpreter import CannotCarry

    try:
        from workerfuzz.harness.campaigns.executors.dask_cluster import connected, run_on
    except ImportError as error:
        raise CannotCarry(f"--cluster needs distributed, which does not load: {error}") from None
    assert where.cluster is not None
    with connected(where.cluster, subject, where.python, where.jobs or cores()) as cluster:
        jobs = where.jobs or cluster.threads
        yield (
            lambda plans, tell: run_on(
                cluster,
                plans,
                jobs=jobs,
                tell=tell,
                python=where.python or "",
                limits=where.limits,
            ),
            jobs,
        )


def in_shards(plan: Any, out: Path, jobs: int, run: Any, what: str) -> Campaign:
    """So many shards that do the work of a plan; each bug is written once, however many find it."""
    from workerfuzz.harness.campaigns.plan.plan import knowing_cases_in, shards
    from workerfuzz.harness.campaigns.shard.deduplicator import Deduplicator
    from workerfuzz.harness.campaigns.shard.merge import together

    plans, kept = shards(knowing_cases_in(plan, out), jobs), Deduplicator(out)

    def carry(tell: Callable[..., None]) -> Any:
        def told(place: int, account: Any, found: Any) -> None:
            tell(account, kept.take(found) if found is not None else None)

        accounts = run(plans, told)
        account = accounts[0] if len(plans) == len(accounts) == 1 else together(plan, accounts)
        account.interrupted = account.interrupted or len(accounts) < len(plans)
        return kept.with_paths(account)

    return Campaign(plan, carry, f"{len(plans)} {what}" if len(plans) > 1 else "")


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
