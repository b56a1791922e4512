"""List of the bugs of a folder, as the command line prints it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from workerfuzz.harness.campaigns.nightly.triage import BugStatus, TriagedBug
from workerfuzz.harness.cases.format.casefile import replay_command
from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.cases.triage.severity import Severity


def triage_lines(bugs: Sequence[TriagedBug], nights: int, folder: Path) -> Iterator[str]:
    """A paragraph for each, and how many there are."""
    for bug in bugs:
        yield from bug_lines(bug, folder)
        yield ""
    counts = Counter(bug.status for bug in bugs)
    split = ", ".join(f"{counts[status]} {status}" for status in BugStatus)
    yield f"{counted(len(bugs), 'bug')} in {counted(nights, 'night')}: {split}"


def bug_lines(bug: TriagedBug, folder: Path) -> Iterator[str]:
    """Lines of one bug: status, severity, occurrences, and the command that replays it."""
    harm = f"{bug.harm}: " if bug.harm not in {None, Severity.NOTHING} else ""
    yield f"{bug.status}: {harm}{bug.signature}"
    if bug.known:
        yield f"  a known bug: {bug.known}"
    elif bug.what:
        yield f"  {bug.what}"
    yield f"  {how_often(bug)}"
    if bug.case:
        yield f"  {replay_command(folder / bug.case, bug.subject)}"


def how_often(bug: TriagedBug) -> str:
    """``412 runs of clusters of dask in 2 nights, 2026-11-23 to 2026-11-25``."""
    if not bug.nights:
        return f"in no night that is here{f', first seen {bug.first}' if bug.first else ''}"
    days = bug.first if bug.first == bug.last else f"{bug.first} to {bug.last}"
    return f"{counted(bug.occurrences, 'run')} of {bug.system} in {counted(bug.nights, 'night')}, {days}"
