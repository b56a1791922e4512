"""Score of mutation testing, for the terminal and for ``docs/power.md``."""

from collections.abc import Iterator

from workerfuzz.harness.campaigns.mutation_testing.campaign import (
    MutantResult,
    MutationScore,
)
from workerfuzz.harness.cases.format.spelling import counted


def result_line(it: MutantResult) -> str:
    """Result of one mutant, in one line."""
    did = f"{it.result.steps:,} steps, {it.result.cpu_s:.1f} s"
    if not it.is_caught:
        return f"  ! {it.mutant}: nothing noticed; {did}"
    return f"  = {it.mutant}: {it.noticed_by}; {did}"


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
        yield from (f"  {it.mutant}" for it in score.survivors)


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
    if healthy.caught_by is not None:
        yield f"the healthy code does not pass: {healthy.property or healthy.counterexample}"
