"""Transitions observed by a campaign: of the chosen systems, and of those with such a participant."""

from pathlib import Path

import pytest
from examples.accounts import account, night, tally, written

from workerfuzz.harness.campaigns.nightly.folder import FolderError
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.report.diagram.observed_transitions import observed_in

ALONE = account(
    plan=Plan(subject="reference", scope="worker"),
    version="0.1",
    counters={"swarm": tally(3, edges={"worker waiting -> ready": 5})},
    expected=["worker waiting -> ready", "worker flight -> memory"],
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written(tmp_path, night(account(), ALONE))
    return tmp_path


def test_runs_of_all_systems_add_up(folder: Path) -> None:
    seen = observed_in(folder, "worker", None, None)
    assert seen.description == "23 runs of clusters of dask 2026.8.0, reference 0.1"
    assert seen.counts["worker waiting -> ready"] == 1205


def test_runs_of_one_system_or_scope_are_counted_alone(folder: Path) -> None:
    for seen in (
        observed_in(folder, "worker", "reference", None),
        observed_in(folder, "worker", None, "worker"),
    ):
        assert seen.description == "3 runs of reference 0.1"
        assert seen.counts == {"worker waiting -> ready": 5, "worker flight -> memory": 0}


def test_only_those_that_have_such_a_party_are_counted(folder: Path) -> None:
    with pytest.raises(FolderError) as raised:
        observed_in(folder, "scheduler", "reference", None)
    assert str(raised.value) == (
        f"{folder}: no runs of reference with a scheduler; there are clusters of dask 2026.8.0, "
        "reference 0.1"
    )


def test_a_night_without_runs_says_so(tmp_path: Path) -> None:
    written(tmp_path, night())
    with pytest.raises(FolderError) as raised:
        observed_in(tmp_path, "worker", None, None)
    assert str(raised.value) == f"{tmp_path}: no runs with a worker; there are none"
