"""Every bug of a folder in one list: how often and since when it came, and whether it is still there."""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from workerfuzz.harness.campaigns.findings import findings_in, first_seen, name_of
from workerfuzz.harness.campaigns.folder import Folder
from workerfuzz.harness.campaigns.met import Met
from workerfuzz.harness.campaigns.night import merge_met
from workerfuzz.harness.campaigns.nights import Written
from workerfuzz.harness.cases.case import Case, CaseError
from workerfuzz.harness.cases.severity import HARM, Severity
from workerfuzz.harness.cases.signature import Signature

#: How the name of a case ends.
CASE: Final = ".case"


class Status(enum.StrEnum):
    """What is to be done about a bug."""

    NEW = "new"  # nobody has looked at it
    KNOWN = "known"  # a former night found it, or it is among the known bugs
    FIXED = "fixed"  # it did not break any more when the last night replayed it


@dataclass(frozen=True, slots=True)
class Bug:
    """One line of the list.

    Attributes:
        signature: as people read it; the name of the case where no night tells it.
        system: subject and scope, in words.
        subject: that its case is to be replayed on.
        times: runs that ended so, of all nights.
        nights: in how many of them it came.
        first, last: days on which it was seen; empty where nobody knows.
        harm: what it leads to, where that was tried.
        broken: name of the property; where nothing was tried, it stands for the harm.
        what: what happened, in a line.
        known: title of the known bug that it is; empty for findings of this folder.
        case: its path in the folder; empty where there is none.
    """

    signature: str
    status: Status
    system: str = ""
    subject: str = ""
    times: int = 0
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
        """What is new comes first, what is fixed last; of each, the most harmful ones."""
        harm = self.harm if self.harm is not None else HARM.get(self.broken, Severity.NOTHING)
        return [*Status].index(self.status), harm.rank, -self.times, self.signature


def triage(folder: Folder, nights: Sequence[Written], since: str = "") -> list[Bug]:
    """Every bug that nights met or that has a case in the folder; new ones first, then by harm.

    Args:
        nights: the oldest first.
        since: what was first seen on that day or later is new; empty: what the last night saw first.
    """
    cases = dict(findings_in(folder.findings))
    fixed = {line.partition(": ")[0] for line in nights[-1].night.fixed} if nights else set()
    by_bug: dict[tuple[str, ...], dict[str, Met]] = {}
    for written in nights:
        for met in written.night.met:
            bug = (met.subject, met.scope, *met.signature)
            by_bug.setdefault(bug, {})[written.night.began] = met
    found = [of_nights(met, cases, nights, fixed, since) for met in by_bug.values()]
    told = {name_of(it) for met in by_bug.values() for it in met.values()}
    found += [of_case(name, cases[name], fixed) for name in cases if name not in told]
    return sorted(found, key=lambda it: it.rank)


def of_nights(
    by_night: dict[str, Met],
    cases: dict[str, Case | CaseError],
    nights: Sequence[Written],
    fixed: Iterable[str],
    since: str,
) -> Bug:
    """What nights tell of one bug, each by the moment when it began."""
    (best,) = merge_met(by_night.values())
    name, last = name_of(best), nights[-1].night.began
    case = cases.get(name)
    day = first_seen(case) if isinstance(case, Case) else ""
    first = min(filter(None, (day, min(by_night)[:10])))
    known = "" if best.is_new or best.known.endswith(CASE) else best.known
    harm = next((it.severity for it in by_night.values() if it.severity), "")
    if name in fixed and last not in by_night:
        status = Status.FIXED
    elif known:
        status = Status.KNOWN
    elif since:
        status = Status.NEW if first >= since else Status.KNOWN
    else:
        status = Status.NEW if last in by_night and by_night[last].is_new else Status.KNOWN
    return Bug(
        str(Signature(*best.signature)),
        status,
        f"clusters of {best.subject}" if best.scope == "cluster" else best.subject,
        best.subject,
        best.times,
        len(by_night),
        first,
        max(by_night)[:10],
        Severity[harm] if harm else None,
        best.signature[0],
        best.told or best.counterexample.partition("\n")[0],
        known,
        f"findings/{name}" if name in cases else "",
    )


def of_case(name: str, case: Case | CaseError, fixed: Iterable[str]) -> Bug:
    """A case whose nights are not here any more, or that somebody put there."""
    status = Status.FIXED if name in fixed else Status.KNOWN
    if isinstance(case, CaseError):
        return Bug(name, status, what=str(case), case=f"findings/{name}")
    subject = case.subjects[0]
    return Bug(
        name.rpartition("-")[0] or name,
        status,
        f"clusters of {subject}" if case.scope == "cluster" else subject,
        subject,
        first=first_seen(case),
        last=first_seen(case),
        broken=name.rpartition("-")[0],
        what=case.title,
        case=f"findings/{name}",
    )
