"""Targets of another environment are listed by its own Python."""

import sys

import pytest

from workerfuzz.harness.campaigns.executors import available_targets
from workerfuzz.harness.campaigns.executors.available_targets import targets_there
from workerfuzz.harness.campaigns.executors.interpreter import CannotCarry
from workerfuzz.harness.campaigns.plan.targets import targets


def test_the_same_environment_offers_the_same() -> None:
    assert targets_there(sys.executable, []) == targets()
    assert targets_there(sys.executable, ["reference"], "worker") == targets(
        ["reference"], "worker"
    )


def test_what_is_not_there_is_told_in_a_line() -> None:
    with pytest.raises(CannotCarry) as refused:
        targets_there(sys.executable, ["refrence"])
    assert str(refused.value) == (
        f'{sys.executable}: unknown subject "refrence"; did you mean "reference"?'
    )


def test_an_answer_that_does_not_come_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(available_targets, "PATIENCE_S", 0.0)
    with pytest.raises(CannotCarry, match="it did not end within 0 s"):
        targets_there(sys.executable, [])
