"""Execution of a night of a command: its executor, its observer on the terminal, its exit status."""

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer
from msgspec.structs import replace

from workerfuzz.harness.campaigns.executors.interpreter import interpreter, targets_in
from workerfuzz.harness.campaigns.executors.protocol import MinimiseCorpus
from workerfuzz.harness.campaigns.executors.worker_client import NoReply, request_result
from workerfuzz.harness.campaigns.mutation_testing.campaign import MutationPlan, measure_target
from workerfuzz.harness.campaigns.mutation_testing.equivalent import equivalent_ids
from workerfuzz.harness.campaigns.mutation_testing.mutant import TARGETS, NoSource
from workerfuzz.harness.campaigns.nightly.folder import opened
from workerfuzz.harness.campaigns.nightly.mutant_sample import MutantTester, SampleScore
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.nightly import (
    CorpusMinimiser,
    Nightly,
    NotMinimised,
    ShardObserver,
    ShowProgress,
)
from workerfuzz.harness.campaigns.nightly.regression_replay import Replayer
from workerfuzz.harness.campaigns.nightly.resume import NightOptions, open_night
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.targets import Target, targets
from workerfuzz.harness.campaigns.shard.executor import Executor
from workerfuzz.harness.cases.replay.replay_process import Child
from workerfuzz.harness.cli.execution import (
    ExecutorOptions,
    cluster_executor,
    cores,
    process_executor,
)
from workerfuzz.harness.cli.night_report import PAGE, write_reports
from workerfuzz.harness.cli.options import REFERENCE, ExitStatus, complain
from workerfuzz.harness.engines.findings.finding import Finding, save
from workerfuzz.harness.engines.findings.finding_writer import today
from workerfuzz.harness.engines.shrink.corpus_minimisation import Minimised
from workerfuzz.harness.report.live.live import campaign_display
from workerfuzz.harness.report.live.progress import progress_bar
from workerfuzz.harness.report.mutation_score import head_lines
from workerfuzz.harness.report.night_summary import first_lines, last_lines
from workerfuzz.harness.subjects import OWN, check_trial_fixes, declaration

#: Seconds in which the corpus of a target is minimised; thousands of entries take a minute.
MINIMISING_S: Final = 900.0

#: Phases that are red where a case differs, or where a mutant survives.
BROKEN: Final = ("replay", "known", "mutants")


def start_night(
    folder: Path,
    night_options: NightOptions,
    executor: Executor,
    *,
    resume: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """Run a night of the folder, or the rest of one.

    Raises:
        SubjectUnavailable: there are no such trial fixes.
    """
    python, fixed = night_options.python, night_options.fixed
    if fixed and not python:
        check_trial_fixes([target.subject for target in night_options.targets], fixed)
    with (
        opened(folder) as opened_folder,
        open_replayer(python) as replayer,
        open_replayer(python, fixed) as fixed_replayer,
    ):
        start = open_night(
            opened_folder,
            night_options,
            executor,
            replayer,
            minimiser=corpus_minimiser(night_options.python),
            mutant_tester=mutant_tester(night_options.python, night_options.jobs),
            report_writer=lambda night: write_reports(night, night_options.python),
            observer=TerminalObserver(out, quiet),
            fixed_replayer=fixed_replayer if fixed else None,
            resume=resume,
        )
        for problem in start.problems:
            complain(problem)
        run_night(start.nightly)


def python_and_targets(
    python: str, subjects: list[str], scope: str | None
) -> tuple[str, Mapping[Target, str]]:
    """Return the interpreter, empty for this one, and the targets.

    Raises:
        CannotCarry: the interpreter cannot be used.
        SubjectUnavailable: a subject is not installed.
    """
    if not python:
        return "", targets(subjects, scope)
    demanding = [subject for subject in subjects or OWN if declaration(subject).requires]
    path = interpreter(python, (demanding or subjects)[0])
    return path, targets_in(path, subjects, scope)


@dataclass(frozen=True, slots=True)
class TerminalObserver:
    """Shows a night on the terminal.

    Attributes:
        out: folder where cases of new findings are written as well.
    """

    out: Path | None
    quiet: bool

    def say(self, line: str) -> None:
        typer.echo(line)

    def found(self, finding: Finding) -> None:
        copy_case(finding, self.out)

    def short_phase(self) -> AbstractContextManager[ShowProgress]:
        return progress_bar(quiet=self.quiet)

    def fuzzing(self, budget: Budget) -> AbstractContextManager[ShardObserver]:
        return campaign_display(budget, quiet=self.quiet)


def run_night(night: Nightly) -> None:
    """Run a night, or the rest of one, and end with its exit status. Without its page it is red."""
    for line in first_lines(night.night, night.budget_split(), resumed=night.resumed is not None):
        typer.echo(line)
    done = night.run()
    if not (night.log.path / PAGE).is_file() and not done.interrupted:
        folder = shlex.quote(str(night.log.folder.path))
        missing = f"the page was not written; `workerfuzz report {folder}` writes it"
        done.phase("report").red.append(missing)
        night.log.flush()
    for line in last_lines(done, night.log.folder.path):
        typer.echo(line)
    raise typer.Exit(exit_status(done))


def copy_case(finding: Finding, out: Path | None) -> None:
    """Save the case of a new finding in that folder as well."""
    if out is not None:
        problem = save(replace(finding), out, today())
        if problem:
            complain(problem)


def exit_status(night: Night) -> ExitStatus:
    """Return the exit status of a night: findings come before faults, faults before interruption."""
    if night.new or any(phase.red for phase in night.phases if phase.name in BROKEN):
        return ExitStatus.BROKEN
    if night.red:
        return ExitStatus.FAULT
    return ExitStatus.INTERRUPTED if night.interrupted else ExitStatus.FINE


@contextmanager
def night_executor(options: ExecutorOptions) -> Iterator[tuple[Executor, int]]:
    """Return the executor, of processes or of a cluster, and the number of shards at a time."""
    if options.cluster is not None:
        with cluster_executor(options, REFERENCE) as executor:
            yield executor
    else:
        jobs = options.jobs or cores()
        yield process_executor(options, jobs, options.python or sys.executable), jobs


def corpus_minimiser(python: str) -> CorpusMinimiser:
    """Minimise in a process of its own: the entries are replayed there, which may end it."""

    def minimise(folder: Path, target: Target) -> Minimised:
        task = MinimiseCorpus(folder=str(folder), target=target)
        try:
            return request_result(python or sys.executable, task, Minimised, MINIMISING_S)
        except NoReply as error:
            raise NotMinimised(str(error)) from None

    return minimise


def mutant_tester(python: str, jobs: int) -> MutantTester:
    """Return the tester of generated mutants of our own models."""
    of_models = {(code.subject, code.scope): code for code in TARGETS.values() if code.whole}

    def try_mutants(target: Target, seed: int, count: int) -> SampleScore | None:
        code = of_models.get(target.system)
        if code is None:
            return None
        plan = MutationPlan(target=code.name, seed=seed, sample=count, cpu_s=code.cpu_s)
        known = equivalent_ids(code.name)
        try:
            score = measure_target(
                plan, equivalent=known, jobs=jobs, python=python or sys.executable
            )
        except (NoReply, NoSource) as error:
            return SampleScore(f"mutants of {code.name}: none", [f"{code.name}: {error}"])
        line, _, *red = head_lines(score)
        red += [f"{code.name}: {result.mutant} survives, unreviewed" for result in score.survivors]
        return SampleScore(line, red)

    return try_mutants


@contextmanager
def open_replayer(python: str, fixed: Sequence[str] = ()) -> Iterator[Replayer]:
    """Replay files in a process of its own, with these trial fixes; it may die of it."""
    with Child(python=python or sys.executable, fixed=fixed) as child:
        yield child.replay
