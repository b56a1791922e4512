"""Output of the command that diagnoses a cluster: text, JSON, cases."""

import json
from pathlib import Path

import typer

from workerfuzz.harness.cases.format.files import reason
from workerfuzz.harness.cli.options import ExitStatus, columns, complain
from workerfuzz.harness.diagnose.diagnosis import Diagnosis, as_data
from workerfuzz.harness.diagnose.text import of_case, report
from workerfuzz.harness.diagnose.worker_case import worker_cases, write


def show(found: Diagnosis, *, as_json: bool, everything: bool) -> None:
    """Print a diagnosis."""
    if as_json:
        typer.echo(json.dumps(as_data(found), indent=2))
        return
    for line in report(found, columns(), everything=everything):
        typer.echo(line)


def write_cases(found: Diagnosis, folder: Path, *, quietly: bool) -> None:
    """Write the cases of workers and say what they show; beside JSON, on standard error."""
    made = worker_cases(found)
    typer.echo("", err=quietly)
    if not made:
        typer.echo("No case: nothing is stuck.", err=quietly)
    for case in made:
        try:
            path = write(case, folder) if case.case is not None else None
        except OSError as error:
            complain(f"{folder}: {reason(error)}; the case was not written: name another folder")
            raise typer.Exit(ExitStatus.BAD_INPUT) from None
        for line in of_case(found, case, path):
            typer.echo(line, err=quietly)
