"""Commands about corpora: folders of corpus entries, from which runs are mutated."""

from pathlib import Path
from typing import Annotated

import typer

from workerfuzz.harness.cli.options import (
    REFERENCE,
    ExitStatus,
    QuietOption,
    ScopeChoice,
    SubjectOption,
    complain,
    fix_hash_order,
)

app = typer.Typer()
of_corpus = typer.Typer(help="Look at corpora, bring them together, make them small.")
app.add_typer(of_corpus, name="corpus")

FolderArgument = Annotated[
    Path,
    typer.Argument(metavar="DIR", exists=True, file_okay=False, help="A folder of corpus entries."),
]


@of_corpus.command()
def stats(folder: FolderArgument) -> None:
    """Tell how many entries there are, of what, and what they reach."""
    from workerfuzz.harness.cases.format import corpus
    from workerfuzz.harness.report.terminal import stats_lines

    found = corpus.stats(folder)
    if not found.entries and not found.problems and any(folder.iterdir()):
        complain(
            f"{folder}: no corpus entries here; expected a folder of `workerfuzz run --corpus`"
        )
        raise typer.Exit(ExitStatus.BAD_INPUT)
    for line in stats_lines(found):
        typer.echo(line)
    end_with(found.problems)


@of_corpus.command()
def merge(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR...", exists=True, file_okay=False, help="Folders of corpus entries."
        ),
    ],
    into: Annotated[
        Path, typer.Option(metavar="DIR", file_okay=False, help="The folder that gets them.")
    ],
) -> None:
    """Bring the entries of several corpora into one; nothing is taken away."""
    from workerfuzz.harness.cases.format import corpus
    from workerfuzz.harness.cases.format.spelling import counted

    problems = [problem for folder in folders for problem in corpus.load(folder).problems]
    added = corpus.merge(folders, into)
    typer.echo(f"{into}: {counted(added, 'corpus entry')} added")
    end_with(problems)


@of_corpus.command()
def minimise(
    folder: FolderArgument,
    subject: SubjectOption = REFERENCE,
    scope: Annotated[ScopeChoice, typer.Option(help="Of which runs.")] = ScopeChoice.WORKER,
    quiet: QuietOption = False,
) -> None:
    """Replay the entries of a subject on the release that is here; keep few that reach all of it."""
    fix_hash_order(subject)
    from workerfuzz.harness.engines.shrink.corpus_minimisation import minimise as minimised
    from workerfuzz.harness.report.live.progress import track
    from workerfuzz.harness.subjects import system
    from workerfuzz.harness.worlds.scopes import SCOPES

    done = minimised(
        folder,
        system(subject, scope.value),
        SCOPES[scope.value],
        lambda entries: track(entries, "replaying entries", len(entries), quiet=quiet),
    )
    typer.echo(str(done))
    end_with(done.problems)


def end_with(problems: list[str] | tuple[str, ...]) -> None:
    """Print a line for each file that could not be read, and end with status 2 if there is one."""
    for problem in problems:
        complain(problem)
    if problems:
        raise typer.Exit(ExitStatus.BAD_INPUT)
