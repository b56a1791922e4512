"""A night begins with what the folder knows; the last one is gone on with, if it can be."""

from dataclasses import replace
from pathlib import Path

import pytest

import workerfuzz
from workerfuzz.harness.campaigns.nightly import resume as module
from workerfuzz.harness.campaigns.nightly.folder import Folder, FolderError
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import NIGHT, as_text
from workerfuzz.harness.campaigns.nightly.resume import (
    NightOptions,
    NightStart,
    open_night,
    python_of_last,
)
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.executor import run_in_process
from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.replay.replay import Replay

TARGET = Target("reference", "worker")
ORDERS = NightOptions(seed=9, budget=Budget(runs=8), targets={TARGET: "1.0"}, jobs=2)


def replay(path: Path, subject: str) -> Replay:
    raise AssertionError("nothing is replayed")


def opening(path: Path, *, resume: bool = False) -> NightStart:
    return open_night(Folder(path), ORDERS, run_in_process, replay, resume=resume)


def put(path: Path, seed: int, day: int, ended: str = "", *, interrupted: bool = False) -> Night:
    night = Night(seed, f"2026-11-{day}T00:00:00+00:00", targets=[TARGET])
    night.ended, night.interrupted = ended, interrupted
    (path / "nights" / night.name).mkdir(parents=True)
    (path / "nights" / night.name / NIGHT).write_text(as_text(night))
    return night


def test_a_night_that_begins_knows_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "findings").mkdir()
    (tmp_path / "findings" / "x-1234.case").touch()
    put(tmp_path, 1, 23, "later")
    nightly = opening(tmp_path).nightly
    night = nightly.night
    assert night.before == ["x-1234.case"]
    assert (night.seed, night.budget, night.targets) == (9, Budget(runs=8), [TARGET])
    assert night.versions == {"workerfuzz": workerfuzz.__version__, "reference": "1.0"}
    assert night.rounds == 2, "each process has something to do"
    assert [summary.seed for summary in nightly.former] == [1]


@pytest.mark.parametrize(
    ("ended", "interrupted", "seed"), [("", False, 2), ("later", True, 2), ("later", False, 9)]
)
def test_the_last_night_is_gone_on_with_unless_it_is_over(
    tmp_path: Path, ended: str, interrupted: bool, seed: int
) -> None:
    put(tmp_path, 1, 23)
    put(tmp_path, 2, 24, ended, interrupted=interrupted)
    assert opening(tmp_path, resume=True).nightly.night.seed == seed
    assert opening(tmp_path).nightly.night.seed == 9


def test_where_there_is_no_night_one_begins(tmp_path: Path) -> None:
    assert opening(tmp_path, resume=True).nightly.resumed is None


def test_a_night_that_nobody_can_read_is_not_gone_on_with(tmp_path: Path) -> None:
    night = put(tmp_path, 1, 23)
    broken = tmp_path / "nights" / night.name / NIGHT
    broken.write_text("{")
    start = opening(tmp_path, resume=True)
    assert start.nightly.resumed is None
    assert start.problems == [f"{broken}: broken: Input data was truncated; it is left as it is"]
    assert broken.read_text() == "{"


def test_a_corpus_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "0.stem").write_text("workerfuzz-stem 2\n")
    with pytest.raises(CaseError) as raised:
        opening(tmp_path)
    assert str(raised.value).endswith(
        "0.stem:1: format 2 is newer than this workerfuzz understands, which is 1"
    )


def test_a_night_is_gone_on_with_in_the_environment_where_it_began(tmp_path: Path) -> None:
    assert python_of_last(tmp_path / "nowhere") == ""
    assert python_of_last(tmp_path) == ""
    night = put(tmp_path, 1, 23)
    night.python = "/there/python"
    path = tmp_path / "nights" / night.name / NIGHT
    path.write_text(as_text(night))
    assert python_of_last(tmp_path) == "/there/python"
    night.ended = "later"
    path.write_text(as_text(night))
    assert python_of_last(tmp_path) == ""
    orders = replace(ORDERS, python="/other")
    opened = open_night(Folder(tmp_path), orders, run_in_process, replay)
    assert opened.nightly.night.python == "/other"


def test_a_folder_that_takes_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(module.NightLog, "load_former", refuse)
    with pytest.raises(FolderError) as raised:
        opening(tmp_path)
    assert str(raised.value) == f"{tmp_path}: read-only file system; nothing can be kept there"
