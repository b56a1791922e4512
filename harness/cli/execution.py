"""Execution of the campaign of a command: in this process, in others, or on a cluster."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import typer

from workerfuzz.harness.campaigns.executors.interpreter import ExecutorUnavailable, interpreter
from workerfuzz.harness.campaigns.executors.process_pool import run_shards
from workerfuzz.harness.campaigns.executors.protocol import Limits
from workerfuzz.harness.campaigns.plan.plan import Plan, knowing_cases_in, shards
from workerfuzz.harness.campaigns.shard.executor import Executor, deduplicating, run_in_process
from workerfuzz.harness.campaigns.shard.merge import together
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cli.options import ExitStatus, columns, complain
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.campaign_summary import (
    campaign_lines,
    failures,
    is_incomplete,
    wrapped,
)
from workerfuzz.harness.report.live.live import CampaignDisplay, campaign_display
from workerfuzz.harness.subjects import declaration


class ReportProgress(Protocol):
    """Takes the result of a campaign so far, and the finding that was just made."""

    def __call__(self, result: ShardResult, finding: Finding | None = None, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign and the executor that runs it.

    Attributes:
        run: runs the campaign and reports its progress. Returns its result.
        executor: in words; empty for this process.
    """

    plan: Plan
    run: Callable[[ReportProgress], ShardResult]
    executor: str = ""

    def __str__(self) -> str:
        return f"{self.plan}{f', {self.executor}' if self.executor else ''}"


@dataclass(frozen=True, slots=True)
class ExecutorOptions:
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
def open_campaign(plan: Plan, out: Path, options: ExecutorOptions) -> Iterator[Campaign]:
    """The reference is fuzzed here, unless somebody wants otherwise; all else in processes.

    Raises:
        CannotCarry: not there.
        SubjectUnavailable: its subject cannot be had here.
    """
    if options.cluster is not None:
        with cluster_executor(options, plan.subject) as (executor, jobs):
            yield in_shards(plan, out, jobs, executor, f"tasks on {options.cluster}")
    elif declaration(plan.subject).is_embedded and options.jobs is None and options.python is None:
        yield in_shards(plan, out, 1, run_in_process, "")
    else:
        jobs = options.jobs or 1
        executor = process_executor(options, jobs, interpreter_for(options, plan.subject))
        yield in_shards(plan, out, jobs, executor, "processes")


def interpreter_for(options: ExecutorOptions, subject: str) -> str:
    """The Python in which shards run. Raises CannotCarry."""
    return interpreter(options.python, subject) if options.python is not None else sys.executable


def process_executor(options: ExecutorOptions, jobs: int, python: str) -> Executor:
    """Return an executor that runs each shard in a process of its own."""
    return lambda plans, on_progress: run_shards(
        plans, jobs=jobs, on_progress=on_progress, python=python, limits=options.limits
    )


@contextmanager
def cluster_executor(options: ExecutorOptions, subject: str) -> Iterator[tuple[Executor, int]]:
    """The same on a cluster, and how many at a time: as many as it has threads. Raises CannotCarry."""
    try:
        from workerfuzz.harness.campaigns.executors.dask_cluster import connected, run_on
    except ImportError as error:
        raise ExecutorUnavailable(
            f"--cluster needs distributed, which does not load: {error}"
        ) from None
    assert options.cluster is not None
    with connected(options.cluster, subject, options.python, options.jobs or cores()) as cluster:
        jobs = options.jobs or cluster.threads
        yield (
            lambda plans, on_progress: run_on(
                cluster,
                plans,
                jobs=jobs,
                on_progress=on_progress,
                python=options.python or "",
                limits=options.limits,
            ),
            jobs,
        )


def in_shards(plan: Plan, out: Path, jobs: int, executor: Executor, what: str) -> Campaign:
    """So many shards that do the work of a plan; each bug is written once, however many find it."""
    plans = shards(knowing_cases_in(plan, out), jobs)

    def run(report_progress: ReportProgress) -> ShardResult:
        def on_progress(index: int, result: ShardResult, finding: Finding | None) -> None:
            report_progress(result, finding)

        results = deduplicating(executor, out)(plans, on_progress)
        result = results[0] if len(plans) == len(results) == 1 else together(plan, results)
        result.interrupted = result.interrupted or len(results) < len(plans)
        return result

    return Campaign(plan, run, f"{len(plans)} {what}" if len(plans) > 1 else "")


def fuzz(campaign: Campaign, quiet: bool) -> ShardResult:
    """Run a campaign and show its progress. Returns its result."""
    plan = campaign.plan
    with ExitStack() as stack:
        displays: list[CampaignDisplay] = []

        def report_progress(result: ShardResult, finding: Finding | None = None, /) -> None:
            if not displays:  # it has begun
                if not quiet:
                    doing = "exploring" if plan.explores else "fuzzing"
                    typer.echo(
                        f"{doing} {campaign}, {plan.budget}; Ctrl-C ends it with what there is"
                    )
                displays.append(stack.enter_context(campaign_display(plan.budget, quiet=quiet)))
            displays[0].show(result, finding)

        return campaign.run(report_progress)


def finish(result: ShardResult, *, verbose: bool = False) -> None:
    """Print the summary of a campaign and end with the exit status that follows from it."""
    if result.refused:
        complain(result.refused)
        raise typer.Exit(ExitStatus.BAD_INPUT)
    incomplete = is_incomplete(result)
    for line in wrapped(campaign_lines(result, verbose=verbose or incomplete), columns()):
        typer.echo(line)
    for failure in failures(result):
        complain(failure)
    if result.new:
        raise typer.Exit(ExitStatus.BROKEN)
    if failures(result):
        raise typer.Exit(ExitStatus.FAULT)
    if result.interrupted:
        raise typer.Exit(ExitStatus.INTERRUPTED)
    if incomplete:
        complain(
            "this many runs should have reached everything; the list above says what they did not"
        )
        raise typer.Exit(ExitStatus.BROKEN)


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
