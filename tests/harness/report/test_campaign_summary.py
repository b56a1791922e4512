"""The commands that a campaign names at its end are those of this campaign."""

import pytest

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.campaign_summary import next_commands

PLAN = Plan(subject="dask", scope="cluster", fixed=("all",))
COUNTERS = {"swarm": Counters(runs=30, steps=1234)}


def test_next_commands_have_the_trial_fixes_of_the_campaign() -> None:
    found = Finding(("p", "", ""), "They come.", "x", 3, 11, "swarm", "dask", "cluster")
    found.path = "my cases/p.case"
    result = ShardResult(PLAN, counters=COUNTERS, findings=[found])
    assert [command for command, _ in next_commands(result)] == [
        "workerfuzz show 'my cases/p.case' --subject dask",
        "workerfuzz replay 'my cases' --subject dask --fixed all",
    ]
    clean = [command for command, _ in next_commands(ShardResult(PLAN, counters=COUNTERS))]
    run = "workerfuzz run --subject dask --scope cluster --fixed all --for 5m --verbose"
    assert clean == [run, "workerfuzz nightly --for 8h"]


@pytest.mark.parametrize(("subject", "there"), [("reference", True), ("os.path:join", False)])
def test_clusters_are_suggested_where_the_subject_has_them(subject: str, *, there: bool) -> None:
    result = ShardResult(Plan(subject=subject, scope="worker"), counters=COUNTERS)
    suggested = [command for command, _ in next_commands(result)]
    assert any("--scope cluster" in command for command in suggested) is there
