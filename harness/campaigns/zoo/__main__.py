"""``python -m workerfuzz.harness.campaigns.zoo``: does the harness find them by itself?"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from workerfuzz.harness.campaigns.zoo.catalogue import BUGS, bugs_of, releases
from workerfuzz.harness.campaigns.zoo.page import page, row
from workerfuzz.harness.campaigns.zoo.search import Sighting, look_for
from workerfuzz.harness.cases.save import write
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.protocol import SubjectUnavailable


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workerfuzz.harness.campaigns.zoo")
    parser.add_argument(
        "bugs", nargs="*", metavar="BUG", help="only these, whatever release they are of"
    )
    parser.add_argument("--release", help="of Dask; the installed one if not given")
    parser.add_argument(
        "--all", type=Path, metavar="DIR", help="all releases that have an environment in DIR"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the rows into this page")
    return parser.parse_args(arguments)


def measure(wanted: argparse.Namespace) -> int:
    """Looks for the bugs of the installed release; the exit status."""
    subject = get_cluster("dask")
    release = wanted.release or subject.version()
    if release != subject.version():
        return complain(f"this is Dask {subject.version()}, not {release}")
    bugs = [bug for bug in BUGS if bug.name in wanted.bugs] or bugs_of(release)
    if not bugs:
        return complain(f"nothing is looked for in Dask {release}, but in {', '.join(releases())}")
    sightings = look_for(subject, bugs, wanted.seed, tell)
    if wanted.page is not None:
        former = wanted.page.read_text(encoding="utf-8") if wanted.page.exists() else ""
        write(wanted.page, page(former, sightings))
    return int(not all(sighting.is_found for sighting in sightings))


def tell(sighting: Sighting) -> None:
    """The row of one bug, and the steps that show it."""
    sys.stdout.write(f"{row(sighting)}\n")
    for step in sighting.shrunk.steps if sighting.shrunk is not None else ():
        sys.stdout.write(f"    > {step}\n")
    sys.stdout.flush()


def everywhere(wanted: argparse.Namespace) -> int:
    """The same in every release, one after the other, each with its own interpreter."""
    status = 0
    for release in releases():
        names = (release, f"zoo-{release}")
        python = [it for name in names if (it := wanted.all / name / "bin" / "python").exists()]
        if not python:
            return complain(f"there is no environment for Dask {release} in {wanted.all}")
        command = [python[0], "-m", "workerfuzz.harness.campaigns.zoo", "--release", release]
        command += ["--seed", str(wanted.seed)]
        command += ["--page", wanted.page] if wanted.page is not None else []
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
