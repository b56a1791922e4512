"""Output of commands into files that people name."""

from pathlib import Path
from typing import Final

import typer

from workerfuzz.harness.cli.options import ExitStatus, complain

#: Instead of a file: standard output.
STDOUT: Final = Path("-")


def put(path: Path, content: str, what: str = "picture") -> None:
    """Write a file, or standard output."""
    from workerfuzz.harness.cases.format.reading import reason
    from workerfuzz.harness.cases.format.saving import write

    if path == STDOUT:
        typer.echo(content, nl=False)
        return
    try:
        write(path, content)
    except OSError as error:
        complain(f"{path}: {reason(error)}; the {what} was not written: name another file")
        raise typer.Exit(ExitStatus.BAD_INPUT) from None
