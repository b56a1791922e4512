"""The walk is compared by medians over seeds; who gave up is slower than everybody."""

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

Import = Callable[[str], ModuleType]


def results(detection: ModuleType, bug: str, **steps: list[int | None]) -> list[Any]:
    """One for each seed of each who: steps, of 1 ms each; None: given up after 10 s."""
    return [
        detection.Result(
            bug, "worker", who, seed, count is not None, count or 0, (count or 10_000) / 1000
        )
        for who, counts in steps.items()
        for seed, count in enumerate(counts)
    ]


def test_median_over_seeds_counts_who_gave_up_as_slowest(benchmark_module: Import) -> None:
    comparing, detection = benchmark_module("comparing"), benchmark_module("detection")
    searches = results(detection, "a", walk=[3, None, 1], swarm=[None, None, 5])
    found = comparing.medians(searches)["worker", "a"]
    assert found == {"walk": (3, 0.003), "swarm": (math.inf, math.inf)}
    table = comparing.rows_of(comparing.medians(searches), ["walk", "swarm", "grown"]).splitlines()
    assert table[1].split() == ["a", "3", "0.00", "-"]


def test_walk_beside_hypothesis_and_the_best_tactic(benchmark_module: Import) -> None:
    comparing, detection = benchmark_module("comparing"), benchmark_module("detection")
    searches = [
        *results(detection, "a", walk=[100], hypothesis=[800], swarm=[50], uniform=[300]),
        *results(detection, "b", walk=[200], hypothesis=[7000], swarm=[None], uniform=[25]),
        *results(detection, "c", walk=[None], hypothesis=[None], swarm=[None], uniform=[None]),
    ]
    sentences = {
        sentence.what: sentence
        for sentence in comparing.compared("w", comparing.medians(searches).values(), 10.0)
    }
    beside = sentences["w: Hypothesis / walk, CPU time, bugs"]
    assert (beside.met, beside.measured[:4]) == (True, "21.5")  # 8 and 35 times
    slow = sentences["w: the same where Hypothesis needs more than 5 s (1 bugs)"]
    assert (slow.met, slow.measured[:4]) == (True, "35.0")
    lost = sentences["w: not found by most seeds in 10 s"]
    assert (lost.met, lost.measured) == (None, "walk 1, Hypothesis 1 of 3")
    mean = sentences["w: walk / best single tactic, steps, geometric mean"]
    assert (mean.met, mean.measured) == (False, "4.00")  # 2 and 8 times
    worst = sentences["w: walk / best single tactic, steps, the worst of 2 bugs"]
    assert (worst.met, worst.measured) == (False, "8.0; more than 4: 1 bugs")


def test_bug_that_only_a_tactic_finds_counts_against_the_walk(benchmark_module: Import) -> None:
    comparing, detection = benchmark_module("comparing"), benchmark_module("detection")
    searches = [
        *results(detection, "a", walk=[100], swarm=[100]),
        *results(detection, "b", walk=[None], swarm=[50]),
    ]
    mean, worst = comparing.compared("w", comparing.medians(searches).values(), 10.0)
    assert (mean.met, worst.met) == (True, False)
    assert worst.measured == "inf; more than 4: 1 bugs"


def test_nothing_is_said_where_nothing_was_found(benchmark_module: Import) -> None:
    comparing, detection = benchmark_module("comparing"), benchmark_module("detection")
    searches = results(detection, "a", walk=[None], swarm=[None])
    (sentence,) = comparing.compared("w", comparing.medians(searches).values(), 10.0)
    assert (sentence.met, sentence.measured) == (None, "no bug found by both")
    assert list(comparing.compared("w", [], 10.0)) == []
