"""`workerfuzz report`: a folder of nights becomes a page, a summary, JUnit XML and annotations."""

from collections.abc import Callable
from pathlib import Path

import pytest
from examples.accounts import account, met, night, written

from workerfuzz.harness.cli import run_command

Say = Callable[..., tuple[int, str, str]]

CASE = """\
workerfuzz-case 1
title: <script>a task</script> runs
scope: worker
subject: reference

> compute-task x
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Of the second of two nights, which found something."""
    written(tmp_path / "ours", night(account(), began="2026-11-24T02:00:00+00:00"))
    bug = met(subject="reference", scope="worker", case=CASE, path="findings/x.case")
    return written(tmp_path / "ours", night(account(findings=[bug])))


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Reports; exit status, what it printed, what it complained of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONHASHSEED", "0")

    def say(*options: str) -> tuple[int, str, str]:
        status = run_command(["report", *options])
        return status, *capsys.readouterr()

    return say


def test_the_page_is_in_the_folder_of_the_night(say: Say, own: Path) -> None:
    status, out, err = say("ours")
    assert (status, err) == (0, "")
    assert out == f"red: 1 new finding, 0 known: ours/nights/{own.name}/report.html\n"
    page = (own / "report.html").read_text()
    assert "red: 1 new finding, 0 known" in page
    assert "workerfuzz replay ours/findings/x.case" in page
    assert "That of 2026-11-24, 02:00 UTC, seed 7." in page
    assert "No picture" not in page
    assert "&lt;script&gt;a task&lt;/script&gt; runs" in page


def test_everything_is_written_that_is_asked_for_and_nothing_else(say: Say, own: Path) -> None:
    status, out, _ = say("ours", "--markdown", "s.md", "--junit", "r.xml", "--annotations")
    assert status == 0
    assert out.startswith("::error file=ours/findings/x.case,line=1,title=")
    assert Path("s.md").read_text().startswith("## ❌ workerfuzz: red: 1 new finding")
    assert Path("r.xml").read_text().startswith("<?xml")
    assert not (own / "report.html").exists()
    status, out, _ = say("ours", "--html", "-")
    assert (status, out[:15]) == (0, "<!doctype html>")


def test_one_night_can_be_chosen(say: Say, own: Path) -> None:
    first = min(path.name for path in own.parent.iterdir())
    _, out, _ = say(f"ours/nights/{first}")
    assert out.startswith("green: 0 new findings, 0 known: ")


def test_what_is_broken_in_the_folder_is_named(say: Say, own: Path) -> None:
    (own / "shards" / "0001.json").write_text("{")
    status, _, err = say("ours", "--markdown", "-")
    assert status == 0
    assert err.startswith(f"workerfuzz: ours/nights/{own.name}/shards/0001.json: broken: ")


def test_a_folder_without_a_night_is_named(say: Say) -> None:
    status, out, err = say("none")
    assert (status, out) == (2, "")
    assert err == "workerfuzz: none: no such folder; expected one that workerfuzz nightly made\n"


@pytest.mark.parametrize(
    ("option", "what"), [("--html", "report"), ("--markdown", "summary"), ("--junit", "JUnit XML")]
)
def test_what_cannot_be_written_is_said(say: Say, own: Path, option: str, what: str) -> None:
    status, _, err = say("ours", option, "none/x")
    assert status == 2
    assert err.endswith(
        f"none/x: no such file or directory; the {what} was not written: name another file\n"
    )
