"""Every bug of a folder in one list: how often and since when it came, and whether it is still there."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from workerfuzz.harness.campaigns.nightly.folder import Folder
from workerfuzz.harness.campaigns.nightly.night_files import Written
from workerfuzz.harness.cases.format.case import Case, CaseError
from workerfuzz.harness.cases.triage.severity import HARM, Severity
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.engines.findings.finding import (
    Finding,
    findings_in,
    first_seen,
    merge_findings,
    name_among,
    name_of,
)
from workerfuzz.harness.worlds.scopes import SCOPES

#: How the name of a case ends.
CASE: Final = ".case"


class BugStatus(enum.StrEnum):
    """Status of a bug: it decides the work that remains to be done about it."""

    NEW = "new"  # nobody has looked at it
    KNOWN = "known"  # a former night found it, or it is among the known bugs
    FIXED = "fixed"  # it did not break any more when the last night replayed it


@dataclass(frozen=True, slots=True)
class TriagedBug:
    """One line of the list.

    Attributes:
        signature: as people read it; the name of the case where no night tells it.
        system: subject and scope, in words.
        subject: that its case is to be replayed on.
        occurrences: runs that ended so, of all nights.
        nights: in how many of them it came.
        first, last: days on which it was seen; empty where nobody knows.
        harm: what it leads to, where that was tried.
        broken: name of the property; where nothing was tried, it stands for the harm.
        what: what happened, in a line.
        known: title of the known bug that it is; empty for findings of this folder.
        case: its path in the folder; empty where there is none.
    """

    signature: str
    status: BugStatus
    system: str = ""
    subject: str = ""
    occurrences: int = 0
    nights: int = 0
    first: str = ""
    last: str = ""
    harm: Severity | None = None
    broken: str = ""
    what: str = ""
    known: str = ""
    case: str = ""

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """Sort key: new bugs first, fixed bugs last; within a status the most harmful first."""
        harm = self.harm if self.harm is not None else HARM.get(self.broken, Severity.NOTHING)
        return [*BugStatus].index(self.status), harm.rank, -self.occurrences, self.signature


def triage(folder: Folder, nights: Iterable[Written], since: str = "") -> list[TriagedBug]:
    """Every bug that nights met or that has a case in the folder; new ones first, then by harm.

    Args:
        nights: the last one first.
        since: what was first seen on that day or later is new; empty: what the last night saw first.
    """
    cases = dict(findings_in(folder.findings))
    last, fixed = "", set[str]()
    by_bug: dict[tuple[str, ...], dict[str, Finding]] = {}
    for written in nights:
        if not last:
            last = written.night.began
            fixed = {line.partition(": ")[0] for line in written.night.fixed}
        for finding in written.night.findings:
            by_bug.setdefault(finding.bug, {})[written.night.began] = finding
    found = []
    for by_night in by_bug.values():
        any_night = next(iter(by_night.values()))
        name = name_among(any_night, cases) or name_of(any_night)
        bug_ = of_nights(by_night, name, cases.pop(name, None))
        found.append(replace(bug_, status=status_of(bug_, by_night, last, since)))
        if name in fixed and last not in by_night:
            found[-1] = replace(found[-1], status=BugStatus.FIXED)
    found += [of_case(name, case, fixed) for name, case in cases.items()]
    return sorted(found, key=lambda bug: bug.rank)


def status_of(bug: TriagedBug, by_night: Mapping[str, Finding], last: str, since: str) -> BugStatus:
    """New or known."""
    if bug.known:
        return BugStatus.KNOWN
    is_new = bug.first >= since if since else last in by_night and by_night[last].is_new
    return BugStatus.NEW if is_new else BugStatus.KNOWN


def of_nights(
    by_night: Mapping[str, Finding], name: str, case: Case | CaseError | None
) -> TriagedBug:
    """Merge the findings of one bug, given by the time at which their night began."""
    (best,) = merge_findings(by_night.values())
    day = first_seen(case) if isinstance(case, Case) else ""
    harm = next((finding.severity for finding in by_night.values() if finding.severity), "")
    return TriagedBug(
        str(Signature(*best.signature)),
        BugStatus.KNOWN,
        f"{SCOPES[best.scope].systems}{best.subject}",
        best.subject,
        best.occurrences,
        len(by_night),
        min(filter(None, (day, min(by_night)[:10]))),
        max(by_night)[:10],
        Severity[harm] if harm else None,
        best.signature[0],
        best.severity_detail or best.counterexample.partition("\n")[0],
        "" if best.is_new or best.known.endswith(CASE) else best.known,
        f"findings/{name}" if case is not None else "",
    )


def of_case(name: str, case: Case | CaseError, fixed: Iterable[str]) -> TriagedBug:
    """A case whose nights are not here any more, or that somebody put there."""
    status = BugStatus.FIXED if name in fixed else BugStatus.KNOWN
    if isinstance(case, CaseError):
        return TriagedBug(name, status, what=str(case), case=f"findings/{name}")
    subject = case.subjects[0]
    return TriagedBug(
        name.rpartition("-")[0] or name,
        status,
        f"{SCOPES[case.scope].systems}{subject}",
        subject,
        first=first_seen(case),
        last=first_seen(case),
        broken=name.rpartition("-")[0],
        what=case.title,
        case=f"findings/{name}",
    )
