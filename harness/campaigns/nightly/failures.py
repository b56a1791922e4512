"""Failures of shards themselves: an error in the harness, an unavailable subject, repeated failure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.result import ShardResult

#: After so many shards in which something went wrong, a target is given up for the night.
MOST_FAULTY: Final = 10

#: Subject and scope.
System = tuple[str, str]


def problems_of(result: ShardResult) -> list[str]:
    """Return the failures of one shard, a line each."""
    what = Target(result.plan.subject, result.plan.scope)
    said = [result.refused] if result.refused else []
    return [f"{what}: {line}" for line in [*said, *result.faults]]


@dataclass(slots=True)
class ShardFailures:
    """Failures of the shards of a night so far.

    Attributes:
        faulty: shards in which something did, by target; each with what it was.
        refused: targets that cannot be had.
        corpus_errors: why entries could not be stored; shards go on all the same.
    """

    faulty: dict[System, dict[int, list[str]]] = field(default_factory=dict)
    refused: set[System] = field(default_factory=set)
    corpus_errors: set[str] = field(default_factory=set)

    def note(self, place: int, result: ShardResult) -> None:
        """Record the failures of a shard."""
        system = result.plan.subject, result.plan.scope
        problems = problems_of(result)
        if problems:
            self.faulty.setdefault(system, {})[place] = problems
        if result.refused:
            self.refused.add(system)
        if result.corpus_error:
            self.corpus_errors.add(result.corpus_error)

    def too_much(self, plan: Plan) -> bool:
        """Another shard of that target is not worth it."""
        return self.is_over((plan.subject, plan.scope))

    def with_all(self, targets: Iterable[Target]) -> bool:
        """There is nothing left that is worth it."""
        return all(self.is_over(target.system) for target in targets)

    def is_over(self, system: System) -> bool:
        return system in self.refused or len(self.faulty.get(system, ())) >= MOST_FAULTY

    def lines(self) -> Iterator[str]:
        """Yield the lines for the report, each once."""
        for system, shards in self.faulty.items():
            lines = dict.fromkeys(line for problems in shards.values() for line in problems)
            yield from list(lines)[:MOST_FAULTY]
            if len(shards) >= MOST_FAULTY and system not in self.refused:
                yield f"{Target(*system)}: given up after {len(shards)} shards like that"
        yield from sorted(self.corpus_errors)
