"""Search of one mutant: known violations do not count, and the budget ends it."""

import pytest

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.mutation_testing.request import (
    CaughtBy,
    SearchRequest,
    SearchResult,
)
from workerfuzz.harness.campaigns.mutation_testing.search import search

PLANTED = "missing-key-is-not-listed"


def result_of(**options: object) -> SearchResult:
    request = {"target": "worker", "subject": "reference", "scope": "worker", "most_steps": 300}
    result = SearchResult()
    search(SearchRequest(**(request | options)), result)  # type: ignore[arg-type]  # by name
    return result


def test_a_violation_ends_the_search() -> None:
    with named(PLANTED).planted():
        found = result_of()
    assert found.caught_by is CaughtBy.PROPERTY
    assert found.property in named(PLANTED).caught_by
    assert 0 < found.steps < 300
    assert found.counterexample


def test_known_violations_do_not_count() -> None:
    with named(PLANTED).planted():
        baseline = result_of(is_baseline=True)
        assert baseline.steps >= 300
        assert baseline.signatures
        again = result_of(known=baseline.signatures)
    assert again.caught_by is None
    assert again.steps >= 300


@pytest.mark.parametrize("scope", ["worker", "cluster"])
def test_the_healthy_model_uses_up_the_budget(scope: str) -> None:
    found = result_of(scope=scope, most_steps=100)
    assert found.caught_by is None
    assert found.steps >= 100
    assert found.version


def test_the_same_request_finds_the_same() -> None:
    assert [result_of(seed=3).steps for _ in range(2)] == [result_of(seed=3).steps] * 2


@pytest.mark.parametrize("engine", [pytest.param("hypothesis", marks=pytest.mark.slow), "explore"])
def test_other_engines_search_until_a_violation_counts(engine: str) -> None:
    with named(PLANTED).planted():
        found = result_of(engine=engine, most_steps=20_000, cpu_s=20.0)
    assert found.caught_by is CaughtBy.PROPERTY
    assert found.steps < 20_000
    assert result_of(engine=engine, most_steps=60).caught_by is None
