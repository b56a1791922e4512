"""Execution of the campaign of a command: in this process, in others, or on a cluster."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import typer

from workerfuzz.harness.campaigns.executors.interpreter import CannotCarry, interpreter
from workerfuzz.harness.campaigns.executors.process_pool import run_shards
from workerfuzz.harness.campaigns.executors.protocol import Limits
from workerfuzz.harness.campaigns.plan.plan import Plan, knowing_cases_in, shards
from workerfuzz.harness.campaigns.shard.deduplicator import Deduplicator
from workerfuzz.harness.campaigns.shard.engines import fill
from workerfuzz.harness.campaigns.shard.executor import Executor
from workerfuzz.harness.campaigns.shard.merge import together
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.campaigns.shard.shard import open_shard
from workerfuzz.harness.cli.options import ExitStatus, columns, complain
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.campaign_summary import (
    campaign_lines,
    failures,
    is_incomplete,
    wrapped,
)
from workerfuzz.harness.report.live.live import Watcher, watching
from workerfuzz.harness.subjects import declaration


class ReportProgress(Protocol):
    """Takes the result of a campaign so far, and the finding that was just made."""

    def __call__(self, account: ShardResult, met: Finding | None = None, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign and the executor that runs it.

    Attributes:
        carry: runs the campaign and reports its progress. Returns its result.
        where: in words; empty for here.
    """

    plan: Plan
    carry: Callable[[ReportProgress], ShardResult]
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
    def limits(self) -> Limits:
        if self.memory is None:
            return Limits()
        return Limits(memory_nbytes=int(self.memory * 2**30) or None)


@contextmanager
def carried(plan: Plan, out: Path, where: Where) -> Iterator[Campaign]:
    """The reference is fuzzed here, unless somebody wants otherwise; all else in processes.

    Raises:
        CannotCarry: not there.
        SubjectUnavailable: its subject cannot be had here.
    """
    if where.cluster is not None:
        with clustered(where, plan.subject) as (carry, jobs):
            yield in_shards(plan, out, jobs, carry, f"tasks on {where.cluster}")
    elif declaration(plan.subject).is_embedded and where.jobs is None and where.python is None:
        yield here(plan, out)
    else:
        jobs = where.jobs or 1
        carry = processes(where, jobs, interpreter_for(where, plan.subject))
        yield in_shards(plan, out, jobs, carry, "processes")


def here(plan: Plan, out: Path) -> Campaign:
    """One shard in this process. Raises SubjectUnavailable."""
    shard = open_shard(plan, out)

    def carry(tell: ReportProgress) -> ShardResult:
        shard.on_progress = lambda met: tell(shard.account, met)
        return fill(shard)

    return Campaign(plan, carry)


def interpreter_for(where: Where, subject: str) -> str:
    """The Python in which shards run. Raises CannotCarry."""
    return interpreter(where.python, subject) if where.python is not None else sys.executable


def processes(where: Where, jobs: int, python: str) -> Executor:
    """Return an executor that runs each shard in a process of its own."""
    return lambda plans, tell: run_shards(
        plans, None, jobs=jobs, tell=tell, python=python, limits=where.limits
    )


@contextmanager
def clustered(where: Where, subject: str) -> Iterator[tuple[Executor, int]]:
    """The same on a cluster, and how many at a time: as many as it has threads. Raises CannotCarry."""
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


def in_shards(plan: Plan, out: Path, jobs: int, run: Executor, what: str) -> Campaign:
    """So many shards that do the work of a plan; each bug is written once, however many find it."""
    plans, kept = shards(knowing_cases_in(plan, out), jobs), Deduplicator(out)

    def carry(tell: ReportProgress) -> ShardResult:
        def told(place: int, account: ShardResult, found: Finding | None) -> None:
            tell(account, kept.take(found) if found is not None else None)

        accounts = run(plans, told)
        account = accounts[0] if len(plans) == len(accounts) == 1 else together(plan, accounts)
        account.interrupted = account.interrupted or len(accounts) < len(plans)
        return kept.with_paths(account)

    return Campaign(plan, carry, f"{len(plans)} {what}" if len(plans) > 1 else "")


def fuzz(campaign: Campaign, quiet: bool) -> ShardResult:
    """Run a campaign and show its progress. Returns its result."""
    plan = campaign.plan
    with ExitStack() as stack:
        watchers: list[Watcher] = []

        def tell(account: ShardResult, met: Finding | None = None, /) -> None:
            if not watchers:  # it has begun
                if not quiet:
                    doing = "exploring" if plan.explores else "fuzzing"
                    typer.echo(
                        f"{doing} {campaign}, {plan.budget}; Ctrl-C ends it with what there is"
                    )
                watchers.append(stack.enter_context(watching(plan.budget, quiet=quiet)))
            watchers[0].tell(account, met)

        return campaign.carry(tell)


def finish(account: ShardResult, *, verbose: bool = False) -> None:
    """Print the summary of a campaign and end with the exit status that follows from it."""
    if account.refused:
        complain(account.refused)
        raise typer.Exit(ExitStatus.BAD_INPUT)
    incomplete = is_incomplete(account)
    for line in wrapped(campaign_lines(account, verbose=verbose or incomplete), columns()):
        typer.echo(line)
    for failure in failures(account):
        complain(failure)
    if account.new:
        raise typer.Exit(ExitStatus.BROKEN)
    if failures(account):
        raise typer.Exit(ExitStatus.FAULT)
    if account.interrupted:
        raise typer.Exit(ExitStatus.INTERRUPTED)
    if incomplete:
        complain(
            "this many runs should have reached everything; the list above says what they did not"
        )
        raise typer.Exit(ExitStatus.BROKEN)


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
