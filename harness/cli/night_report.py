"""Reports of a night, written by `workerfuzz report` in a process of its own."""

import sys
from pathlib import Path
from typing import Final

#: Seconds in which it is written: each finding is played once more, to be drawn.
PATIENCE_S: Final = 900.0

#: In the folder of the night: what machines and CI read, and the page for people.
SUMMARY: Final = "report.md"
JUNIT: Final = "report.xml"
ANNOTATIONS: Final = "annotations.txt"
PAGE: Final = "report.html"


def write_reports(night: Path, python: str = "", patience_s: float = PATIENCE_S) -> list[str]:
    """Writes all of them into the folder of a night, as far as that is possible.

    Findings are played on what is installed for ``python``; empty: for this one.

    Returns:
        where they are, or why not; a line each.
    """
    files = ["--markdown", str(night / SUMMARY), "--junit", str(night / JUNIT)]
    lines = [said(night, [*files, "--annotations"], night / ANNOTATIONS, python, patience_s)]
    lines.append(said(night, ["--html", str(night / PAGE)], None, python, patience_s))
    return [line for line in lines if line] or [f"{night / PAGE}"]


def said(night: Path, options: list[str], out: Path | None, python: str, patience_s: float) -> str:
    """Why something was not written; empty: it was.

    Args:
        out: where what is printed goes.
    """
    import subprocess

    from workerfuzz.harness.cases.format.files import reason, write
    from workerfuzz.harness.cases.replay.replay_process import environment

    path = python or sys.executable
    command = [
        path,
        "-P",
        "-m",
        "workerfuzz.harness.cli",
        "report",
        str(night),
        "--quiet",
        *options,
    ]
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment(path),
            timeout=patience_s,
            check=False,
            text=True,
        )
        if out is not None and done.returncode == 0:
            write(out, done.stdout)
    except subprocess.TimeoutExpired:
        return f"it was not written within {patience_s:g} s"
    except OSError as error:
        return f"{night}: {reason(error)}; the report is not whole"
    last = done.stderr.strip().rpartition("\n")[2].removeprefix("workerfuzz: ")
    return "" if done.returncode == 0 else last or f"it ended with status {done.returncode}"
