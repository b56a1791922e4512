"""The command that draws the machine: its states, its transitions, and what runs took of them."""

import enum
from pathlib import Path
from typing import Annotated

import typer

from workerfuzz.harness.cli.options import (
    DASK,
    STDOUT,
    ScopeChoice,
    complain,
    fix_hash_order,
    subject_names,
    write_output,
)

app = typer.Typer()


class Participant(enum.StrEnum):
    """Participants whose states can be drawn."""

    WORKER = "worker"
    SCHEDULER = "scheduler"


ParticipantOption = Annotated[
    Participant, typer.Option("--of", help="Whose states and transitions.")
]

ObservedOption = Annotated[
    Path | None,
    typer.Option(
        "--observed",
        metavar="PATH",
        help="Draw lines as thick as runs took them often: the folder of `workerfuzz nightly`, of "
        "which the last night counts, one night of it, or the file of one shard.",
    ),
]


@app.command()
def diagram(  # noqa: PLR0917 - options of a command are never given by position
    participant: ParticipantOption = Participant.WORKER,
    observed: ObservedOption = None,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of what was observed, count runs of this system; else of all.",
            autocompletion=subject_names,
        ),
    ] = None,
    scope: Annotated[
        ScopeChoice | None, typer.Option(help="The same of this scope; else of all.")
    ] = None,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a picture; - is standard output.")
    ] = None,
    mermaid: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a Mermaid diagram; printed where no file is named."
        ),
    ] = None,
) -> None:
    """Draw the states of a task, and all transitions: the reference's, Dask's, and those taken."""
    fix_hash_order(DASK)
    from workerfuzz.harness.report.diagram.machine import dask_tables, machine
    from workerfuzz.harness.report.diagram.mermaid import mermaid as flow
    from workerfuzz.harness.report.diagram.observed_transitions import observed_in
    from workerfuzz.harness.report.diagram.svg import picture
    from workerfuzz.harness.subjects.protocol import SubjectUnavailable

    try:
        dask = dask_tables()
    except SubjectUnavailable as error:
        complain(f"{error}; its table is not compared")
        dask = None
    if observed is not None:
        seen = observed_in(observed, participant.value, subject, scope.value if scope else None)
        drawn = machine(participant, dask, seen.counts, seen.description)
    elif subject or scope:
        raise typer.BadParameter(
            "--subject and --scope choose of what was observed: add --observed DIR"
        )
    else:
        drawn = machine(participant, dask)
    if svg is not None:
        write_output(svg, picture(drawn))
    if mermaid is not None or svg is None:
        write_output(mermaid or STDOUT, flow(drawn))
