"""The command that plants bugs, from a catalogue or generated, and sees which are noticed."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from workerfuzz.harness.cli.options import (
    CpuOption,
    EngineName,
    EngineOption,
    ExitStatus,
    QuietOption,
    ScopeChoice,
    duration,
)

app = typer.Typer()

#: Seconds of CPU in which the lines that a walk executes are measured.
REACH_S: Final = 60.0


class MutatedCode(StrEnum):
    """Code of which mutants are generated."""

    WORKER = "worker"
    SCHEDULER = "scheduler"
    DASK_WORKER = "dask-worker"
    DASK_SCHEDULER = "dask-scheduler"


NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME...]", help="All, unless some are named; of generated ones, by id or file."
    ),
]

GeneratedOption = Annotated[
    bool,
    typer.Option(
        "--generated", help="Small changes of the code, made by rules; see docs/power.md."
    ),
]

OfOption = Annotated[MutatedCode, typer.Option("--of", help="Generated: the code that is changed.")]

SampleOption = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Generated: so many; else all.")
]

StepsOption = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Generated: budget of each in steps, not in time."),
]

LeastOption = Annotated[
    float,
    typer.Option(
        "--least",
        min=0,
        max=100,
        metavar="PERCENT",
        help="Generated: enough, if so many of a hundred are caught.",
    ),
]

AtATimeOption = Annotated[
    int, typer.Option("--jobs", min=1, metavar="N", help="Generated: processes at a time.")
]

ReachOption = Annotated[
    float | None,
    typer.Option(
        "--reach",
        parser=duration,
        metavar="TIME",
        help="Generated, of Dask: CPU time of the walk that tells which lines are reached; else 1m.",
    ),
]

JsonOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Generated: write all results there.")
]


@app.command()
def mutants(  # noqa: PLR0917 - options of a command are never given by position
    names: NamesArgument = None,
    engine: EngineOption = EngineName.WALK,
    seed: Annotated[int, typer.Option(metavar="S", help="Repeats the same runs.")] = 0,
    scope: Annotated[
        ScopeChoice, typer.Option(help="Where they are looked for.")
    ] = ScopeChoice.WORKER,
    generated: GeneratedOption = False,
    of: OfOption = MutatedCode.WORKER,
    sample: SampleOption = None,
    cpu_s: CpuOption = None,
    steps: StepsOption = None,
    least: LeastOption = 100.0,
    jobs: AtATimeOption = 1,
    reach_s: ReachOption = None,
    json: JsonOption = None,
    quiet: QuietOption = False,
) -> None:
    """Plant bugs in the code under test, one at a time: which property catches each?

    Known bugs from a catalogue are planted in the reference. With --generated, small changes of its
    code or of Dask's; each is fuzzed for 10 seconds of CPU (worker) or 20, or as --cpu, --steps say.
    """
    if not generated:
        measure_catalogue(names or (), engine, seed, scope, quiet=quiet)
        return
    from workerfuzz.harness.campaigns.mutation_testing.campaign import MutationPlan
    from workerfuzz.harness.campaigns.mutation_testing.mutant import TARGETS

    plan = MutationPlan(
        target=of.value,
        seed=seed,
        sample=sample,
        names=names or (),
        cpu_s=cpu_s or (0.0 if steps else TARGETS[of.value].cpu_s),
        most_steps=steps or 0,
        least=least / 100,
        reach_s=reach_s or REACH_S,
    )
    from workerfuzz.harness.cli.mutation import measure_generated

    measure_generated(plan, jobs=jobs, json=json, quiet=quiet)


def measure_catalogue(
    names: Sequence[str], engine: EngineName, seed: int, scope: ScopeChoice, *, quiet: bool
) -> None:
    """Measure mutants of the catalogue, and end with the exit status."""
    from workerfuzz.harness.campaigns.mutants.measure import Measured, measure_all, wanted
    from workerfuzz.harness.report.live.progress import progress_bar
    from workerfuzz.harness.report.terminal import mutant_line, score

    done: list[Measured] = []
    try:
        total = len(wanted(names, scope))
        with progress_bar(quiet=quiet) as show:

            def tell(measured: Measured) -> None:
                done.append(measured)
                typer.echo(mutant_line(measured))
                show("planting bugs", len(done), total)

            show("planting bugs", 0, total)
            measure_all(names, engine, tell, seed=seed, scope=scope)
    except ValueError as error:  # no such mutant
        raise typer.BadParameter(str(error)) from None
    finally:
        if done:
            typer.echo(score(done))
    raise typer.Exit(ExitStatus.FINE if all(one.is_right for one in done) else ExitStatus.BROKEN)
