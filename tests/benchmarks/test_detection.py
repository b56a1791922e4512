"""A search ends with the first run that shows its bug, and its cost is what was spent by then."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from workerfuzz.harness.campaigns.mutants.catalogue import MUTANTS, OF_SCHEDULER

distributed = pytest.importorskip("distributed")

Import = Callable[[str], ModuleType]

MUTANT = "resources-are-not-taken"


@pytest.mark.parametrize("who", ["walk", "hypothesis", "swarm"])
def test_planted_bug_is_found(benchmark_module: Import, who: str) -> None:
    detection = benchmark_module("detection")
    (found,) = detection.searched([detection.Search(MUTANT, "worker", who, 1, 60.0)], jobs=1)
    assert (found.bug, found.who, found.seed, found.found) == (MUTANT, who, 1, True)
    assert found.steps > 0
    assert found.until_found == (found.steps, found.cpu_s)


def test_same_seed_takes_the_same_steps(benchmark_module: Import) -> None:
    detection = benchmark_module("detection")
    one, other = detection.searched([detection.Search(MUTANT, "worker", "walk", 1, 60.0)] * 2, 2)
    assert one.steps == other.steps


def test_search_is_given_up(benchmark_module: Import) -> None:
    detection = benchmark_module("detection")
    result = detection.search(detection.Search(MUTANT, "worker", "walk", 1, 0.0))
    assert (result.found, result.steps) == (False, 0)
    assert min(result.until_found) == float("inf")


def test_who_looks_at_a_scope(benchmark_module: Import) -> None:
    seekers = benchmark_module("detection").seekers
    assert seekers("worker") == ["walk", "hypothesis", "uniform", "swarm", "weighted", "grown"]
    assert seekers("cluster", ["restless", "walk"]) == ["walk", "restless"]


def test_mutants_are_chosen_by_name_or_evenly(benchmark_module: Import) -> None:
    catalogue = benchmark_module("detection").catalogue
    assert [mutant.name for mutant in catalogue("worker", [MUTANT])] == [MUTANT]
    assert catalogue("worker") == [*MUTANTS]
    assert catalogue("cluster", most=2) == [OF_SCHEDULER[0], OF_SCHEDULER[len(OF_SCHEDULER) // 2]]
    assert catalogue("cluster", most=10_000) == [*OF_SCHEDULER]


def test_release_is_searched_by_its_own_interpreter(benchmark_module: Import) -> None:
    detection = benchmark_module("detection")
    here = Path(sys.executable)
    assert detection.released(here) == distributed.__version__
    (result,) = detection.of_zoo("2022.7.0", ["walk"], 1, 0.0)
    (results,) = detection.in_releases([(here, result)], 1)
    assert {one.bug for one in results} == {"Z06, 2022.7.0", "Z08, 2022.7.0"}
    assert not any(one.found for one in results)
