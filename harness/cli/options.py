"""Exit statuses, options and error messages that commands share."""

import enum
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer


class ExitStatus(enum.IntEnum):
    """Exit statuses."""

    FINE = 0
    BROKEN = 1
    BAD_INPUT = 2
    FAULT = 3
    INTERRUPTED = 130


#: What each says.
STATUSES: Final[Mapping[ExitStatus, str]] = {
    ExitStatus.FINE: "nothing new was found; all cases are as written",
    ExitStatus.BROKEN: "a property was broken, or a case differs",
    ExitStatus.BAD_INPUT: "the input or the command is wrong; one line says what, where, and what next",
    ExitStatus.FAULT: "the harness could not do its work",
    ExitStatus.INTERRUPTED: "Ctrl-C, and nothing was wrong until then",
}


class EngineName(enum.StrEnum):
    """Engines: each chooses the next step in its own way."""

    HYPOTHESIS = "hypothesis"
    WALK = "walk"
    EXPLORE = "explore"


class Tactic(enum.StrEnum):
    """Tactics of the walk: each weighs its choices in another way."""

    UNIFORM = "uniform"
    SWARM = "swarm"
    WEIGHTED = "weighted"
    RESTLESS = "restless"
    MORTAL = "mortal"
    FAULTY = "faulty"
    THIEVISH = "thievish"
    BUSY = "busy"
    BROKEN = "broken"
    GROWN = "grown"
    RETURNED = "returned"


class ScopeChoice(enum.StrEnum):
    """One worker, a whole cluster, or whole processes."""

    WORKER = "worker"
    CLUSTER = "cluster"
    PROCESS = "process"


REFERENCE: Final = "reference"
DASK: Final = "dask"


def subject_names(incomplete: str) -> list[str]:
    """Systems whose names begin like this, for shells that complete them."""
    from workerfuzz.harness.subjects import names

    return [name for name in names() if name.startswith(incomplete)]


SubjectOption = Annotated[
    str,
    typer.Option(
        "--subject",
        metavar="NAME",
        help="The system; see `workerfuzz subjects`.",
        autocompletion=subject_names,
    ),
]


EngineOption = Annotated[EngineName, typer.Option(help="Who chooses the steps.")]


def duration(value: str) -> float:
    """``20s``, ``5m``, ``1h`` or a number of seconds."""
    from workerfuzz.harness.campaigns.plan import budget

    try:
        return budget.duration(value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


ForOption = Annotated[
    float | None,
    typer.Option("--for", parser=duration, metavar="TIME", help="How long: 20s, 5m, 1h."),
]

CpuOption = Annotated[
    float | None,
    typer.Option("--cpu", parser=duration, metavar="TIME", help="How long, in CPU time."),
]

RunsOption = Annotated[int | None, typer.Option(min=1, metavar="N", help="How many runs.")]

SeedOption = Annotated[int | None, typer.Option(metavar="S", help="Repeats the same runs.")]

WorkersOption = Annotated[
    int | None, typer.Option(min=1, max=8, metavar="N", help="Workers of a cluster; else 1 to 4.")
]


class KindAllowance(NamedTuple):
    """A kind of step, or a group of kinds, and the number of such steps that a run may have."""

    kind: str
    most: int


def allowance(value: str) -> KindAllowance:
    """Parse ``steal=1``."""
    match = re.fullmatch(r"([a-z-]+)=([0-9]{1,3})", value)
    if match is None:
        raise typer.BadParameter(f'expected KIND=N, such as steal=1, found "{value}"')
    return KindAllowance(match[1], int(match[2]))


KeysOption = Annotated[
    int | None, typer.Option(min=1, max=4, metavar="N", help="Explore: how many tasks; else 2.")
]

PeersOption = Annotated[
    int | None, typer.Option(min=1, max=3, metavar="N", help="Explore: peers of a worker; else 1.")
]

DepthOption = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Explore: runs of so many steps at most.")
]

AllowOption = Annotated[
    list[KindAllowance] | None,
    typer.Option(
        "--allow",
        parser=allowance,
        metavar="KIND=N",
        help="Explore: how often steps of a kind, or of a group of kinds, may happen in a run.",
    ),
]

DistinctOption = Annotated[
    bool, typer.Option("--distinct", help="Explore: tell peers apart that differ in names alone.")
]

UniverseOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME=N,...",
        help="Explore: one universe, such as keys=2,workers=2,requests=2,deaths=1.",
    ),
]

BudgetOption = Annotated[
    int | None,
    typer.Option(
        "--budget",
        min=0,
        metavar="N",
        help="Explore: all universes that cost no more, the cheapest first.",
    ),
]

FullOption = Annotated[
    bool,
    typer.Option(
        "--full",
        help="Explore: with --universe or --budget, take steps that commute in all orders.",
    ),
]

FrontierOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Explore: go on where this folder says it stopped, and keep it there."
    ),
]

NoKnownOption = Annotated[
    bool, typer.Option("--no-known", help="Treat known bugs as new; in a cluster.")
]

FixedOption = Annotated[
    list[str] | None,
    typer.Option(
        "--fixed",
        metavar="NAME",
        help="Trial fix of a known bug of the system, in memory; more than once for several; or all.",
    ),
]

CorpusOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        file_okay=False,
        help="Runs of the walk that reached something: grow from these, and add to them.",
    ),
]

TacticOption = Annotated[
    Tactic | None,
    typer.Option(help="The only one of the walk; else all, each as often as it pays."),
]

OutOption = Annotated[
    Path, typer.Option(metavar="DIR", help="Where cases of what is found are written.")
]


QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Show nothing while it runs, only what came of it.")
]


VerboseOption = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="End with the long lists too: every kind of step, and all that was not reached.",
    ),
]


JobsOption = Annotated[
    int | None,
    typer.Option(
        min=1, max=1024, metavar="N", help="Processes that fuzz at a time; on a cluster, tasks."
    ),
]

ClusterOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Fuzz on a Dask cluster: tcp://scheduler:8786, or local to start one here.",
    ),
]

PythonOption = Annotated[
    str | None,
    typer.Option(
        metavar="PATH", help="Fuzz what is installed for another Python, with workerfuzz beside it."
    ),
]

MemoryOption = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        metavar="GIB",
        help="Memory that a process may take beside its own; else 4; 0: any.",
    ),
]


def fresh_seed() -> int:
    """Return another seed each time."""
    return int.from_bytes(os.urandom(4))


def fix_hash_order(subject: str) -> None:
    """Start this command again with a fixed order of sets, which a subject may depend on."""
    from workerfuzz.harness.subjects import declaration

    if os.environ.get("PYTHONHASHSEED", "").isdecimal():
        return
    if not declaration(subject).is_embedded:
        sys.stdout.flush()
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves


def columns() -> int:
    """Width of what is printed: that of the terminal, or of COLUMNS; 80 elsewhere."""
    return max(shutil.get_terminal_size((80, 24)).columns, 40)


def complain(what: str) -> None:
    typer.echo(f"workerfuzz: {what}", err=True)


#: Instead of a file: standard output.
STDOUT: Final = Path("-")


def write_output(path: Path, content: str, what: str = "picture") -> None:
    """Write a file, or standard output."""
    from workerfuzz.harness.cases.format.files import reason, write

    if path == STDOUT:
        typer.echo(content, nl=False)
        return
    try:
        write(path, content)
    except OSError as error:
        complain(f"{path}: {reason(error)}; the {what} was not written: name another file")
        raise typer.Exit(ExitStatus.BAD_INPUT) from None
