"""The command that says why a cluster hangs: from a dump of it, or by asking it."""

from pathlib import Path
from typing import Annotated, Final

import typer

from workerfuzz.harness.cli.options import ExitStatus, complain, duration, write_output

app = typer.Typer()

#: Bytes of each unit of a size.
UNITS: Final = {"GiB": 2**30, "MiB": 2**20, "KiB": 2**10, "B": 1, "": 1}


def size(value: str) -> int:
    """Parse ``4GiB``, ``500MiB`` or a number of bytes."""
    number = value.rstrip("GiMKB")
    unit = value[len(number) :]
    if not number.isdecimal() or unit not in UNITS:
        raise typer.BadParameter(f'expected a size such as 4GiB, found "{value}"')
    return int(number) * UNITS[unit]


def quiet_time(value: str) -> float:
    """Parse a time as ``duration`` does, or none at all."""
    return 0.0 if value in {"0", "0s"} else duration(value)


SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="DUMP|ADDRESS",
        help="A file of Client.dump_cluster_state(), or tcp://scheduler:8786.",
    ),
]
SettledOption = Annotated[
    float | None,
    typer.Option(
        parser=quiet_time,
        metavar="TIME",
        help="What has had no news for so long has come to rest; else 10s.",
    ),
]
AllOption = Annotated[
    bool, typer.Option("--all", help="All of it, and not only what fits on one screen.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
HtmlOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write a page as well: all of it.")
]
CasesOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Write cases of workers: what their logs say of the stuck keys."
    ),
]
SizeOption = Annotated[
    int | None,
    typer.Option(parser=size, metavar="SIZE", help="Read so much of a dump, unpacked; else 1GiB."),
]
TimeLimitOption = Annotated[
    float | None,
    typer.Option(
        parser=duration,
        metavar="TIME",
        help="Wait so long for a live cluster; else 20s. What has not answered by then is named.",
    ),
]


@app.command()
def diagnose(  # noqa: PLR0917 - options of a command are never given by position
    source: SourceArgument,
    settled: SettledOption = None,
    everything: AllOption = False,
    json: JsonOption = False,
    html: HtmlOption = None,
    cases: CasesOption = None,
    max_size: SizeOption = None,
    time_limit: TimeLimitOption = None,
) -> None:
    """Find out why a cluster hangs: who waits for what, what contradicts what, and which bug it is.

    The cluster is not changed, and nothing in a dump is executed. Exit status 1 says that something
    contradicts itself for good.
    """
    from workerfuzz.harness.cli.diagnosis_output import show, write_cases
    from workerfuzz.harness.diagnose.diagnosis import SETTLED_S, diagnosed
    from workerfuzz.harness.diagnose.live import TIME_LIMIT_S, is_address, read_cluster
    from workerfuzz.harness.diagnose.nodes import MOST_NBYTES, DumpError
    from workerfuzz.harness.diagnose.reading import load

    try:
        if is_address(source):
            dump = read_cluster(source, TIME_LIMIT_S if time_limit is None else time_limit)
        else:
            dump = load(Path(source), MOST_NBYTES if max_size is None else max_size)
    except DumpError as error:
        complain(str(error))
        raise typer.Exit(ExitStatus.BAD_INPUT) from None
    found = diagnosed(dump, SETTLED_S if settled is None else settled)
    show(found, as_json=json, everything=everything)
    if html is not None:
        from workerfuzz.harness.report.diagnosis_page import page

        write_output(html, page(found), "page")
    if cases is not None:
        write_cases(found, cases, quietly=json)
    raise typer.Exit(ExitStatus.BROKEN if found.is_contradictory else ExitStatus.FINE)
