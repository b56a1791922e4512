"""Commands that fuzz."""

import enum
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

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


#: The engine of each scope.
DEFAULTS: Final[Mapping[Scope, Engine]] = {
    Scope.WORKER: Engine.HYPOTHESIS,
    Scope.CLUSTER: Engine.WALK,
}


@app.command()
def run(  # noqa: PLR0917 - options of a command are never given by position
    subject: SubjectOption = REFERENCE,
    scope: Annotated[Scope, typer.Option(help="What is fuzzed.")] = Scope.WORKER,
    engine: Annotated[
        Engine | None,
        typer.Option(help="Who chooses the steps; hypothesis for a worker, walk for a cluster."),
    ] = None,
    for_s: Annotated[
        float | None,
        typer.Option("--for", parser=duration, metavar="TIME", help="How long: 20s, 5m, 1h."),
    ] = None,
    cpu_s: Annotated[
        float | None,
        typer.Option("--cpu", parser=duration, metavar="TIME", help="How long, in CPU time."),
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
    from workerfuzz.harness.campaigns.budget import Budget
    from workerfuzz.harness.campaigns.engines import fill
    from workerfuzz.harness.campaigns.plan import Plan
    from workerfuzz.harness.campaigns.shard import open_shard
    from workerfuzz.harness.report.campaign import campaign_lines

    plan = Plan(
        subject=subject,
        scope=scope.value,
        engine=(engine or DEFAULTS[scope]).value,
        seed=seed if seed is not None else int.from_bytes(os.urandom(4)),
        budget=Budget(for_s, cpu_s, runs, profile.value),
        workers=workers,
        known=not no_known,
    )
    shard = open_shard(plan, out)
    typer.echo(f"fuzzing {plan}, {plan.budget}; Ctrl-C ends it with what there is")
    account = fill(shard)
    for line in campaign_lines(account):
        typer.echo(line)
    if account.new:
        raise typer.Exit(Status.BROKEN)
    if account.interrupted:
        raise typer.Exit(Status.INTERRUPTED)
    if profile is Profile.DEEP and account.unreached():
        complain("this many runs should have reached all there is")
        raise typer.Exit(Status.BROKEN)


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
