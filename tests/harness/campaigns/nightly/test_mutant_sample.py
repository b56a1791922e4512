"""The sample of mutants of a night: its size, its seed, and the red lines of survivors."""

from dataclasses import replace
from pathlib import Path

import pytest
from examples.canaries import run_with_shared_canaries

from workerfuzz.harness.campaigns.executors.worker_client import NoReply
from workerfuzz.harness.campaigns.mutation_testing import campaign
from workerfuzz.harness.campaigns.mutation_testing.request import (
    CaughtBy,
    SearchRequest,
    SearchResult,
)
from workerfuzz.harness.campaigns.nightly.folder import opened
from workerfuzz.harness.campaigns.nightly.mutant_sample import (
    MOST_MUTANTS,
    SampleScore,
    sample_size,
)
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.resume import NightOptions, open_night
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.cases.replay.replay import Replay, ReplayOutcome
from workerfuzz.harness.cli.night_execution import exit_status, mutant_tester
from workerfuzz.harness.cli.options import ExitStatus

pytestmark = pytest.mark.usefixtures("short_canaries")

WORKER = Target("reference", "worker")
CLUSTER = Target("reference", "cluster")


def night(folder: Path, budget: Budget, asked: list[tuple[Target, int, int]]) -> Night:
    """A night of two targets, whose mutants of the scheduler survive."""

    def tester(target: Target, seed: int, count: int, /) -> SampleScore:
        asked.append((target, seed, count))
        red = ["one survives"] if target is CLUSTER else []
        return SampleScore(f"{count} tried of {target}", red)

    def replayer(path: Path, subject: str, /) -> Replay:
        return Replay(ReplayOutcome.AS_WRITTEN, str(path), subject)

    options = NightOptions(seed=7, budget=budget, targets={WORKER: "1", CLUSTER: "1"})
    with opened(folder) as opened_folder:
        start = open_night(
            opened_folder, options, run_with_shared_canaries, replayer, mutant_tester=tester
        )
        return start.nightly.run()


def test_a_survivor_that_nobody_reviewed_makes_the_night_red(tmp_path: Path) -> None:
    asked: list[tuple[Target, int, int]] = []
    found = night(tmp_path, Budget(runs=2, cpu_s=1000.0), asked)
    assert asked == [(WORKER, 7, 5), (CLUSTER, 7, 5)]
    phase = found.phase("mutants")
    assert phase.lines == ["5 tried of reference", "5 tried of clusters of reference"]
    assert found.red == ["mutants: one survives"]
    assert exit_status(found) is ExitStatus.BROKEN
    assert [phase.name for phase in found.phases][-3:] == ["mutants", "minimise", "report"]


def test_a_night_without_time_for_mutants_has_no_such_phase(tmp_path: Path) -> None:
    asked: list[tuple[Target, int, int]] = []
    found = night(tmp_path, Budget(runs=2), asked)
    assert not asked
    assert "mutants" not in [phase.name for phase in found.phases]


@pytest.mark.parametrize(
    ("budget", "count"),
    [
        (Budget(seconds=8 * 3600.0), MOST_MUTANTS),
        (Budget(seconds=1000.0), 10),
        (Budget(cpu_s=1000.0), 5),
        (Budget(seconds=60.0), 0),
        (Budget(runs=100), 0),
    ],
)
def test_the_sample_is_a_share_of_the_night(budget: Budget, count: int) -> None:
    night = Night(seed=1, began="2026-11-30T00:00:00", budget=budget, targets=[WORKER, CLUSTER])
    assert sample_size(night, jobs=2) == count


def test_each_survivor_is_a_red_line_and_dask_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def request_result(python: str, request: SearchRequest, *_: object, **__: object) -> object:
        if not request.mutant:
            return SearchResult(version="1.2.3")
        return SearchResult(steps=3)

    monkeypatch.setattr(campaign, "request_result", request_result)
    tester = mutant_tester("", 1)
    score = tester(WORKER, 3, 2)
    assert score is not None
    assert score.line.startswith("0 of 2 mutants of worker caught, 0.0%; 10 s of CPU each, seed 3")
    assert len(score.red) == 2
    assert all(line.endswith("survives, unreviewed") for line in score.red)
    assert tester(Target("dask", "cluster"), 3, 2) is None


def test_what_keeps_mutants_from_being_tried_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    def request_result(python: str, request: SearchRequest, *_: object, **__: object) -> object:
        raise NoReply("no such python")

    monkeypatch.setattr(campaign, "request_result", request_result)
    score = mutant_tester("", 1)(CLUSTER, 3, 2)
    assert score == SampleScore("mutants of scheduler: none", ["scheduler: no such python"])


def test_a_healthy_model_that_is_caught_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    caught = SearchResult(caught_by=CaughtBy.PROPERTY, property="some_claim", version="1")
    monkeypatch.setattr(campaign, "request_result", lambda *_, **__: replace(caught))
    score = mutant_tester("", 1)(WORKER, 3, 1)
    assert score is not None
    assert list(score.red) == ["the healthy code does not pass: some_claim"]
