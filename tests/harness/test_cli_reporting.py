"""Reports of a night are written in a process of its own; those that are not written are told."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import NIGHT, as_text
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format import files
from workerfuzz.harness.cli.night_report import ANNOTATIONS, JUNIT, PAGE, SUMMARY, write_reports
from workerfuzz.harness.engines.findings.finding import Finding

#: A program that is called as a Python would be.
Make = Callable[[str], str]

CASE = "workerfuzz-case 1\ntitle: it breaks\nscope: worker\nsubject: reference\n\n> pause\n"


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """The folder of a night that found something."""
    this_night = Night(7, "2026-11-25T00:00:00+00:00", ended="2026-11-25T08:00:00+00:00")
    finding = Finding(("role_fits_state", "", ""), "It fits.", "x does not", 3, 11, "swarm", "reference",
              "worker", case=CASE)  # fmt: skip
    folder = tmp_path / "nights" / this_night.name
    (folder / "shards").mkdir(parents=True)
    (folder / NIGHT).write_text(as_text(this_night))
    (folder / "shards" / "0000.json").write_text(as_text(ShardResult(Plan(), findings=[finding])))
    return folder


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes a shell script; returns its path."""

    def make(script: str) -> str:
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return make


def test_what_people_and_machines_read_is_in_the_folder_of_the_night(night: Path) -> None:
    assert write_reports(night) == [str(night / PAGE)]
    assert "<title>" in (night / PAGE).read_text()
    assert "1 new finding" in (night / SUMMARY).read_text()
    assert "<failure" in (night / JUNIT).read_text()
    assert (night / ANNOTATIONS).read_text().startswith("::error title=workerfuzz%3A role_fits")


def test_findings_are_played_where_they_were_found(night: Path, make: Make) -> None:
    path = make(f'[ "$PYTHONHASHSEED" = 0 ] || exit 9\nexec {sys.executable} "$@"')
    write_reports(night, path)
    assert (night / SUMMARY).exists()


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (
            "echo 'workerfuzz: the disk is full' >&2; exit 2",
            "the disk is full",
        ),
        ("exit 3", "it ended with status 3"),
    ],
)
def test_why_it_was_not_written_is_told(night: Path, make: Make, script: str, problem: str) -> None:
    assert write_reports(night, make(script)) == [problem, problem]
    assert not (night / ANNOTATIONS).exists()


def test_it_is_not_waited_for_for_ever(night: Path, make: Make) -> None:
    path = make("exec cat /dev/zero")
    assert write_reports(night, path, 0.0) == ["it was not written within 0 s"] * 2


def test_a_full_disk_is_told(night: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write", full)
    assert write_reports(night, make("echo ::error::")) == [
        f"{night}: no space left on device; the report is not whole"
    ]
