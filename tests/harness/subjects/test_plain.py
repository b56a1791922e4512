"""A subject of one's own, in a few lines: it is fuzzed, and what is found replays."""

from pathlib import Path

import pytest
from examples.campaigns import result_in

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.replay.replay import ReplayOutcome, replay
from workerfuzz.harness.subjects import get, get_cluster
from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.harness.worlds.violation import ImpossibleStep
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.strategies import worker
from workerfuzz.strategies.choosers import RandomChooser

TINY = "examples.tiny:Tiny"


def test_a_class_is_found_where_it_stands() -> None:
    subject = get(TINY)
    assert (subject.name, subject.version()) == (TINY, "1.0")
    assert subject.run_config(RandomChooser(0)).keys == ("x",)


@pytest.mark.parametrize(("engine", "runs"), [("walk", 200), ("hypothesis", 40)])
def test_what_is_wrong_with_it_is_found_and_replays(tmp_path: Path, engine: str, runs: int) -> None:
    plan = Plan(subject=TINY, engine=engine, seed=1, budget=Budget(runs=runs))
    done = result_in(tmp_path, plan)
    assert {"one_action_per_key", "reports_the_last_request"} <= {
        finding.signature[0] for finding in done.new
    }
    for finding in done.new:
        assert finding.lines[-1] == f"replay it: workerfuzz replay {finding.path} --subject {TINY}"
        assert replay(load(Path(finding.path)), get(TINY)).outcome is ReplayOutcome.BROKEN


def test_steps_that_it_does_not_take_do_not_happen() -> None:
    world = WorkerWorld(get(TINY))
    assert worker.Pause not in world.possible()
    with pytest.raises(ImpossibleStep, match=r"pause: examples\.tiny:Tiny does not take it"):
        world.apply(worker.Pause())


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("examples.tiny:Huge", "has no attribute 'Huge'"),
        ("examples.huge:Huge", "No module named 'examples.huge'"),
    ],
)
def test_what_is_not_there_is_told(name: str, problem: str) -> None:
    with pytest.raises(SubjectUnavailable) as raised:
        get(name)
    assert str(raised.value).startswith(f'subject "{name}" cannot be imported: ')
    assert problem in str(raised.value)


def test_a_subject_whose_name_cannot_be_set_is_told() -> None:
    with pytest.raises(SubjectUnavailable, match="has a name of its own: register it"):
        get("examples.tiny:Stubborn")


def test_a_name_that_nobody_knows_is_told_with_what_is_known() -> None:
    with pytest.raises(SubjectUnavailable) as raised:
        get("huge")
    assert str(raised.value) == (
        'unknown subject "huge"; known are reference, dask; one of your own: module:Class'
    )


def test_a_subject_without_a_scheduler_is_told() -> None:
    with pytest.raises(SubjectUnavailable) as raised:
        get_cluster(TINY)
    assert str(raised.value) == (f'subject "{TINY}" has no scheduler; one of reference, dask has')
