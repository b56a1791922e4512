"""Fuzzing of one mutant with another engine than the walk, in a process in which it is planted."""

import time
from dataclasses import dataclass, field
from typing import Final, Protocol

from workerfuzz.harness.campaigns.mutation_testing.request import SearchRequest, SearchResult
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.shard import ENGINES, Shard
from workerfuzz.harness.engines.explore.small_universe import Space
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.worlds.violation import Violation

#: Cost of the dearest universe that is explored, if time allows: more than it does.
MOST_COST: Final = 4


class RequestedSearch(Protocol):
    """A search for one mutant: what it is asked for, and what came of it."""

    request: SearchRequest
    result: SearchResult

    def is_spent(self, began: float) -> bool:
        """A violation counted, or the budget is used up."""

    def note(self, violation: Violation) -> None:
        """A run ended in a violation."""


@dataclass(slots=True)
class EngineSearch(Shard):
    """A search of another engine than the walk: the first violation that counts ends it."""

    mutant: RequestedSearch = field(kw_only=True)

    def spent(self) -> bool:
        result, counters = self.mutant.result, self.spent_on.values()
        result.steps = sum(counter.steps for counter in counters)
        result.cpu_s = time.process_time() - self.began_cpu
        return self.mutant.is_spent(self.began_cpu)

    def record_violation(self, violation: Violation) -> Finding | None:
        self.mutant.note(violation)
        return None


def search_by_engine(engine: str, subject: AnySubject, found: RequestedSearch) -> None:
    """Search with an engine until a violation counts, or the budget is spent."""
    request = found.request
    plan = Plan(
        subject=request.subject,
        scope=request.scope,
        engine=engine,
        seed=request.seed,
        budget=Budget(cpu_s=request.cpu_s),
        known=False,
        space=Space(budget=MOST_COST, reduced=True),
    )
    shard = EngineSearch(plan, subject, mutant=found)
    ENGINES[engine](shard)
    shard.spent()
