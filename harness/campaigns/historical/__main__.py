"""``python -m workerfuzz.harness.campaigns.historical``: does the harness find them by itself?"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from workerfuzz.harness.campaigns.historical.bug import HistoricalBug
from workerfuzz.harness.campaigns.historical.catalogue import BUGS, bugs_of, concerned, fixed_in
from workerfuzz.harness.campaigns.historical.page import judged, page, row
from workerfuzz.harness.campaigns.historical.search import (
    HistoricalSearch,
    Sighting,
    keep,
    look_for,
    replayed,
)
from workerfuzz.harness.cases.format.files import write
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.protocol import SubjectUnavailable


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workerfuzz.harness.campaigns.historical")
    add = parser.add_argument
    add("bugs", nargs="*", metavar="BUG", help="only these, whatever release they are of")
    add("--release", help="of Dask; the installed one if not given")
    add("--all", type=Path, metavar="DIR", help="all releases that have an environment in DIR")
    add("--seed", type=int, default=0, help="of the first search")
    add("--seeds", type=int, default=1, metavar="N", help="searches, each with a seed of its own")
    add("--page", type=Path, metavar="FILE", help="write the rows into this page")
    add(
        "--runs", type=Path, metavar="DIR", help="keep what shows a bug, for the release without it"
    )
    return parser.parse_args(arguments)


def measure(wanted: argparse.Namespace) -> int:
    """Looks for the bugs of the installed release, and for what it ended; the exit status."""
    subject = get_cluster("dask")
    release = wanted.release or subject.version()
    if release != subject.version():
        return complain(f"this is Dask {subject.version()}, not {release}")
    bugs = [bug for bug in BUGS if bug.name in wanted.bugs] or bugs_of(release)
    ended = fixed_in(release)
    if not bugs and not ended:
        return complain(f"nothing is looked for in Dask {release}, but in {', '.join(concerned())}")
    sightings = [
        sighting
        for seed in range(wanted.seed, wanted.seed + wanted.seeds)
        for sighting in (look_for(subject, bugs, seed, tell, show))
    ]
    shown: Mapping[HistoricalBug, bool] = {}
    if wanted.runs is not None:
        for bug in bugs:
            keep(
                wanted.runs,
                subject,
                bug,
                [sighting for sighting in sightings if sighting.bug is bug],
            )
        shown = replayed(wanted.runs, subject, ended)
        for bug, still in shown.items():
            say(f"{bug.name}: {'still in' if still else 'absent from'} {release}")
    if wanted.page is not None:
        former = wanted.page.read_text(encoding="utf-8") if wanted.page.exists() else ""
        write(wanted.page, judged(page(former, sightings), shown))
    return int(not all(sighting.is_found for sighting in sightings) or any(shown.values()))


def tell(sighting: Sighting) -> None:
    """The row of one search, and the steps that show the bug."""
    say(row([sighting]))
    for step in sighting.shrunk.steps if sighting.shrunk is not None else ():
        say(f"    > {step}")


def show(search: HistoricalSearch) -> None:
    """Show the progress of a search in the last line of a terminal; nowhere else."""
    if sys.stderr.isatty():
        found, open_ = len(search.sightings), len(search.bugs)
        text = f"seed {search.plan.seed}: {found} of {found + open_} found, {search.steps:,} steps"
        sys.stderr.write(f"\r\x1b[K{text}, {search.cpu_s():.0f} s of CPU")
        sys.stderr.flush()


def say(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def everywhere(wanted: argparse.Namespace) -> int:
    """The same in every release, one after the other, each with its own interpreter."""
    status = 0
    for release in concerned():
        names = (release, f"zoo-{release}")
        python = [path for name in names if (path := wanted.all / name / "bin" / "python").exists()]
        if not python:
            return complain(f"there is no environment for Dask {release} in {wanted.all}")
        command = [python[0], "-m", "workerfuzz.harness.campaigns.historical", "--release", release]
        command += ["--seed", str(wanted.seed), "--seeds", str(wanted.seeds)]
        command += ["--page", wanted.page] if wanted.page is not None else []
        command += ["--runs", wanted.runs] if wanted.runs is not None else []
        status |= subprocess.run(command, check=False).returncode  # noqa: S603 - our own module
    return status


def complain(what: str) -> int:
    sys.stderr.write(f"zoo: {what}\n")
    return 2


def main() -> int:
    wanted = options(sys.argv[1:])
    if wanted.all is not None:
        return everywhere(wanted)
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets have the order in which cases replay
        sys.stdout.flush()
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves
    try:
        return measure(wanted)
    except SubjectUnavailable as error:
        return complain(str(error))


if __name__ == "__main__":
    sys.exit(main())
