"""A subject meets only what it declares: in runs, replays, shrinking and pictures."""

from pathlib import Path

import pytest
from examples.campaigns import result_in

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.cases.format.case import open_world
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.replay.replay import ReplayOutcome, replay
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.engines.shrink.shrink import shrink
from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects import get
from workerfuzz.harness.worlds.playing import play
from workerfuzz.harness.worlds.scopes import WORKER
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig

NAME = "examples.single_key:SingleKey"


def violations(count: int) -> list[Violation]:
    """Of as many runs as it takes; universes are drawn as usual, whatever the subject declares."""
    found: list[Violation] = []
    for seed in range(500):
        try:
            walk(get(NAME), str(seed))
        except Violation as violation:
            found.append(violation)
        if len(found) == count:
            break
    return found


def test_nothing_else_is_met_in_a_run_at_rest_or_in_replays() -> None:
    found = violations(20)
    assert found
    for violation in found:
        assert "told of" not in violation.counterexample
        assert violation.run_config.keys == ("a",)


def test_what_was_found_is_found_again_by_shrinking() -> None:
    for violation in violations(5):
        shrunk = shrink(get(NAME), violation)
        assert shrunk.violation.property == violation.property
        assert shrunk.violation.run_config.keys == ("a",)


@pytest.mark.parametrize("engine", ["walk", "hypothesis"])
def test_each_finding_breaks_the_same_in_its_case_and_its_picture(
    tmp_path: Path, engine: str
) -> None:
    plan = Plan(subject=NAME, engine=engine, seed=1, budget=Budget(runs=100))
    done = result_in(tmp_path, plan)
    assert done.new
    for finding in done.new:
        case = load(Path(finding.path))
        assert replay(case, get(NAME)).outcome is ReplayOutcome.BROKEN
        (*_, last) = play(open_world(case, get(NAME)), case.steps)
        assert last.violation is not None
        assert last.violation.property == finding.signature[0]
        breach = chart_of(case, get(NAME)).breach
        assert breach is not None
        assert breach.property == finding.signature[0]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("compute-task x", "compute-task: SUBJECT does not know x"),
        ("free-keys a u", "free-keys: SUBJECT does not know u"),
        ("compute-task a needs z@b", "compute-task: SUBJECT does not know z, b"),
        ("pause", "pause: SUBJECT does not take it"),
    ],
)
def test_a_foreign_case_is_impossible_and_says_why(line: str, why: str) -> None:
    step = parse(line)
    run_config = WORKER.run_config_of((step,), RunConfig().config)
    assert isinstance(run_config, RunConfig)
    with WorkerWorld(get(NAME), run_config) as world, pytest.raises(ImpossibleStep) as impossible:
        world.apply(step)
    assert str(impossible.value) == why.replace("SUBJECT", NAME)
    assert world.pool == ("a",)
    assert world.peers == ()
