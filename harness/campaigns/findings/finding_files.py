"""Findings in a folder: a case for each bug, named by its signature; the shortest, and its first day."""

import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Final

from workerfuzz.harness.campaigns.findings.finding import Finding
from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case, CaseError
from workerfuzz.harness.cases.format.reading import below, read
from workerfuzz.harness.cases.format.saving import write

#: A day, as the header of a case tells it.
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

#: What is added to the name of a finding that one worker alone shows.
ALONE: Final = "-alone"


def name_of(met: Finding) -> str:
    """Of the file: ``PROPERTY-HEX.case``. The same bug of the same subject has the same name."""
    bug = "\n".join((met.subject, met.scope, *met.signature))
    return f"{met.signature[0]}-{blake2b(bug.encode(), digest_size=4).hexdigest()}.case"


def names_in(folder: Path) -> list[str]:
    """Of the findings that are there, sorted; those of one worker alone are not counted."""
    found = sorted(path.name for path in below(folder)) if folder.is_dir() else []
    return [name for name in found if not name.endswith(f"{ALONE}.case")]


def keep_finding(folder: Path, met: Finding, day: str) -> Path:
    """Writes the cases of a finding, unless those that are there are as short; returns where it is.

    Args:
        day: when it was seen, as ISO 8601 writes it; the first such day stays.

    Raises:
        OSError: the folder takes nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if met.alone:
        alone = name_of(met).removesuffix(".case") + f"{ALONE}.case"
        keep_shortest(folder / alone, casefile.parse(met.alone), day)
    return keep_shortest(folder / name_of(met), casefile.parse(met.case), day)


def keep_shortest(path: Path, case: Case, day: str) -> Path:
    """Writes a case, unless what is there is as short. What cannot be read is left as it is."""
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
    """The day in its header; empty where there is none."""
    match = _DAY.search(case.found or "")
    return match[0] if match else ""


def seen_since(case: Case, day: str) -> Case:
    """The case that says that day, if what it says is later."""
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
