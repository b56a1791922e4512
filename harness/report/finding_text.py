"""A finding in few words: its identity, its harm, its cause, whether it is new, and the tactic."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from workerfuzz.harness.cases.triage.severity import Severity
from workerfuzz.harness.engines.findings.finding import Finding

Status = Literal["new", "seen", "known"]

#: How the name of a case ends: what is known under such a name was found by a former night.
CASE: Final = ".case"


#: By the name that options and files have for a tactic: its name in reports, and how it chooses steps.
TACTICS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "uniform": (
            "uniform",
            "all kinds of step are equally likely, but for those that others wait for",
        ),
        "swarm": ("swarm", "about half of the kinds of step are switched off, others in each run"),
        "weighted": (
            "weighted",
            "kinds of step have random weights; requests are likely, pauses are not",
        ),
        "restless": ("restless", "tasks are often released and requested again while they run"),
        "mortal": ("mortal", "workers often die and join"),
        "faulty": ("faulty", "tasks often fail and are retried"),
        "thievish": ("thievish", "tasks and data are often moved between workers"),
        "grown": (
            "mutated",
            "runs are variations of a corpus entry: of the steps of an earlier run that reached "
            "something new",
        ),
    }
)


def tactic_name(tactic: str) -> str:
    """Name of a tactic, as reports call it."""
    return TACTICS[tactic][0] if tactic in TACTICS else tactic


def tactic_meaning(tactic: str) -> str:
    """Return how a tactic chooses steps; empty if it is not known."""
    return TACTICS[tactic][1] if tactic in TACTICS else ""


def by_harm(findings: Iterable[Finding]) -> list[Finding]:
    """New findings first, then the most harmful, then those of most runs; unknown harm before none."""
    unknown = Severity.NOTHING.rank - 0.5

    def order(finding: Finding) -> tuple[bool, float, int, tuple[str, ...]]:
        return (
            not finding.is_new,
            finding.rank if finding.severity else unknown,
            -finding.occurrences,
            bug(finding),
        )

    return sorted(findings, key=order)


def bug(finding: Finding) -> tuple[str, ...]:
    """Identity of a bug: system and signature."""
    return finding.bug


def status(finding: Finding) -> Status:
    """``new``; ``seen`` by a former night, with nothing done about it; or one of the known bugs."""
    if finding.is_new:
        return "new"
    return "seen" if finding.known.endswith(CASE) else "known"


def harm(finding: Finding) -> str:
    """Consequence for users; empty where it is unknown, or none."""
    return (
        str(Severity[finding.severity])
        if finding.severity not in {"", Severity.NOTHING.name}
        else ""
    )


def what(finding: Finding) -> str:
    """Summary of the first violation, in a line."""
    return finding.severity_detail or finding.counterexample.partition("\n")[0] or finding.sentence


def harm_and_what(finding: Finding) -> str:
    """``memory stays: scheduler on w0: actors: a``."""
    return f"{harm(finding)}: {what(finding)}" if harm(finding) else what(finding)
