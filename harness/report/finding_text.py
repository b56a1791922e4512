"""A bug in few words: which one it is, what it does to people, what happened, and whether it is new."""

from typing import Final, Literal

from workerfuzz.harness.cases.triage.severity import Severity
from workerfuzz.harness.engines.findings.finding import Finding

Status = Literal["new", "seen", "known"]

#: How the name of a case ends: what is known under such a name was found by a former night.
CASE: Final = ".case"


def bug(met: Finding) -> tuple[str, ...]:
    """Identity of a bug: its system and its signature."""
    return met.bug


def status(met: Finding) -> Status:
    """``new``; ``seen`` by a former night, with nothing done about it; or one of the known bugs."""
    if met.is_new:
        return "new"
    return "seen" if met.known.endswith(CASE) else "known"


def harm(met: Finding) -> str:
    """Severity for users, in words; empty where it was not tried, or there is none."""
    return str(Severity[met.severity]) if met.severity not in {"", Severity.NOTHING.name} else ""


def what(met: Finding) -> str:
    """Counterexample, in a line."""
    return met.severity_detail or met.counterexample.partition("\n")[0] or met.sentence


def harm_and_what(met: Finding) -> str:
    """``memory stays: scheduler on w0: actors: a``."""
    return f"{harm(met)}: {what(met)}" if harm(met) else what(met)
