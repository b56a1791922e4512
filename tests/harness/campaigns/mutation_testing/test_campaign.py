"""Mutation testing of a target: sample, baseline, ways of noticing, score."""

import sys
from dataclasses import replace

import pytest

from workerfuzz.harness.campaigns.mutation_testing import campaign
from workerfuzz.harness.campaigns.mutation_testing.campaign import (
    MutantResult,
    MutationPlan,
    MutationScore,
    measure_target,
    search_apart,
    selected,
)
from workerfuzz.harness.campaigns.mutation_testing.mutant import (
    TARGETS,
    GeneratedMutant,
    mutants_of,
)
from workerfuzz.harness.campaigns.mutation_testing.request import (
    CaughtBy,
    SearchRequest,
    SearchResult,
)
from workerfuzz.harness.report.mutation_score import result_line, summary_lines

WORKER = mutants_of(TARGETS["worker"])

PLAN = MutationPlan(target="worker", most_steps=400)


def mutant(function: str, change: str) -> GeneratedMutant:
    return next(
        mutant for mutant in WORKER if mutant.function == function and mutant.change == change
    )


def test_a_sample_follows_from_the_seed_and_hardly_changes_with_the_code() -> None:
    plan = replace(PLAN, sample=50)
    sample = selected(WORKER, plan)
    assert len(sample) == 50
    assert sample == selected(WORKER, plan)
    assert sample != selected(WORKER, replace(plan, seed=1))
    gone = sample[0]
    after = selected([mutant for mutant in WORKER if mutant is not gone], plan)
    assert len({*after} & {*sample}) == 49
    assert selected(WORKER, PLAN) == WORKER


def test_mutants_are_named_by_id_or_by_file() -> None:
    one = WORKER[3]
    assert selected(WORKER, replace(PLAN, names=(one.id,))) == [one]
    of_file = selected(WORKER, replace(PLAN, names=("handlers/threads.py",)))
    assert {mutant.file for mutant in of_file} == {"statemachine/worker/handlers/threads.py"}
    with pytest.raises(ValueError, match='worker has no mutant and no file "threads"'):
        selected(WORKER, replace(PLAN, names=("threads",)))


def test_a_mutant_is_caught_by_a_property_and_the_healthy_model_passes() -> None:
    bad = mutant("next_execution", "`worker.ready` became `False` (condition)")
    told: list[MutantResult] = []
    plan = replace(PLAN, names=(bad.id,), most_steps=200)
    score = measure_target(plan, tell=lambda result, done, total: told.append(result))
    assert score.healthy.caught_by is None
    assert score.healthy.steps >= 200
    assert [result.mutant for result in score.results] == [bad]
    assert told == score.results
    assert score.results[0].result.caught_by is CaughtBy.PROPERTY
    assert score.is_right


def test_equivalent_mutants_are_not_tried_unless_they_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(campaign, "request_result", lambda *_, **__: SearchResult())
    skipped = frozenset({WORKER[0].id})
    score = measure_target(PLAN, equivalent=skipped)
    assert [result.mutant for result in score.results] == WORKER[1:]
    assert score.equivalent == WORKER[:1]
    named = measure_target(replace(PLAN, names=(WORKER[0].id,)), equivalent=skipped)
    assert [result.mutant for result in named.results] == WORKER[:1]


def test_a_mutant_with_which_nothing_loads_is_caught_by_the_import() -> None:
    request = SearchRequest(
        target="worker",
        subject="no_such:Subject",
        scope="worker",
        mutant=WORKER[0].id,
        module=WORKER[0].module,
    )
    found = search_apart(request, sys.executable)
    assert found.caught_by is CaughtBy.IMPORT
    assert "no_such" in found.counterexample


def test_a_process_that_uses_up_its_time_or_dies_has_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = SearchRequest(target="worker", subject="reference", scope="worker", mutant="x")
    for is_overdue, caught_by in ((True, CaughtBy.TIME_LIMIT), (False, CaughtBy.CRASH)):

        def request_result(*_: object, is_overdue: bool = is_overdue, **__: object) -> SearchResult:
            raise campaign.ProcessDied("the process was ended", is_overdue=is_overdue)

        monkeypatch.setattr(campaign, "request_result", request_result)
        assert search_apart(request, "python").caught_by is caught_by


def test_only_mutants_on_executed_lines_count_where_much_is_out_of_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = replace(TARGETS["worker"], whole=False)
    monkeypatch.setattr(campaign, "TARGETS", {"worker": target})
    reached = WORKER[7]
    asked: list[SearchRequest] = []

    def request_result(python: str, request: SearchRequest, *_: object, **__: object) -> object:
        asked.append(request)
        lines = {reached.module: [reached.first_line]}
        return SearchResult(signatures=[("p", "s")], lines=lines)

    monkeypatch.setattr(campaign, "request_result", request_result)
    score = measure_target(replace(PLAN, reach_s=3.0))
    assert asked[0].is_baseline
    assert (asked[0].cpu_s, asked[0].most_steps, asked[0].mutant) == (3.0, 0, "")
    assert asked[1].is_baseline  # the walk that mutants take, without one
    assert (asked[1].seed, asked[1].most_steps, asked[1].traces) == (0, 400, False)
    assert all(
        request.known == [("p", "s")] * 2 and request.most_steps == 400 for request in asked[2:]
    )
    assert reached.id in {result.mutant.id for result in score.results}
    assert len(score.results) + len(score.unreached) == len(WORKER)
    assert len(score.unreached) > len(WORKER) * 0.9


def test_the_score_tells_shares_by_file_properties_quartiles_and_survivors() -> None:
    def result(
        place: int, caught_by: CaughtBy | None, property_: str, cpu_s: float
    ) -> MutantResult:
        found = SearchResult(caught_by=caught_by, property=property_, steps=9, cpu_s=cpu_s)
        return MutantResult(mutant=WORKER[place], result=found)

    score = MutationScore(
        plan=PLAN,
        version="1",
        generated=9,
        equivalent=WORKER[20:22],
        results=[
            result(0, CaughtBy.PROPERTY, "p", 1.0),
            result(1, CaughtBy.PROPERTY, "p", 2.0),
            result(2, CaughtBy.CRASH, "", 3.0),
            result(3, None, "", 9.0),
        ],
    )
    assert score.share == 0.75
    assert score.noticed() == [("p", 2), ("crash", 1)]
    assert score.cpu_quartiles() == (1.5, 2.0, 2.5)
    assert not score.is_right
    lines = [*summary_lines(score)]
    assert lines[0] == "3 of 4 mutants of worker caught, 75.0%; 400 steps each, seed 0, 1"
    assert lines[1] == "9 mutants in all; 2 known to be equivalent and not tried"
    assert f"  {WORKER[3]}" in lines
    assert result_line(score.results[3]).startswith(f"  ! {WORKER[3]}: nothing noticed; 9 steps")
    score.results.pop()
    assert score.is_right
    score.healthy = SearchResult(caught_by=CaughtBy.PROPERTY, property="q")
    assert not score.is_right
    assert "the healthy code does not pass: q" in [*summary_lines(score)]
