"""Validity of a night: its canary, the novelty of its runs, and the failures of its shards."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import NightSummary
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.counters import shared, total
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.cases.format.vocabulary import REFERENCE

# The canary: a bug is planted, and the shards of the night must find it; without it, nothing

#: By scope: a mutant that nearly every run meets, one after a step, the other at rest.
PLANTED: Final = {"worker": "bytes-stay-under-way", "cluster": "finish-is-kept-secret"}

#: Runs in which it must show; it takes one or two.
RUNS: Final = 40


@dataclass(frozen=True, slots=True)
class Canary:
    """A mutant that the shards of a night must find; or the healthy model, without a finding."""

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

    def failures(self, result: ShardResult) -> Iterator[str]:
        """Yield the reasons why the night is red, a line each."""
        what = f"in {result.total.runs} runs at {self.scope} scope"
        if not self.planted:
            for finding in result.new:
                yield f"{finding.signature.property} breaks {what}, where nothing is planted"
            if result.total.runs < RUNS:
                due = f"{RUNS} runs were due where nothing is planted"
                yield f"{due}, {result.total.runs} were made"
            return
        caught_by = named(self.planted).caught_by
        found = [finding for finding in result.new if finding.signature.property in caught_by]
        if not found:
            yield f"{self.planted} was planted, and not found {what}"
        elif not any(finding.case for finding in found):
            yield f"{self.planted} was planted and found, but there is no case of it"


def canaries(targets: Sequence[Target]) -> list[Canary]:
    """For each scope of the night one that must be found, and one that must not."""
    scopes = dict.fromkeys(target.scope for target in targets if target.scope in PLANTED)
    return [Canary(scope, planted) for scope in scopes for planted in (PLANTED[scope], "")]


# Failures of shards themselves: of the harness, of an unavailable subject, again and again

#: After so many shards in which something went wrong, a target is given up for the night.
MOST_FAULTY: Final = 10

#: Subject and scope.
System = tuple[str, str]


def problems_of(result: ShardResult) -> list[str]:
    """Return the failures of one shard, a line each."""
    target = Target(result.plan.subject, result.plan.scope)
    return [f"{target}: {line}" for line in [result.refused, *result.faults] if line]


@dataclass(slots=True)
class ShardFailures:
    """Failures of the shards of a night so far.

    Attributes:
        faulty: the lines of each shard that failed, by target.
        refused: targets that cannot be had.
        corpus_errors: why entries could not be stored; shards go on all the same.
    """

    faulty: dict[System, dict[int, list[str]]] = field(default_factory=dict)
    refused: set[System] = field(default_factory=set)
    corpus_errors: set[str] = field(default_factory=set)

    def record(self, index: int, result: ShardResult) -> None:
        """Record the failures of a shard."""
        system = result.plan.subject, result.plan.scope
        problems = problems_of(result)
        if problems:
            self.faulty.setdefault(system, {})[index] = problems
        if result.refused:
            self.refused.add(system)
        if result.corpus_error:
            self.corpus_errors.add(result.corpus_error)

    def is_given_up(self, system: System) -> bool:
        """Another shard of that target is not worth it."""
        return system in self.refused or len(self.faulty.get(system, ())) >= MOST_FAULTY

    def lines(self) -> Iterator[str]:
        """Yield the lines for the report, each once."""
        for system, shards in self.faulty.items():
            lines = dict.fromkeys(line for problems in shards.values() for line in problems)
            yield from list(lines)[:MOST_FAULTY]
            if len(shards) >= MOST_FAULTY and system not in self.refused:
                yield f"{Target(*system)}: given up after {len(shards)} shards like that"
        yield from sorted(self.corpus_errors)


# Novelty: every target had its runs, and no former night had the same

#: From this share on, tonight's runs are those of another night.
REPEATED: Final = 0.5


def sketch(night: Night) -> list[int]:
    """Merge the sketches of all runs of a night."""
    return total(shard.total for shard in night.shards).sketch


def likeness(night: Night, nights: Iterable[NightSummary]) -> tuple[float, NightSummary | None]:
    """The former night that had most of tonight's runs, and how many of the sample it had; 0 to 1."""
    tonight = sketch(night)
    shares = ((shared(tonight, other.sketch), other) for other in nights)
    share, most_alike = max(shares, key=lambda share: share[0], default=(0.0, None))
    return (share, most_alike) if share else (0.0, None)


def novelty_line(night: Night, nights: list[NightSummary]) -> str:
    """One line on how many of the runs were new."""
    sampled, runs = len(sketch(night)), sum(shard.total.runs for shard in night.shards)
    share, other = likeness(night, nights)
    was = f"{share:.0%} of them were among those of night {other.name}" if other else "none is old"
    compared = (
        f"compared with {counted(len(nights), 'former night')}"
        if nights
        else "the first night here"
    )
    return f"{runs:,} runs; of {sampled} that were sampled, {was}; {compared}"


def reasons_invalid(night: Night, nights: list[NightSummary]) -> Iterator[str]:
    """Yield the reasons why the night proves nothing, a line each."""
    for target in night.targets:
        own = (
            shard
            for shard in night.shards
            if (shard.plan.subject, shard.plan.scope) == target.system
        )
        if not any(shard.total.runs for shard in own) and not night.interrupted:
            yield f"there was no run of {target}"
    for other in nights:
        if other.seed == night.seed:
            yield f"seed {night.seed} is that of night {other.name}, too; a night needs a fresh one"
    share, like = likeness(night, nights)
    if like is not None and share >= REPEATED:
        yield (
            f"tonight's runs are not new: {share:.0%} of those that were sampled are those of "
            f"night {like.name}; another --seed makes others"
        )
