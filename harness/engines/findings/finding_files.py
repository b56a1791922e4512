"""Findings in a folder: for each bug its shortest case, named by its signature."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Final

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case, CaseError
from workerfuzz.harness.cases.format.reading import below, read, reason
from workerfuzz.harness.cases.format.saving import write
from workerfuzz.harness.cases.replay.replay import replay_command
from workerfuzz.harness.engines.findings.finding import Finding

#: Bytes of the digest in a file name: no two bugs ever share one.
DIGEST_NBYTES: Final = 10

#: Bytes of the digest in the names that earlier releases gave.
FORMER_DIGEST_NBYTES: Final = 4

#: Date in the header of a case.
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

#: Added to the name of the case of one worker alone.
ALONE: Final = "-alone"


def name_of(finding: Finding, digest_nbytes: int = DIGEST_NBYTES) -> str:
    """File name ``PROPERTY-HEX.case``: equal for the same bug of the same subject, and for no other."""
    digest = blake2b("\n".join(finding.bug).encode(), digest_size=digest_nbytes)
    return f"{finding.signature.property}-{digest.hexdigest()}.case"


def name_among(finding: Finding, names: Collection[str]) -> str:
    """Return the file of these that is the case of a finding, named by any release; empty if none."""
    both = (name_of(finding), name_of(finding, FORMER_DIGEST_NBYTES))
    return next((name for name in both if name in names), "")


def names_in(folder: Path) -> list[str]:
    """Names of all findings in a folder, sorted; cases of one worker alone are not counted."""
    found = sorted(path.name for path in below(folder)) if folder.is_dir() else []
    return [name for name in found if not name.endswith(f"{ALONE}.case")]


def save(finding: Finding, folder: Path, day: str) -> str:
    """Write the cases of a finding and note their path; returns why that failed, empty if it did not."""
    try:
        finding.path = str(write_finding(folder, finding, day))
    except OSError as error:
        finding.path = ""
        return f"{folder}: {reason(error)}; the case was not written"
    return ""


def closing_lines(finding: Finding, problem: str = "") -> list[str]:
    """The end of a report: how to replay the cases, or their text where they were not written."""
    if problem:
        return [f"{problem}; here it is:", *finding.case.text.splitlines()]
    if not finding.path:
        return []
    path = Path(finding.path)
    commands = [f"replay it: {replay_command(path, finding.subject)}"]
    if finding.worker_case:
        alone = path.with_name(f"{path.stem}{ALONE}.case")
        commands.insert(0, f"  replay it: {replay_command(alone, finding.subject)}")
    return commands


def write_finding(folder: Path, finding: Finding, day: str) -> Path:
    """Write the cases of a finding, unless those that are there are as short; returns the path.

    Args:
        day: when it occurred, as ISO 8601 writes it; the first such day is kept.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = name_of(finding)
    if finding.worker_case:
        alone = name.removesuffix(".case") + f"{ALONE}.case"
        keep_shortest(folder / alone, finding.worker_case.case, day)
    return keep_shortest(folder / name, finding.case.case, day)


def keep_shortest(path: Path, case: Case, day: str) -> Path:
    """Write a case, unless what is there is as short. A file that cannot be read is left alone."""
    case = seen_since(case, day)
    try:
        former = casefile.parse_leniently(read(path), path)
    except CaseError:
        if path.exists():
            return keep_shortest(path.with_name(f"{path.stem}-again.case"), case, day)
        write(path, casefile.format(case))
        return path
    shortest = case if len(case.steps) < len(former.steps) else former
    kept = seen_since(shortest, min(filter(None, (first_seen(case), first_seen(former)))))
    if kept != former:
        write(path, casefile.format(kept))
    return path


def first_seen(case: Case) -> str:
    """Date in the header of a case; empty where there is none."""
    match = _DAY.search(case.found or "")
    return match[0] if match else ""


def seen_since(case: Case, day: str) -> Case:
    """The case with that date, if its own is later."""
    said = first_seen(case)
    if not said:
        return replace(case, found="; ".join(filter(None, (day, case.found))))
    assert case.found is not None
    return replace(case, found=case.found.replace(said, day)) if day < said else case


def findings_in(folder: Path) -> Iterator[tuple[str, Case | CaseError]]:
    """Each finding, or why it cannot be read; by name."""
    for name in names_in(folder):
        try:
            yield name, casefile.parse_leniently(read(folder / name), folder / name)
        except CaseError as error:
            yield name, error
