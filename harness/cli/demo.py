"""The command that shows a bug being found: planted, fuzzed, shrunk, drawn, fixed and replayed."""

import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from workerfuzz.harness.cli.options import ExitStatus, columns, complain

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class DemoBug:
    """A bug that Dask once had, as a mutant of the reference.

    Attributes:
        mutant: its name in the catalogue.
        issue: number of the issue or pull request of dask/distributed.
        sentence: the consequence, for users of Dask.
    """

    mutant: str
    issue: int
    sentence: str


#: The default comes first.
BUGS: Final = (
    DemoBug(
        "resumed-task-is-left-alone",
        6699,
        "A cancelled task fails, is needed again, and its dependents wait for ever.",
    ),
    DemoBug(
        "revived-task-starts-again",
        4721,
        "A task that is freed and requested again while it runs is started twice.",
    ),
    DemoBug(
        "new-content-meets-the-old-thread",
        7463,
        "A key is reused while its former task runs, and gets the result of that one.",
    ),
    DemoBug(
        "failed-copy-hangs-its-dependents",
        6705,
        "A dependency does not deserialise, and its dependents wait for ever.",
    ),
    DemoBug(
        "erred-task-stays-erred",
        4800,
        "A task that failed is requested again, and stays failed without another try.",
    ),
    DemoBug(
        "busy-peer-is-given-up",
        4133,
        "A peer was too busy to send a key, and is never asked again.",
    ),
    DemoBug(
        "wrong-amount-is-given-back",
        4446,
        "A task gives back fewer resources than it took, and the worker runs short.",
    ),
    DemoBug(
        "replica-in-use-is-dropped",
        7490,
        "A copy that a task still needs is dropped because the scheduler said it may.",
    ),
)

#: Seed of the runs, so that everybody sees the same.
SEED: Final = 1


def bug_names(incomplete: str) -> list[str]:
    """Names that begin like this, for shells that complete them."""
    return [bug.mutant for bug in BUGS if bug.mutant.startswith(incomplete)]


def bug_named(name: str) -> DemoBug:
    """Return the bug of that name. Raises BadParameter, which says what may have been meant."""
    from workerfuzz.harness.cases.format.spelling import unknown

    by_name = {bug.mutant: bug for bug in BUGS}
    if name not in by_name:
        raise typer.BadParameter(unknown("bug", name, by_name))
    return by_name[name]


def show_list(wanted: bool) -> None:
    if wanted:
        for bug in BUGS:
            typer.echo(f"{bug.mutant} (dask/distributed#{bug.issue})\n  {bug.sentence}")
        raise typer.Exit


@app.command()
def demo(
    name: Annotated[
        str,
        typer.Argument(metavar="[NAME]", help="A bug; see --list.", autocompletion=bug_names),
    ] = BUGS[0].mutant,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the case is written; else a temporary folder."),
    ] = None,
    list_: Annotated[
        bool,
        typer.Option("--list", callback=show_list, is_eager=True, help="List the bugs."),
    ] = False,
) -> None:
    """See a bug being found: plant one that Dask once had, find it, shrink it, draw it, fix it."""
    bug = bug_named(name)
    folder = Path(tempfile.mkdtemp(prefix="workerfuzz-demo-")) if out is None else out
    found = find(bug, folder)
    if found is None:
        raise typer.Exit(ExitStatus.FAULT)
    raise typer.Exit(ExitStatus.FINE if fix(found) else ExitStatus.FAULT)


def stage(title: str, command: str = "") -> None:
    """Announce the next stage, and the command that does the same."""
    typer.echo("")
    typer.secho(title, bold=True)
    if command:
        typer.secho(f"$ {command}", fg="cyan")


def say(line: str) -> None:
    """Print a sentence, broken between words."""
    from workerfuzz.harness.report.campaign_summary import wrapped

    for part in wrapped([line], columns()):
        typer.echo(part)


def find(bug: DemoBug, folder: Path) -> Path | None:
    """Plant a bug, find it, shrink it and draw it. Returns the path of its case."""
    from workerfuzz.harness.campaigns.mutants.catalogue import named

    mutant = named(bug.mutant)
    typer.echo(f"{bug.sentence}\nhttps://github.com/dask/distributed/issues/{bug.issue}")
    stage("1. Plant this bug in the reference worker.", f"workerfuzz mutants {bug.mutant}")
    with mutant.planted():
        say(mutant.sentence)
        path = fuzz_and_shrink(folder)
        if path is not None:
            draw(path)
            stage("5. Replay it: still broken.", f"workerfuzz replay {shlex.quote(str(path))}")
            replay(path)
    return path


def fuzz_and_shrink(folder: Path) -> Path | None:
    """Run until a property breaks, and write the shrunk run as a case. Returns its path."""
    from workerfuzz.harness.campaigns.mutants.measure import PlantedSearch
    from workerfuzz.harness.cases.format.spelling import counted
    from workerfuzz.harness.engines.findings.finding import save
    from workerfuzz.harness.engines.findings.finding_writer import keep, today

    stage(
        "2. Fuzz until a property breaks.",
        f"workerfuzz run --engine walk --seed {SEED} --out {shlex.quote(str(folder))}",
    )
    search = PlantedSearch("worker", SEED)
    search.by_walk()
    violation = search.violation
    if violation is None:
        complain(f"{search.steps:,} steps did not find it")
        return None
    typer.echo(f"after {search.steps:,} steps: {violation.property}")
    say(f"  {violation.sentence}")

    stage("3. Shrink the run, and write it as a case. (The same command does so.)")
    finding = keep(search.subject, violation, None, "walk")
    problem = save(finding, folder, today())
    if problem:
        complain(problem)
        return None
    steps = counted(finding.length, "step")
    typer.echo(f"{counted(len(violation.steps), 'step')} shrunk to {steps}: {finding.path}")
    return Path(finding.path)


def draw(path: Path) -> None:
    """Draw the swimlanes of a case."""
    from workerfuzz.harness.cases.format.casefile import load
    from workerfuzz.harness.cases.swimlanes.charting import chart_of
    from workerfuzz.harness.report.swimlanes import terminal
    from workerfuzz.harness.report.terminal import console
    from workerfuzz.harness.subjects import get

    stage("4. Draw the messages between them.", f"workerfuzz show {shlex.quote(str(path))}")
    terminal.show(chart_of(load(path), get("reference")), console())


def fix(path: Path) -> bool:
    """Replay a case on the healthy reference. Returns whether it passes at last."""
    case = shlex.quote(str(path))
    stage("6. Fix the bug: take it out. The case no longer breaks.", f"workerfuzz replay {case}")
    replay(path)
    stage("7. Expect from now on what is right.", f"workerfuzz replay --rewrite {case}")
    replay(path, rewriting=True)
    stage("8. Keep the case in your test suite, and replay it.", f"workerfuzz replay {case}")
    passes = replay(path)
    typer.echo(f"\nworkerfuzz demo --list has more bugs; this case is\n{path}")
    return passes


def replay(path: Path, *, rewriting: bool = False) -> bool:
    """Replay a case and print the result. Returns whether it is as written."""
    from workerfuzz.harness.cases.replay.batch import BatchReplay, summary
    from workerfuzz.harness.subjects import get

    results = [*BatchReplay(subject=get("reference"), rewriting=rewriting).results(path)]
    for result in results:
        for line in result.report[:REPORTED]:
            if line.startswith("  ~ "):
                say(line)
            else:
                typer.echo(line)
    typer.secho(summary(results), fg="red" if any(result.status for result in results) else "green")
    return not any(result.status for result in results)


#: Lines of a replay that are shown: the drawing below them has been seen already.
REPORTED: Final = 6
