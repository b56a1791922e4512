"""Bugs of released systems that we know: cases with ``breaks:`` in ``regressions/known``."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from workerfuzz.harness.cases.case import Case, Scope
from workerfuzz.harness.cases.casefile import load
from workerfuzz.harness.cases.reading import case_files
from workerfuzz.harness.cases.run import moments, open_world
from workerfuzz.harness.cases.signature import Signature, signature
from workerfuzz.harness.subjects.cluster import ClusterMaker

#: Where their cases are.
FOLDER: Final = Path(str(files("workerfuzz.regressions") / "known"))


def known_cases(folder: Path = FOLDER) -> Iterator[Case]:
    """Every known bug's cases, in the order of their names."""
    if folder.is_dir() and any(folder.iterdir()):
        yield from map(load, case_files([folder]))


def known_bugs(subject: ClusterMaker, folder: Path = FOLDER) -> Mapping[Signature, Case]:
    """The signatures of what is known to break in this version of a subject.

    Taken from replaying the cases: so a signature is never out of date.
    """
    found: dict[Signature, Case] = {}
    for case in known_cases(folder):
        if case.scope is Scope.CLUSTER and any(case.known_breaks(subject.name, subject.version())):
            for moment in moments(open_world(case, subject), case.steps):
                if moment.violation is not None:
                    found.setdefault(signature(moment.violation), case)
    return found
