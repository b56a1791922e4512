"""A run goes on behind a known bug where the world is sound, and compares without what is known."""

from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.shard import open_shard
from workerfuzz.harness.cases.format.case import open_world
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.triage.known_bugs import FOLDER, remainder
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.going_on import GOING_ON
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig

STOLEN = "stealing: unknown_durations: a"
LEFT = "w0: tasks: a (error)"


def left(*lines: str, broken: str = "nothing_is_left") -> Violation:
    return Violation(broken, "", "\n".join(lines), run_config=ClusterRunConfig())


def about_stealing(mark: Signature) -> bool:
    return "stealing" in mark.about


def test_a_run_goes_on_behind_a_known_leftover() -> None:
    violation = left(STOLEN)
    ending, known = remainder(violation, about_stealing)
    assert ending is None
    assert [violation.counterexample for violation in known] == [STOLEN]


def test_leftovers_are_compared_without_the_known_one() -> None:
    ending, known = remainder(left(STOLEN, LEFT), about_stealing)
    assert ending is not None
    assert ending.counterexample == LEFT
    assert [violation.counterexample for violation in known] == [STOLEN]


@pytest.mark.parametrize(
    "broken", ["no_handler_raises", "every_call_returns", "wanted_keys_resolve"]
)
def test_what_follows_an_exception_or_a_hang_is_aftermath(broken: str) -> None:
    violation = left(STOLEN, broken=broken)
    assert remainder(violation, lambda _: True) == (violation, [])


def test_what_is_new_ends_the_run() -> None:
    violation = left(LEFT)
    assert remainder(violation, about_stealing) == (violation, [])


def case_named(number: str) -> Path:
    return next(FOLDER.glob(f"{number}-*.case"))


@pytest.mark.parametrize("number", ["0010", "0016", "0017"])
def test_a_shard_goes_on_behind_validation_and_leftovers_that_are_known(number: str) -> None:
    pytest.importorskip("distributed")
    dask = get_cluster("dask")
    if dask.version() != "2026.8.0":
        pytest.skip("which bugs are known is looked up for distributed 2026.8.0")
    case = load(case_named(number))
    shard = open_shard(Plan(subject="dask", scope="cluster", budget=Budget(runs=1)))
    first = violation_of(open_world(case, dask), case.steps)
    assert first is not None
    with GOING_ON.behind(shard.remainder):
        then = violation_of(open_world(case, dask), case.steps)
    assert then is None or then.property != first.property
    assert shard.passed
    shard.record_passed()
    (finding, *_) = shard.found.values()
    assert (finding.occurrences, finding.passed) == (1, 1)
    assert finding.known


def test_what_else_is_left_of_the_keys_of_a_known_leftover_goes_with_it() -> None:
    known = "w2: tasks: c (error)"
    violation = left(known, "w2: has_what: c", "w1: has_what: c", "w2: data: b")
    ending, passed = remainder(violation, lambda mark: "(error)" in mark.about)
    assert ending is not None
    assert ending.counterexample.splitlines() == ["w1: has_what: c", "w2: data: b"]
    assert [violation.counterexample for violation in passed] == [known]
