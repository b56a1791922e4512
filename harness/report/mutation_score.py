"""Score of mutation testing, for the terminal and for ``docs/power.md``."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from workerfuzz.harness.campaigns.mutation_testing.campaign import (
    MutantResult,
    MutationScore,
)
from workerfuzz.harness.campaigns.mutation_testing.equivalent import equivalent_ids
from workerfuzz.harness.cases.format.spelling import counted


def result_line(result: MutantResult) -> str:
    """Result of one mutant, in one line."""
    did = f"{result.result.steps:,} steps, {result.result.cpu_s:.1f} s"
    if not result.is_caught:
        return f"  ! {result.mutant}: nothing noticed; {did}"
    return f"  = {result.mutant}: {result.noticed_by}; {did}"


def summary_lines(score: MutationScore) -> Iterator[str]:
    """The score, scores by file, properties by what they caught, and the survivors."""
    yield from head_lines(score)
    if score.results:
        first, median, third = score.cpu_quartiles()
        yield (
            f"time until caught: a quarter within {first:.2f} s of CPU, half within {median:.2f} s, "
            f"three quarters within {third:.2f} s"
        )
        yield "by file:"
        for file, (caught, tried) in score.files().items():
            yield f"  {caught:>4} of {tried:<4} {file}"
        yield "noticed first by:"
        for name, count in score.noticed():
            yield f"  {count:>4} {name}"
    if score.survivors:
        yield "survivors:"
        yield from (f"  {result.mutant}" for result in score.survivors)


def head_lines(score: MutationScore) -> Iterator[str]:
    """The score in a line or two."""
    plan, tried = score.plan, len(score.results)
    yield (
        f"{len(score.caught)} of {tried} mutants of {plan.target} caught, {score.share:.1%}; "
        f"{plan.budget} each, seed {plan.seed}, {score.version or 'version unknown'}"
    )
    aside = [counted(score.generated, "mutant") + " in all"]
    if score.equivalent:
        aside.append(f"{len(score.equivalent)} known to be equivalent and not tried")
    if score.unreached:
        aside.append(
            f"{len(score.unreached)} on lines that a walk of {plan.reach_s:g} s never executed"
        )
    yield "; ".join(aside)
    healthy = score.healthy
    if not score.is_healthy:
        yield f"the healthy code does not pass: {healthy.property or healthy.counterexample}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedScore:
    """The part of a score that is published: counts and survivors, not what noticed each mutant.

    Attributes:
        measured: date.
        budget: of a mutant, in words.
        reach_s: seconds of CPU of the walk that tells which lines are executed; 0: all mutants count.
        sampled: of how many mutants the tried ones are a sample; 0: all were tried.
        sample: size of the sample that was asked for; more than were tried where it was ended early.
        reviewed: survivors of the sample that were found equivalent since, and are not counted as tried.
        quartiles: seconds of CPU until a mutant was caught.
    """

    target: str
    version: str
    measured: str
    budget: str
    seed: int
    sampled: int
    reach_s: float
    generated: int
    unreached: int
    equivalent: int
    tried: int
    caught: int
    files: dict[str, tuple[int, int]]
    noticed: list[tuple[str, int]]
    quartiles: tuple[float, float, float]
    survivors: list[str]
    sample: int = 0
    reviewed: int = 0


def published(score: MutationScore, measured: str) -> PublishedScore:
    """Return what is published of a score. Survivors that were found equivalent since do not count."""
    plan, equivalent = score.plan, equivalent_ids(score.plan.target)
    among = [
        result for result in score.results if result.is_caught or result.mutant.id not in equivalent
    ]
    reviewed = len(score.results) - len(among)
    score = replace(score, results=among)
    return PublishedScore(
        target=plan.target,
        version=score.version,
        measured=measured,
        budget=plan.budget,
        seed=plan.seed,
        sampled=score.generated if plan.sample is not None else 0,
        reach_s=plan.reach_s if score.unreached else 0.0,
        generated=score.generated,
        unreached=len(score.unreached),
        equivalent=len(score.equivalent) + reviewed,
        tried=len(score.results),
        caught=len(score.caught),
        files=dict(score.files()),
        noticed=score.noticed(),
        quartiles=score.cpu_quartiles(),
        survivors=[str(result.mutant) for result in score.survivors],
        sample=plan.sample or 0,
        reviewed=reviewed,
    )
