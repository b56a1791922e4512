"""The command ``workerfuzz``. Commands import what they need when they run: help comes at once."""

import io
import os
import re
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Protocol, runtime_checkable

import typer

from workerfuzz.harness.cli import (
    cases,
    corpus,
    demo,
    diagnose,
    diagram,
    lists,
    mutants,
    nightly,
    reach,
    report,
    run,
    show,
)
from workerfuzz.harness.cli.options import ExitStatus, complain

#: Written by a signal handler: nothing else may be used there.
ENDING: Final = b"workerfuzz: ending; Ctrl-C again ends at once\n"

app = typer.Typer(
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (
    demo,
    run,
    reach,
    mutants,
    nightly,
    report,
    cases,
    show,
    diagnose,
    diagram,
    corpus,
    lists,
):  # as in help
    app.add_typer(module.app)


def show_version(wanted: bool) -> None:
    if wanted:
        from workerfuzz import __version__

        typer.echo(f"workerfuzz {__version__}")
        raise typer.Exit


@app.callback()
def command(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Fuzz the worker state machine of a task scheduler, and replay what was found."""


#: Prefix of a message of ours, which says itself what to do.
OUR_PREFIX: Final = "Invalid value: "

#: Prefix of a message of a library in the same place.
LIBRARY_PREFIX: Final = "Value error, "

#: Messages that say what is wanted.
HELPFUL: Final = re.compile(r"\bexpected |Did you mean |Possible options: ")


@runtime_checkable
class UsageError(Protocol):
    """An error of the command-line parser. Its ``ctx``, if any, names the command."""

    def format_message(self) -> str: ...


def usage_message(error: UsageError) -> str:
    """Return the problem, its place, and what to do next."""
    text = " ".join(error.format_message().split())
    if text.startswith(OUR_PREFIX) or HELPFUL.search(text):
        return text
    text = text.replace(LIBRARY_PREFIX, "").rstrip(".")
    command = getattr(error, "ctx", None)
    return f"{text}; see {command.command_path if command is not None else 'workerfuzz'} --help"


def status_of(error: Exception) -> ExitStatus:
    """Print an error in one line. Returns the exit status: bad input, or a fault of the harness."""
    from workerfuzz.harness.campaigns.executors.interpreter import ExecutorUnavailable
    from workerfuzz.harness.campaigns.nightly.folder import FolderError
    from workerfuzz.harness.cases.format.case import CaseError
    from workerfuzz.harness.subjects.protocol import SubjectUnavailable

    if isinstance(error, (ExecutorUnavailable, CaseError, FolderError, SubjectUnavailable)):
        complain(str(error))
        return ExitStatus.BAD_INPUT
    frame = traceback.extract_tb(error.__traceback__)[-1]
    notes = "".join(f", {note}" for note in getattr(error, "__notes__", ()))
    complain(
        f"the harness failed{notes}: {type(error).__name__}: {error} "
        f"({Path(frame.filename).name}:{frame.lineno}; WORKERFUZZ_TRACEBACK=1 shows more)"
    )
    if os.environ.get("WORKERFUZZ_TRACEBACK"):
        traceback.print_exception(error)
    return ExitStatus.FAULT


def run_command(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status."""
    try:
        return int(app(arguments or ["--help"], prog_name="workerfuzz", standalone_mode=False) or 0)
    except (KeyboardInterrupt, typer.Abort):
        complain("interrupted")
        return ExitStatus.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, people see one line
        if isinstance(error, UsageError):  # the command itself is wrong
            complain(usage_message(error))
            return ExitStatus.BAD_INPUT
        return status_of(error)


def end(*_: object) -> None:
    """Say at once that the command is ending, and interrupt it; SIGTERM does the same as Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.__stderr__ is not None:
        os.write(sys.__stderr__.fileno(), ENDING)
    raise KeyboardInterrupt


def main() -> None:
    """Entry point of the console script."""
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run_command(sys.argv[1:]))
