"""Commands about campaigns of a whole night, and the folder in which they leave what they found."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer

from workerfuzz.harness.cli.options import (
    ClusterOption,
    CpuOption,
    FixedOption,
    ForOption,
    PythonOption,
    QuietOption,
    RunsOption,
    ScopeChoice,
    complain,
    fresh_seed,
    subject_names,
)

app = typer.Typer()

#: How long a night is, unless somebody says otherwise.
NIGHT_S: Final = 8 * 3600.0

#: Clusters are explored as well where there are so many seconds.
EXPLORED_FROM_S: Final = 600.0

#: Where everything is kept, unless somebody says otherwise.
FOLDER: Final = Path("workerfuzz-nights")

#: Seeds are below this, so that each shard of each night has a seed of its own.
MOST_SEEDS: Final = 1 << 32

SubjectsOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Which system, more than once for several; else all.",
        autocompletion=subject_names,
    ),
]


@app.command()
def nightly(  # noqa: PLR0917 - options of a command are never given by position
    folder: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="Where all that is found is kept.")
    ] = FOLDER,
    for_s: ForOption = None,
    cpu_s: CpuOption = None,
    runs: RunsOption = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=MOST_SEEDS - 1, metavar="S", help="Else a fresh one each night."),
    ] = None,
    subject: SubjectsOption = None,
    scope: Annotated[ScopeChoice | None, typer.Option(help="What is fuzzed; else all.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes at a time; else one a core.")
    ] = None,
    cluster: ClusterOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the last night, if it was interrupted.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where cases of what is new are written as well."),
    ] = None,
    fixed: FixedOption = None,
    python: PythonOption = None,
    quiet: QuietOption = False,
) -> None:
    """Fuzz everything for a whole night, and tell in the morning what was found.

    With --fixed, findings of former nights are replayed with the fixes, too; known bugs are not.
    """
    from workerfuzz.harness.campaigns.nightly.resume import NightOptions, python_of_last
    from workerfuzz.harness.campaigns.plan.budget import Budget
    from workerfuzz.harness.campaigns.plan.targets import explorable
    from workerfuzz.harness.cli.execution import ExecutorOptions
    from workerfuzz.harness.cli.night_execution import (
        night_executor,
        python_and_targets,
        start_night,
    )

    elsewhere = python or (python_of_last(folder) if resume else "")
    path, chosen = python_and_targets(elsewhere, subject or [], scope.value if scope else None)
    budget = Budget(NIGHT_S if for_s is cpu_s is runs else for_s, cpu_s, runs)
    if max(budget.seconds or 0.0, budget.cpu_s or 0.0) >= EXPLORED_FROM_S:
        chosen = {**chosen, **explorable(chosen)}
    with night_executor(ExecutorOptions(jobs, path or None, None, cluster)) as (
        executor,
        at_a_time,
    ):
        night_options = NightOptions(
            seed=fresh_seed() if seed is None else seed,
            budget=budget,
            targets=chosen,
            jobs=at_a_time,
            python=path,
            fixed=tuple(fixed or ()),
        )
        start_night(folder, night_options, executor, resume=resume, out=out, quiet=quiet)


def day(value: str) -> str:
    """``2026-11-25``."""
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise typer.BadParameter(f'expected a day like 2026-11-25, found "{value}"') from None


@app.command()
def triage(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of `workerfuzz nightly`.")
    ],
    since: Annotated[
        str | None,
        typer.Option(
            parser=day,
            metavar="DAY",
            help="New is what was first seen on that day or later; else by the last night.",
        ),
    ] = None,
) -> None:
    """List every bug that nights found: new, known or fixed, how often, since when; the worst first."""
    from workerfuzz.harness.campaigns.nightly.folder import existing
    from workerfuzz.harness.campaigns.nightly.night_files import Written, each_night
    from workerfuzz.harness.campaigns.nightly.triage import triage as triaged
    from workerfuzz.harness.report.triage import triage_lines

    opened_folder, count = existing(folder), 0

    def nights() -> Iterator[Written]:
        nonlocal count
        for written in each_night(opened_folder):
            count += 1
            for problem in written.problems:
                complain(problem)
            yield written

    bugs = triaged(opened_folder, nights(), since or "")
    for line in triage_lines(bugs, count, folder):
        typer.echo(line)
