"""Targets of a night: every subject available here, at every scope that it supports."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from workerfuzz.harness.subjects import declaration, names, system
from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.harness.worlds.scopes import SCOPES


@dataclass(frozen=True, slots=True)
class Target:
    """Target of a campaign: a subject at a scope, with a share of the budget."""

    subject: str
    scope: str
    engine: str = "walk"

    @property
    def system(self) -> tuple[str, str]:
        """Subject and scope."""
        return self.subject, self.scope

    @property
    def explores(self) -> bool:
        """Its runs are all there are: no seed chooses them."""
        return self.engine == "explore"

    def __str__(self) -> str:
        explored = ", explored" if self.explores else ""
        return f"{SCOPES[self.scope].systems}{self.subject}{explored}"


def targets(subjects: Iterable[str] = (), scope: str | None = None) -> dict[Target, str]:
    """Return the targets to be fuzzed, each with the version of its subject.

    Args:
        subjects: their names; none for all that are installed.
        scope: this one alone; None for every scope that a subject has.

    Raises:
        SubjectUnavailable: one that is named cannot be fuzzed so.
    """
    chosen = list(dict.fromkeys(subjects))
    found: dict[Target, str] = {}
    for name in chosen or names():
        versions, why = available(name, [scope] if scope else [*SCOPES])
        if chosen and why is not None and not versions:
            raise why
        found |= versions
    return found


def explorable(found: Mapping[Target, str]) -> dict[Target, str]:
    """Return the targets whose clusters can be copied, to be explored, each with its version."""
    return {
        replace(target, engine="explore"): version
        for target, version in found.items()
        if target.scope == "cluster" and declaration(target.subject).is_own
    }


def available(
    name: str, scopes: Iterable[str]
) -> tuple[dict[Target, str], SubjectUnavailable | None]:
    """A subject at those of the scopes that it has; and why not at the last of the others."""
    found: dict[Target, str] = {}
    why = None
    for scope in scopes:
        try:
            found[Target(name, str(scope))] = version_of(name, scope)
        except SubjectUnavailable as error:
            why = error
    return found, why


def version_of(name: str, scope: str) -> str:
    """Of a subject, at a scope at which it can be fuzzed. Raises SubjectUnavailable."""
    return system(name, scope).version()
