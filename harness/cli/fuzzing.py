"""Commands that fuzz."""

import enum
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from workerfuzz.harness.cli.options import (
    REFERENCE,
    Engine,
    EngineOption,
    Scope,
    Status,
    SubjectOption,
    complain,
    duration,
    fix_hash_order,
)

app = typer.Typer()


class Profile(enum.StrEnum):
    """How long and how thoroughly."""

    QUICK = "quick"
    DEEP = "deep"


@app.command()
def run(  # noqa: PLR0917 - options of a command are never given by position
    subject: SubjectOption = REFERENCE,
    scope: Annotated[Scope, typer.Option(help="What is fuzzed.")] = Scope.WORKER,
    engine: EngineOption = Engine.HYPOTHESIS,
    for_s: Annotated[
        float | None,
        typer.Option("--for", parser=duration, metavar="TIME", help="How long: 20s, 5m, 1h."),
    ] = None,
    runs: Annotated[int | None, typer.Option(min=1, metavar="N", help="How many runs.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="S", help="Repeats the same runs.")] = None,
    profile: Annotated[Profile, typer.Option(help="How thoroughly.")] = Profile.QUICK,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=8, metavar="N", help="Workers of a cluster; else 1 to 4."),
    ] = None,
    no_known: Annotated[
        bool, typer.Option("--no-known", help="Treat known bugs as new; in a cluster.")
    ] = False,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where cases of what is found are written.")
    ] = Path("regressions"),
) -> None:
    """Fuzz: let everything happen that can happen, and keep what breaks as a case."""
    fix_hash_order(subject)
    from workerfuzz.harness.campaigns.fuzz import Budget, fuzz
    from workerfuzz.harness.report.terminal import campaign_lines
    from workerfuzz.harness.subjects import fuzzed_alone

    if seed is None:
        seed = int.from_bytes(os.urandom(4))
    if scope is Scope.CLUSTER:
        run_clusters(subject, Budget(for_s, runs, profile), seed, workers, no_known, out)
        return
    system, budget = fuzzed_alone(subject), Budget(for_s, runs, profile)
    typer.echo(f"fuzzing {subject} {system.version()}, {budget}; Ctrl-C ends it with what there is")
    campaign = fuzz(system, engine, seed, budget)
    typer.echo("\n".join(campaign_lines(campaign)))
    finding = campaign.keep(out)
    if finding is not None:
        typer.echo("\n" + "\n".join(finding.report()))
        raise typer.Exit(Status.BROKEN)
    if campaign.interrupted:
        raise typer.Exit(Status.INTERRUPTED)
    if profile is Profile.DEEP and any(campaign.coverage.unreached()):
        complain("this many runs should have reached all there is")
        raise typer.Exit(Status.BROKEN)


def run_clusters(  # noqa: PLR0917 - the options of a command
    subject: str, budget: Any, seed: int, workers: int | None, no_known: bool, out: Path
) -> None:
    """Fuzz whole clusters, and keep each bug that is not known as a case."""
    from workerfuzz.harness.campaigns.hunt import Hunt
    from workerfuzz.harness.cases.known_bugs import known_bugs
    from workerfuzz.harness.report.hunted import hunt_lines
    from workerfuzz.harness.subjects import get_cluster

    system = get_cluster(subject)
    known = {} if no_known else known_bugs(system)
    typer.echo(
        f"fuzzing clusters of {subject} {system.version()}, {budget}, seed {seed}; "
        "Ctrl-C ends it with what there is"
    )
    hunt = Hunt(system, seed, budget, workers, known, out).go()
    for line in hunt_lines(hunt):
        typer.echo(line)
    if hunt.new():
        raise typer.Exit(Status.BROKEN)
    if hunt.interrupted:
        raise typer.Exit(Status.INTERRUPTED)


@app.command()
def mutants(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME...]", help="All, unless some are named.")
    ] = None,
    engine: EngineOption = Engine.WALK,
    seed: Annotated[int, typer.Option(metavar="S", help="Repeats the same runs.")] = 0,
    scope: Annotated[Scope, typer.Option(help="Where they are looked for.")] = Scope.WORKER,
) -> None:
    """Plant known bugs in the reference, one at a time: which property catches each?"""
    from workerfuzz.harness.campaigns.mutants.measure import Measured, measure_all
    from workerfuzz.harness.report.terminal import mutant_line, score

    done: list[Measured] = []

    def tell(measured: Measured) -> None:
        done.append(measured)
        typer.echo(mutant_line(measured))

    try:
        measure_all(names or (), engine, tell, seed=seed, scope=scope)
    except ValueError as error:  # no such mutant
        raise typer.BadParameter(str(error)) from None
    finally:
        if done:
            typer.echo(score(done))
    raise typer.Exit(Status.FINE if all(one.is_right for one in done) else Status.BROKEN)
