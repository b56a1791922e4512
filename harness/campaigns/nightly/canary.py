"""The canary: a bug is planted, and tonight's shards must find it; without it they must find nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.vocabulary import REFERENCE

#: By scope: a mutant that nearly every run meets, one after a step, the other at rest.
PLANTED: Final = {"worker": "bytes-stay-under-way", "cluster": "finish-is-kept-secret"}

#: Runs in which it must show; it takes one or two.
RUNS: Final = 40


@dataclass(frozen=True, slots=True)
class Canary:
    """One mutant, or the healthy model."""

    scope: str
    planted: str = ""

    def plan(self, seed: int) -> Plan:
        return Plan(
            subject=REFERENCE,
            scope=self.scope,
            seed=seed,
            budget=Budget(runs=RUNS),
            planted=self.planted,
        )

    def wrong(self, result: ShardResult) -> Iterator[str]:
        """Why the night is red, a line each."""
        what = f"in {result.total.runs} runs at {self.scope} scope"
        if not self.planted:
            for finding in result.new:
                yield f"{finding.signature[0]} breaks {what}, where nothing is planted"
            if result.total.runs < RUNS:
                due = f"{RUNS} runs were due where nothing is planted"
                yield f"{due}, {result.total.runs} were made"
            return
        caught_by = named(self.planted).caught_by
        found = [finding for finding in result.new if finding.signature[0] in caught_by]
        if not found:
            yield f"{self.planted} was planted, and not found {what}"
        elif not any(finding.case for finding in found):
            yield f"{self.planted} was planted and found, but there is no case of it"


def canaries(targets: Sequence[Target]) -> list[Canary]:
    """For each scope of the night one that must be found, and one that must not."""
    scopes = dict.fromkeys(target.scope for target in targets)
    return [Canary(scope, planted) for scope in scopes for planted in (PLANTED[scope], "")]
