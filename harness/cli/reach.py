"""The command that looks for a way to a configuration of a cluster."""

import time
from pathlib import Path
from typing import Annotated

import typer

from workerfuzz.harness.cli.options import (
    REFERENCE,
    CpuOption,
    ExitStatus,
    ForOption,
    SeedOption,
    SubjectOption,
    fix_hash_order,
    fresh_seed,
)

app = typer.Typer()

#: Wall time of a search for which no budget is given, in seconds.
DEFAULT_S = 20.0


@app.command()
def reach(  # noqa: PLR0917 - options of a command are never given by position
    configuration: Annotated[
        str,
        typer.Argument(
            metavar="CONFIGURATION",
            help='Clauses about one key: "scheduler processing; w0 cancelled(executing); '
            'free-keys under way".',
        ),
    ],
    subject: SubjectOption = REFERENCE,
    for_s: ForOption = None,
    cpu_s: CpuOption = None,
    seed: SeedOption = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the case there; else print it.")
    ] = None,
) -> None:
    """Find the fewest steps after which a key of a cluster is in a given configuration."""
    from workerfuzz.harness.cases.format.casefile import case_command
    from workerfuzz.harness.cases.format.casefile import format as format_case
    from workerfuzz.harness.cases.format.files import write
    from workerfuzz.harness.engines.reach.reach import (
        NoSuchConfiguration,
        ReachSearch,
        parse_configuration,
    )
    from workerfuzz.harness.subjects import get_cluster

    try:
        sought = parse_configuration(configuration)
    except NoSuchConfiguration as error:
        raise typer.BadParameter(str(error)) from error
    fix_hash_order(subject)
    number = fresh_seed() if seed is None else seed
    search = ReachSearch(get_cluster(subject), sought, number)
    began, cpu_began = time.monotonic(), time.process_time()
    wall_s = DEFAULT_S if for_s is None and cpu_s is None else for_s

    def is_over() -> bool:
        return (wall_s is not None and time.monotonic() - began >= wall_s) or (
            cpu_s is not None and time.process_time() - cpu_began >= cpu_s
        )

    case = search.find(is_over)
    if case is None:
        typer.echo(
            f"not reached in {search.runs:,} runs, {search.steps:,} steps with seed {number}: "
            f"{sought.text}"
        )
        raise typer.Exit(ExitStatus.BROKEN)
    text = format_case(case)
    if out is None:
        typer.echo(text, nl=False)
        return
    write(out, text)
    typer.echo(f"reached in run {search.runs} of seed {number}; {len(case.steps)} steps: {out}")
    typer.echo(f"  {case_command('show', out, subject)}")
