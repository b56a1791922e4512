"""Reviewed mutants that change nothing that anybody could notice, each with the reason.

``equivalent.toml`` lists them by reason. An entry names its mutant without the line, so that it stays
true while other functions change; where its own function changes, the entry is out of date, and a test
says so. Mutants of an installed package are those of one release.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from workerfuzz.harness.campaigns.mutation_testing.mutant import GeneratedMutant


@dataclass(frozen=True, slots=True)
class EquivalentMutant:
    """An entry of the file.

    Attributes:
        target: name of the code under test.
        entry: the mutant, as ``GeneratedMutant.entry`` says it.
        reason: one sentence.
        release: of the package that is changed; empty: it is part of this one.
    """

    target: str
    entry: str
    reason: str
    release: str = ""

    @property
    def id(self) -> str:
        return self.entry.partition(" ")[0]


def equivalent_mutants() -> Iterator[EquivalentMutant]:
    """Every entry, in the order of the file."""
    text = files(__package__).joinpath("equivalent.toml").read_text(encoding="utf-8")
    for group in tomllib.loads(text).get("equivalent", []):
        for entry in group["mutants"]:
            yield EquivalentMutant(
                group["target"], entry, group["reason"], group.get("release", "")
            )


def equivalent_ids(target: str) -> frozenset[str]:
    """Ids of the equivalent mutants of a target."""
    return frozenset(mutant.id for mutant in equivalent_mutants() if mutant.target == target)


def out_of_date(target: str, mutants: list[GeneratedMutant], release: str = "") -> list[str]:
    """Entries whose mutant does not exist any more, among those of that release."""
    there = {mutant.entry for mutant in mutants}
    return [
        mutant.entry
        for mutant in equivalent_mutants()
        if mutant.target == target and mutant.release == release and mutant.entry not in there
    ]
