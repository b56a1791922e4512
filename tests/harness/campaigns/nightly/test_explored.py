"""Nights explore small universes as well, go on with them, and tell how far they are."""

from pathlib import Path

from workerfuzz.harness.campaigns.nightly.budget_split import BudgetSplit
from workerfuzz.harness.campaigns.nightly.explored import explored_lines
from workerfuzz.harness.campaigns.nightly.folder import Folder
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.targets import Target, explorable
from workerfuzz.harness.campaigns.shard.executor import run_in_process

EXPLORED = Target("reference", "cluster", "explore")


def night(number: int, folder: Folder) -> Night:
    """It explores a few states."""
    budget = Budget(runs=30)
    this_night = Night(number, f"2026-11-0{number}T00:00:00+00:00", budget, targets=[EXPLORED])
    split = BudgetSplit(this_night, corpus=str(folder.corpus), frontier=str(folder.explored))
    this_night.shards = run_in_process(plan for _, plan in split.plans())
    return this_night


def test_a_night_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    first, *_ = explored_lines(night(1, folder))
    assert first == (
        "clusters of reference, explored: 1 of 1 universe of cost 0 complete, 7 states, "
        "6 transitions, 0 findings"
    )
    told = [[*explored_lines(night(number, folder))] for number in (2, 3, 4, 5)]
    assert all(lines[0] == first for lines in told)
    complete = [int(lines[1].split(": ")[1].split()[0]) for lines in told]
    assert complete == sorted(complete)
    assert complete[0] < complete[-1] <= 9
    assert any("not expanded" in line for lines in told for line in lines)


def test_clusters_of_this_package_are_explored() -> None:
    found = {Target("reference", "worker"): "1", Target("reference", "cluster"): "1"}
    assert explorable(found) == {EXPLORED: "1"}
    assert explorable({Target("somebody's", "cluster"): "1"}) == {}
    assert str(EXPLORED) == "clusters of reference, explored"
