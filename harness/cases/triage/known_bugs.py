"""Bugs of released systems that we know: cases with ``breaks:`` in ``regressions/known``."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Final

from workerfuzz.harness.cases.case_world import AnySubject, open_world
from workerfuzz.harness.cases.format.case import Case, ScopeName
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.format.reading import case_files
from workerfuzz.harness.cases.triage.signature import Signature, signature
from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem
from workerfuzz.harness.worlds.playing import play
from workerfuzz.statemachine.properties.crashes import every_call_returns, process_survives

#: Properties that a process may break for ever, or with its end.
DEADLY: Final = frozenset({process_survives.name, every_call_returns.name})

#: Where their cases are.
FOLDER: Final = Path(str(files("workerfuzz.regressions") / "known"))


def known_cases(folder: Path = FOLDER) -> Iterator[Case]:
    """Every known bug's cases, in the order of their names."""
    if folder.is_dir() and any(folder.iterdir()):
        yield from map(load, case_files([folder]))


@dataclass(frozen=True, slots=True)
class Known:
    """Known bugs of one version of a subject.

    Attributes:
        bugs: the cases that break there, by signature.
        fixed: cases that should break there, and do not.
    """

    bugs: Mapping[Signature, Case] = field(default_factory=dict)
    fixed: tuple[Case, ...] = ()


def breaks_one_of(case: Case, subject: AnySubject, properties: Collection[str]) -> bool:
    """As far as is known, it breaks one of these on this version of a subject."""
    broken = case.known_breaks(subject.name, subject.version())
    return any(it.property in properties for it in broken)


def known_bugs(subject: ClusterSystem, folder: Path = FOLDER) -> Known:
    """Return the known bugs of this version of a subject.

    Taken from replaying the cases: so a signature is never out of date. Those that would end this
    process are left out.
    """
    found: dict[Signature, Case] = {}
    fixed: list[Case] = []
    for case in known_cases(folder):
        if breaks_one_of(case, subject, (process_survives.name,)):
            continue
        if case.scope is ScopeName.CLUSTER and any(
            case.known_breaks(subject.name, subject.version())
        ):
            marks = [
                signature(result.violation)
                for result in play(open_world(case, subject), case.steps)
                if result.violation is not None
            ]
            for mark in marks:
                found.setdefault(mark, case)
            if not marks:
                fixed.append(case)
    return Known(found, tuple(fixed))
