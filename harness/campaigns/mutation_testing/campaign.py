"""Mutation testing of one target: a baseline, a sample of its mutants, and the score."""

import hashlib
import statistics
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import Final

from workerfuzz.harness.campaigns.executors.worker_client import ProcessDied, request_result
from workerfuzz.harness.campaigns.mutation_testing.mutant import (
    TARGETS,
    CodeUnderTest,
    GeneratedMutant,
    mutants_of,
)
from workerfuzz.harness.campaigns.mutation_testing.request import (
    CaughtBy,
    SearchRequest,
    SearchResult,
)

#: The module that fuzzes a mutant.
PROCESS: Final = "workerfuzz.harness.campaigns.mutation_testing.mutant_process"

#: Seconds by the clock for one second of CPU, before a process is given up: the machine may be busy.
PATIENCE: Final = 20.0

#: The same of a search without a budget in CPU time.
LONGEST_S: Final = 100.0

#: The healthy code is fuzzed for so much longer than a mutant: all that its walk meets is known then.
LONGER: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationPlan:
    """A campaign.

    Attributes:
        sample: how many mutants are tried; None: all.
        names: ids of mutants, or ends of the names of files; empty: any.
        cpu_s: budget of a mutant in seconds of CPU; 0: none.
        most_steps: budget of a mutant in steps; 0: none.
        tactic: of the walk; several are separated by commas; empty: all.
        engine: that searches for mutants.
        least: share that must be caught; 1: all.
        reach_s: seconds of CPU for which the healthy code is fuzzed to see which lines are executed, and
            which bugs it has itself; only where not every mutant counts.
    """

    target: str
    seed: int = 0
    sample: int | None = None
    names: Sequence[str] = ()
    cpu_s: float = 0.0
    most_steps: int = 0
    tactic: str = ""
    engine: str = "walk"
    least: float = 1.0
    reach_s: float = 60.0

    @property
    def budget(self) -> str:
        """In words."""
        limits = [f"{self.cpu_s:g} s of CPU"] if self.cpu_s else []
        limits += [f"{self.most_steps:,} steps"] if self.most_steps else []
        return " or ".join(limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class MutantResult:
    """One mutant, and what noticed it."""

    mutant: GeneratedMutant
    result: SearchResult

    @property
    def is_caught(self) -> bool:
        return self.result.caught_by is not None

    @property
    def noticed_by(self) -> str:
        """Name of the property, or the way in which it was noticed; empty: nothing did."""
        caught_by = self.result.caught_by
        if caught_by is None:
            return ""
        return self.result.property or caught_by.value


@dataclass(slots=True, kw_only=True)
class MutationScore:
    """Result of a campaign so far.

    Attributes:
        version: of the subject.
        healthy: of the code without a mutant, which must not be caught.
        generated: number of mutants that there are.
        unreached: those on lines that the healthy code never executes, where these do not count.
        equivalent: those that are known to change nothing, and were not tried.
        results: of mutants that were tried, in the order of the text.
    """

    plan: MutationPlan
    version: str = ""
    healthy: SearchResult = field(default_factory=SearchResult)
    generated: int = 0
    unreached: list[GeneratedMutant] = field(default_factory=list)
    equivalent: list[GeneratedMutant] = field(default_factory=list)
    results: list[MutantResult] = field(default_factory=list)

    @property
    def survivors(self) -> list[MutantResult]:
        return [result for result in self.results if not result.is_caught]

    @property
    def caught(self) -> list[MutantResult]:
        return [result for result in self.results if result.is_caught]

    @property
    def share(self) -> float:
        """Of those that were tried, the share that was caught; 0 to 1."""
        return len(self.caught) / len(self.results) if self.results else 1.0

    @property
    def is_healthy(self) -> bool:
        """The code without a mutant passes."""
        return self.healthy.caught_by is None

    @property
    def is_right(self) -> bool:
        """Enough was caught, and the healthy code passes."""
        return self.share >= self.plan.least and self.is_healthy

    def noticed(self) -> list[tuple[str, int]]:
        """Properties and other ways of noticing, with how many each noticed first; the most first."""
        counts = Counter(result.noticed_by for result in self.caught)
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    def files(self) -> Mapping[str, tuple[int, int]]:
        """By file: how many of its mutants were caught, and how many tried."""
        found: dict[str, tuple[int, int]] = {}
        for result in self.results:
            caught, tried = found.get(result.mutant.file, (0, 0))
            found[result.mutant.file] = (caught + result.is_caught, tried + 1)
        return dict(sorted(found.items()))

    def cpu_quartiles(self) -> tuple[float, float, float]:
        """Seconds of CPU until a mutant was caught: quartiles; three zeros where too few were."""
        times = [result.result.cpu_s for result in self.caught if result.result.steps]
        if len(times) < 2:
            return (0.0, 0.0, 0.0)
        first, second, third = statistics.quantiles(times, n=4, method="inclusive")
        return (first, second, third)


#: Told of each mutant that was tried, of how many are, and of how many will be.
TellResult = Callable[[MutantResult, int, int], None]


def tell_nobody(result: MutantResult, done: int, total: int, /) -> None:
    """Discard a result."""


def selected(mutants: Iterable[GeneratedMutant], plan: MutationPlan) -> list[GeneratedMutant]:
    """The mutants that a plan names, or a sample.

    A sample hardly changes when the code does: which mutants are in it follows from the seed and from
    the id of each.

    Raises:
        ValueError: no mutant has that id, no file that name.
    """
    found = [*mutants]
    if plan.names:
        for name in plan.names:
            if not any(is_named(mutant, name) for mutant in found):
                raise ValueError(f'{plan.target} has no mutant and no file "{name}"')
        found = [mutant for mutant in found if any(is_named(mutant, name) for name in plan.names)]
    if plan.sample is None:
        return found
    drawn = sorted(
        found, key=lambda mutant: hashlib.sha256(f"{plan.seed}/{mutant.id}".encode()).digest()
    )
    chosen = {mutant.id for mutant in drawn[: plan.sample]}
    return [mutant for mutant in found if mutant.id in chosen]


def is_named(mutant: GeneratedMutant, name: str) -> bool:
    """Return True for its id, and for its file or the end of that: ``handlers/threads.py``."""
    return mutant.id == name or f"/{mutant.file}".endswith(f"/{name}")


def measure_target(
    plan: MutationPlan,
    *,
    equivalent: frozenset[str] = frozenset(),
    jobs: int = 1,
    tell: TellResult = tell_nobody,
    score: MutationScore | None = None,
    python: str = sys.executable,
) -> MutationScore:
    """Try mutants of the target of a plan, each in a process of its own.

    None is tried where the model without any is caught: that would tell nothing.

    Args:
        equivalent: ids of mutants that change nothing; they are tried only if they are named.
        score: is filled; what it has when this is interrupted is true of what was done.

    Raises:
        NoSource: the code that is to be changed is not there.
        NoReply: the healthy code could not be fuzzed.
        ValueError: a name of the plan is unknown.
    """
    total = score if score is not None else MutationScore(plan=plan)
    target = TARGETS[plan.target]
    everything = mutants_of(target)
    total.generated = len(everything)
    request = SearchRequest(
        target=target.name,
        subject=target.subject,
        scope=target.scope,
        seed=plan.seed,
        cpu_s=plan.cpu_s,
        most_steps=plan.most_steps,
        tactic=plan.tactic,
        engine=plan.engine,
    )
    skipped = equivalent.difference(plan.names)
    total.equivalent = [mutant for mutant in everything if mutant.id in skipped]
    chosen = selected(
        (mutant for mutant in everything if mutant.id not in skipped), replace(plan, sample=None)
    )
    healthy = ask_for(baseline(request, plan, target), python)
    total.version = healthy.version
    if target.whole:
        total.healthy = healthy
        if not total.is_healthy:
            return total
    else:
        executed = {module: frozenset(lines) for module, lines in healthy.lines.items()}
        total.unreached = [mutant for mutant in chosen if not is_reached(mutant, executed)]
        same = replace(request, is_baseline=True, cpu_s=LONGER * request.cpu_s)
        known = [*healthy.signatures, *ask_for(same, python).signatures]
        request = replace(request, known=known)
    unreached = {mutant.id for mutant in total.unreached}
    tried = selected(
        (mutant for mutant in chosen if mutant.id not in unreached), replace(plan, names=())
    )
    search_all(tried, request, jobs=jobs, python=python, score=total, tell=tell)
    return total


def baseline(request: SearchRequest, plan: MutationPlan, target: CodeUnderTest) -> SearchRequest:
    """The request for the healthy code."""
    if target.whole:
        return request
    return replace(request, cpu_s=plan.reach_s, most_steps=0, is_baseline=True, traces=True)


def is_reached(mutant: GeneratedMutant, executed: Mapping[str, frozenset[int]]) -> bool:
    """One of the lines of its statement is executed."""
    lines = executed.get(mutant.module, frozenset())
    return not lines.isdisjoint(range(mutant.first_line, mutant.last_line + 1))


def search_all(
    mutants: Sequence[GeneratedMutant],
    request: SearchRequest,
    *,
    jobs: int,
    python: str,
    score: MutationScore,
    tell: TellResult,
) -> None:
    """Search for each mutant; results are told as they come, and kept in the order of the text."""
    places = {mutant.id: place for place, mutant in enumerate(mutants)}
    over = threading.Event()

    def attempt(mutant: GeneratedMutant) -> MutantResult:
        found = search_apart(
            replace(request, mutant=mutant.id, module=mutant.module), python, over.is_set
        )
        return MutantResult(mutant=mutant, result=found)

    with ThreadPoolExecutor(jobs) as pool:
        try:
            for future in as_completed([pool.submit(attempt, mutant) for mutant in mutants]):
                score.results.append(future.result())
                tell(score.results[-1], len(score.results), len(mutants))
        finally:
            over.set()
            pool.shutdown(cancel_futures=True)
            score.results.sort(key=lambda result: places[result.mutant.id])


def search_apart(
    request: SearchRequest, python: str, is_over: Callable[[], bool] = lambda: False
) -> SearchResult:
    """Return the result of one search; a process that dies of its mutant has noticed it."""
    try:
        return ask_for(request, python, is_over)
    except ProcessDied as error:
        caught_by = CaughtBy.TIME_LIMIT if error.is_overdue else CaughtBy.CRASH
        return SearchResult(caught_by=caught_by, counterexample=str(error))


def ask_for(
    request: SearchRequest, python: str, is_over: Callable[[], bool] = lambda: False
) -> SearchResult:
    """Search in a process. Raises NoReply."""
    patience_s = (request.cpu_s or LONGEST_S) * PATIENCE + LONGEST_S
    return request_result(
        python, request, SearchResult, patience_s, program=PROCESS, is_over=is_over
    )
