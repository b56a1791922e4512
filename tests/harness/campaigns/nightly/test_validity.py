"""A night proves something: its canary is found, its shards work, and its runs are new."""

from pathlib import Path

import pytest
from examples.accounts import met as found
from msgspec.structs import replace

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import NightSummary, Written, summary_of
from workerfuzz.harness.campaigns.nightly.validity import (
    MOST_FAULTY,
    PLANTED,
    RUNS,
    Canary,
    ShardFailures,
    canaries,
    likeness,
    novelty_line,
    problems_of,
    reasons_invalid,
)
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.executor import run_in_process
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.engines.findings.finding import Finding, FindingCase

DASK = Plan(subject="dask", scope="cluster")
SYSTEM = ("dask", "cluster")
TARGET = Target("reference", "worker")


def test_each_scope_of_the_night_has_one_that_must_be_found_and_one_that_must_not() -> None:
    targets = [Target("dask", "cluster"), Target("reference", "cluster")]
    assert canaries(targets) == [
        Canary("cluster", "finish-is-kept-secret"),
        Canary("cluster"),
    ]
    assert len(canaries([Target("reference", "worker"), *targets])) == 4


@pytest.mark.parametrize("scope", list(PLANTED))
@pytest.mark.parametrize("seed", range(3))
def test_the_shards_of_a_night_find_it(scope: str, seed: int) -> None:
    selected = [Canary(scope, PLANTED[scope]), Canary(scope)]
    done = run_in_process([one.plan(seed) for one in selected], lambda *_: None)
    assert [list(one.failures(result)) for one, result in zip(selected, done, strict=True)] == [
        [],
        [],
    ]
    assert done[0].findings[0].run < RUNS / 4, "it is hardly ever missed"


def result_of(*met: Finding, runs: int = RUNS) -> ShardResult:
    tallies = {"swarm": Counters(runs=runs)}
    return ShardResult(Canary("worker").plan(0), counters=tallies, findings=list(met))


def test_what_is_wrong_is_said() -> None:
    (caught_by,) = named(PLANTED["worker"]).caught_by
    caught = found(caught_by, case="text")
    other = replace(caught, signature=Signature("other"))
    planted, healthy = Canary("worker", PLANTED["worker"]), Canary("worker")
    where = f"in {RUNS} runs at worker scope"
    assert list(planted.failures(result_of(caught))) == []
    assert list(planted.failures(result_of(other))) == [
        f"{PLANTED['worker']} was planted, and not found {where}"
    ]
    assert list(planted.failures(result_of(replace(caught, case=FindingCase())))) == [
        f"{PLANTED['worker']} was planted and found, but there is no case of it"
    ]
    assert list(healthy.failures(result_of())) == []
    assert list(healthy.failures(result_of(other))) == [
        f"other breaks {where}, where nothing is planted"
    ]
    assert list(healthy.failures(result_of(runs=3))) == [
        f"{RUNS} runs were due where nothing is planted, 3 were made"
    ]


def test_a_shard_without_faults_is_no_failure() -> None:
    failures = ShardFailures()
    failures.record(0, ShardResult(DASK))
    assert list(failures.lines()) == []
    assert not failures.is_given_up(SYSTEM)


def test_a_subject_that_is_refused_is_given_up_at_once() -> None:
    failures = ShardFailures()
    failures.record(0, ShardResult(DASK, refused="there is no distributed"))
    assert list(failures.lines()) == ["clusters of dask: there is no distributed"]
    assert failures.is_given_up(SYSTEM)
    assert not failures.is_given_up(("reference", "worker"))


def test_many_faults_are_told_once_and_end_it() -> None:
    failures = ShardFailures()
    for place in range(MOST_FAULTY):
        assert not failures.is_given_up(SYSTEM)
        for _ in range(3):  # results come again and again
            failures.record(place, ShardResult(DASK, faults=["the harness failed"]))
    assert failures.is_given_up(SYSTEM)
    assert list(failures.lines()) == [
        "clusters of dask: the harness failed",
        f"clusters of dask: given up after {MOST_FAULTY} shards like that",
    ]


def test_every_problem_of_a_shard_is_a_line() -> None:
    result = ShardResult(Plan(), faults=["one", "two"], refused="three")
    assert problems_of(result) == ["reference: three", "reference: one", "reference: two"]


def test_a_corpus_that_takes_no_more_is_told_and_ends_nothing() -> None:
    failures = ShardFailures()
    for place in range(MOST_FAULTY + 1):
        failures.record(place, ShardResult(DASK, corpus_error="corpus: no space left on device"))
    assert list(failures.lines()) == ["corpus: no space left on device"]
    assert not failures.is_given_up(SYSTEM)


def night(seed: int, *sketches: list[int], runs: int = 9) -> Night:
    this_night = Night(seed, "2026-11-25T00:00:00+00:00", targets=[TARGET])
    this_night.shards = [
        ShardResult(Plan(), counters={"x": Counters(runs=runs, sketch=sketch)})
        for sketch in sketches
    ]
    return this_night


def summary(night: Night) -> NightSummary:
    return summary_of(Written(Path(night.name), night))


def test_new_runs_are_told_to_be_new() -> None:
    tonight, former = night(2, [1, 2], [3]), summary(night(1, [4, 5, 6]))
    assert list(reasons_invalid(tonight, [former])) == []
    assert novelty_line(tonight, [former]) == (
        "18 runs; of 3 that were sampled, none is old; compared with 1 former night"
    )
    assert novelty_line(tonight, []) == (
        "18 runs; of 3 that were sampled, none is old; the first night here"
    )


def test_a_night_without_runs_is_red() -> None:
    assert list(reasons_invalid(night(1), [])) == ["there was no run of reference"]
    assert list(reasons_invalid(night(1, [], runs=0), [])) == ["there was no run of reference"]


def test_a_target_without_runs_is_red() -> None:
    tonight = night(1, [1])
    tonight.targets.append(Target("dask", "cluster"))
    assert list(reasons_invalid(tonight, [])) == ["there was no run of clusters of dask"]
    tonight.interrupted = True
    assert list(reasons_invalid(tonight, [])) == []


def test_a_repeated_night_is_red() -> None:
    former = [*map(summary, (night(1, [7, 8]), night(2, [1, 2, 3, 9])))]
    assert list(reasons_invalid(night(3, [1, 2, 3, 4]), former)) == [
        "tonight's runs are not new: 75% of those that were sampled are those of night "
        "2026-11-25T00-00-00-2; another --seed makes others"
    ]
    assert list(reasons_invalid(night(3, [1, 4, 5]), former)) == []
    assert "33% of them were among those of night" in novelty_line(night(3, [1, 4, 5]), former)


def test_a_seed_that_a_former_night_had_is_red() -> None:
    assert list(
        reasons_invalid(night(1, [5]), [*map(summary, (night(1, [1]), night(2, [3])))])
    ) == ["seed 1 is that of night 2026-11-25T00-00-00-1, too; a night needs a fresh one"]


def test_what_was_fixed_is_remembered_of_nights_that_replayed_it() -> None:
    this_night = night(1, [1])
    this_night.fixed = ["a-1.case: it breaks", "b-2.case: the other"]
    assert summary(this_night).fixed is None
    this_night.phase("known")
    assert summary(this_night).fixed == ["a-1.case", "b-2.case"]


def nights(*seeds: int) -> list[Night]:
    found = []
    for seed in seeds:
        night = Night(seed, "2026-11-25T00:00:00+00:00", targets=[TARGET])
        plan = Plan(seed=seed, budget=Budget(runs=400))
        night.shards = run_in_process([plan], lambda *_: None)
        found.append(night)
    return found


def test_the_same_seed_makes_a_repeated_night_and_another_does_not() -> None:
    first, again, other = nights(1, 1, 2)
    one = summary(first)
    assert likeness(again, [one]) == (1.0, one)
    assert likeness(other, [one]) == (0.0, None)
