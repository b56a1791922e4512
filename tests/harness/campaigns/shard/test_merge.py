"""Accounts add up, whichever way they follow each other."""

from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.merge import continued, together
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.campaigns.shard.shard import fill, open_shard
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.engines.protocol import Explored


def account(out: Path, runs: int, first: int = 0) -> ShardResult:
    plan = Plan(scope="cluster", seed=1, budget=Budget(runs=runs), first=first, tactic="swarm")
    return fill(open_shard(plan))


@pytest.mark.parametrize("first", [7, 20])
def test_a_shard_goes_on_where_it_was(tmp_path: Path, first: int) -> None:
    """Behind a run: the sketches tell that the runs are the ones it would have made.

    So it is for one tactic alone. A walk that learns begins to learn afresh.
    """
    with named("finish-is-kept-secret").planted():
        whole = account(tmp_path, 40)
        parts = continued(account(tmp_path, first), account(tmp_path, 40 - first, first))
    assert parts.total.taken == whole.total.taken
    assert parts.total.sketch == whole.total.sketch
    assert parts.runs == whole.runs == 40
    assert [
        (finding.signature, finding.occurrences, finding.run) for finding in parts.findings
    ] == [(finding.signature, finding.occurrences, finding.run) for finding in whole.findings]
    seconds = [point.seconds for point in parts.curve]
    assert seconds == sorted(seconds)


@pytest.mark.parametrize(("first", "times"), [(4, 1), (5, 2)])
def test_a_run_that_is_made_again_counts_once(first: int, times: int) -> None:
    def there(first: int) -> ShardResult:
        finding = Finding(("x", "", ""), "", "", run=4, seed=1, tactic="swarm", occurrences=1)
        return ShardResult(Plan(first=first), findings=[finding])

    (finding,) = continued(there(0), there(first)).findings
    assert finding.occurrences == times


def test_shards_side_by_side_take_no_longer_than_the_longest() -> None:
    one = ShardResult(Plan(seed=1), "2.0", seconds=3.0, faults=["x"], fixed=["a", "b"])
    other = ShardResult(Plan(seed=2), "2.0", seconds=2.0, interrupted=True, fixed=["b"])
    both = together(Plan(seed=1), [one, other])
    assert (both.seconds, both.version) == (3.0, "2.0")
    assert both.interrupted
    assert both.faults == ["x"]
    assert both.fixed == ["a", "b"]


def test_nothing_adds_up_to_nothing() -> None:
    assert together(Plan(), []) == ShardResult(Plan())


def test_the_last_word_on_how_far_an_exploration_is_counts() -> None:
    some, more = (Explored(states, states, 1, 1) for states in (3, 5))
    parts = (ShardResult(Plan(), explored=some), ShardResult(Plan(), explored=more))
    assert continued(*parts).explored == more
    assert together(Plan(), [*parts, ShardResult(Plan())]).explored == more
