"""Campaigns: budgets are kept, same seeds give same runs, and coverage knows what it missed."""

import pytest

from workerfuzz.harness.campaigns import fuzz as campaigns
from workerfuzz.harness.campaigns.coverage import Coverage
from workerfuzz.harness.campaigns.fuzz import Budget, fuzz
from workerfuzz.harness.subjects.reference import ReferenceSubject
from workerfuzz.harness.worlds.worker import WorkerWorld
from workerfuzz.statemachine.worker import WorkerState

SUBJECT = ReferenceSubject()


@pytest.mark.parametrize("engine", ["hypothesis", "walk"])
def test_number_of_runs_is_kept(engine: str) -> None:
    done = fuzz(SUBJECT, engine, seed=1, budget=Budget(runs=30))
    assert 30 <= done.runs <= 40  # Hypothesis adds a few of its own
    assert done.violation is None


@pytest.mark.parametrize("engine", ["hypothesis", "walk"])
def test_same_seed_same_campaign(engine: str) -> None:
    one, other = (fuzz(SUBJECT, engine, seed=5, budget=Budget(runs=30)) for _ in range(2))
    assert one.coverage == other.coverage
    assert one.steps == other.steps
    different = fuzz(SUBJECT, engine, seed=6, budget=Budget(runs=30))
    assert different.coverage != one.coverage


def test_a_finding_ends_the_campaign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkerState, "leave_slot", lambda self, task: None)
    done = fuzz(SUBJECT, "walk", budget=Budget(runs=500))
    assert done.violation is not None
    assert done.runs < 500


def test_interruption_keeps_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> WorkerWorld:
        raise KeyboardInterrupt

    monkeypatch.setattr(campaigns, "walk", interrupted)
    done = fuzz(SUBJECT, "walk", budget=Budget(runs=5))
    assert done.interrupted
    assert done.runs == 0


def test_coverage_names_what_was_not_reached() -> None:
    everything = list(Coverage().unreached())
    assert "edge flight -> resumed" in everything
    assert "detour error -> waiting" in everything
    assert "step secede" in everything
    assert "cancelled holding executing, then waiting" in everything
    assert "a key that errs because it could not be copied" in everything


def test_a_long_walk_reaches_everything() -> None:
    """The *sometimes* properties: every state, edge, detour and kind of step."""
    done = fuzz(SUBJECT, "walk", seed=1, budget=Budget(runs=2500))
    assert done.violation is None
    assert list(done.coverage.unreached()) == []
