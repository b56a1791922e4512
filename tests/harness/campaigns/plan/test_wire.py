"""Messages are decoded as they were encoded; malformed ones are rejected with a reason."""

import pytest

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.wire import Unreadable, from_json, to_json
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.campaigns.shard.shard import fill, open_shard


def test_a_plan_arrives_as_it_was_sent() -> None:
    plan = Plan(subject="dask", scope="cluster", seed=7, budget=Budget(seconds=1.5), workers=3)
    assert from_json(to_json(plan), Plan) == plan


def test_a_result_arrives_as_it_was_sent() -> None:
    with named("finish-is-kept-secret").planted():
        done = fill(open_shard(Plan(scope="cluster", budget=Budget(runs=20))))
    assert done.findings
    again = from_json(to_json(done), ShardResult)
    assert again == done
    assert to_json(again) == to_json(done)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Input data was truncated"),
        ('{"seed": "x"}', "Expected `int`, got `str` - at `$.seed`"),
        ('{"budget": 3}', "Expected `object`, got `int` - at `$.budget`"),
    ],
)
def test_what_is_broken_is_said_to_be(text: str, problem: str) -> None:
    with pytest.raises(Unreadable) as raised:
        from_json(text, Plan)
    assert str(raised.value) == problem
