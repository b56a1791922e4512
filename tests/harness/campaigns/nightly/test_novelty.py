"""A night proves something if there were runs of everything, and they are not those of another night."""

from pathlib import Path

from workerfuzz.harness.campaigns.nightly import novelty
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import NightSummary, Written, summary_of
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.executor import run_in_process
from workerfuzz.harness.campaigns.shard.result import ShardResult

TARGET = Target("reference", "worker")


def night(seed: int, *sketches: list[int], runs: int = 9) -> Night:
    its = Night(seed, "2026-11-25T00:00:00+00:00", targets=[TARGET])
    its.shards = [
        ShardResult(Plan(), counters={"x": Counters(runs=runs, sketch=it)}) for it in sketches
    ]
    return its


def summary(its: Night) -> NightSummary:
    return summary_of(Written(Path(its.name), its))


def test_new_runs_are_told_to_be_new() -> None:
    tonight, former = night(2, [1, 2], [3]), summary(night(1, [4, 5, 6]))
    assert list(novelty.wrong(tonight, [former])) == []
    assert novelty.told(tonight, [former]) == (
        "18 runs; of 3 that were sampled, none is old; compared with 1 former night"
    )
    assert novelty.told(tonight, []) == (
        "18 runs; of 3 that were sampled, none is old; the first night here"
    )


def test_a_night_without_runs_is_red() -> None:
    assert list(novelty.wrong(night(1), [])) == ["there was no run of reference"]
    assert list(novelty.wrong(night(1, [], runs=0), [])) == ["there was no run of reference"]


def test_a_target_without_runs_is_red() -> None:
    tonight = night(1, [1])
    tonight.targets.append(Target("dask", "cluster"))
    assert list(novelty.wrong(tonight, [])) == ["there was no run of clusters of dask"]
    tonight.interrupted = True
    assert list(novelty.wrong(tonight, [])) == []


def test_a_repeated_night_is_red() -> None:
    former = [*map(summary, (night(1, [7, 8]), night(2, [1, 2, 3, 9])))]
    assert list(novelty.wrong(night(3, [1, 2, 3, 4]), former)) == [
        "tonight's runs are not new: 75% of those that were sampled are those of night "
        "2026-11-25T00-00-00-2; another --seed makes others"
    ]
    assert list(novelty.wrong(night(3, [1, 4, 5]), former)) == []
    assert "33% of them were among those of night" in novelty.told(night(3, [1, 4, 5]), former)


def test_a_seed_that_a_former_night_had_is_red() -> None:
    assert list(novelty.wrong(night(1, [5]), [*map(summary, (night(1, [1]), night(2, [3])))])) == [
        "seed 1 is that of night 2026-11-25T00-00-00-1, too; a night needs a fresh one"
    ]


def test_what_was_fixed_is_remembered_of_nights_that_replayed_it() -> None:
    its = night(1, [1])
    its.fixed = ["a-1.case: it breaks", "b-2.case: the other"]
    assert summary(its).fixed is None
    its.phase("known")
    assert summary(its).fixed == ["a-1.case", "b-2.case"]


def nights(*seeds: int) -> list[Night]:
    found = []
    for seed in seeds:
        its = Night(seed, "2026-11-25T00:00:00+00:00", targets=[TARGET])
        plan = Plan(seed=seed, budget=Budget(runs=400))
        its.shards = run_in_process([plan], lambda *_: None)
        found.append(its)
    return found


def test_the_same_seed_makes_a_repeated_night_and_another_does_not() -> None:
    first, again, other = nights(1, 1, 2)
    one = summary(first)
    assert novelty.likeness(again, [one]) == (1.0, one)
    assert novelty.likeness(other, [one]) == (0.0, None)
