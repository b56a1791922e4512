"""Known bugs on the command line: told as known, as fixed, or as new with ``--no-known``."""

from pathlib import Path

import pytest

from workerfuzz.harness.cases.triage import known_bugs
from workerfuzz.harness.cli import run_command
from workerfuzz.harness.subjects import get_cluster

#: A few runs: nearly every second one meets the commonest of the known bugs.
CAMPAIGN = ("run", "--scope", "cluster", "--subject", "dask", "--runs", "12", "--seed", "1")

FIXED = """\
workerfuzz-case 1
title: a bug that this release does not have
scope: cluster
subject: dask
breaks: wanted_keys_resolve on dask >=2022.7.0

> submit c0 a want a
> deliver c0->scheduler
"""


@pytest.fixture(autouse=True)
def _with_the_release_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the known bugs are bugs of distributed")
    if get_cluster("dask").version() != "2026.8.0":
        pytest.skip("which bugs a few runs meet is known of distributed 2026.8.0 only")
    monkeypatch.setenv("PYTHONHASHSEED", "0")  # or the command begins again, to fix it


def test_what_is_known_is_told_as_known_and_does_not_make_the_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run_command([*CAMPAIGN, "--out", str(tmp_path)])
    output = capsys.readouterr().out
    assert "stealing keeps tasks that were forgotten" in output
    assert "known, " in output
    assert "nothing new was found" in output
    assert status == 0
    assert not list(tmp_path.iterdir())


def test_what_is_known_is_new_to_who_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run_command([*CAMPAIGN, "--no-known", "--out", str(tmp_path)])
    output = capsys.readouterr().out
    assert status == 1
    assert "new, " in output
    assert "known, " not in output
    assert list(tmp_path.glob("*.case"))


def test_a_known_bug_that_is_fixed_is_told_by_replay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "0001-fixed.case"
    path.write_text(FIXED, encoding="utf-8")
    assert run_command(["replay", "--subject", "dask", str(path)]) == 1
    output = capsys.readouterr().out
    assert str(path) in output
    assert "wanted_keys_resolve" in output
    known = known_bugs.known_bugs(get_cluster("dask"), tmp_path)
    assert not known.bugs
    assert [case.title for case in known.fixed] == ["a bug that this release does not have"]


def test_with_the_trial_fix_of_a_known_bug_its_case_passes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = next(known_bugs.FOLDER.glob("0001-*.case"))
    assert run_command(["replay", "-q", str(path)]) == 0
    assert "1 known to break" in capsys.readouterr().out
    assert run_command(["replay", "-q", "--fixed", "all", str(path)]) == 0
    assert "1 as written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--fixed", "actor-is-queued"], 'did you mean "actor-is-not-queued"?'),
        (["--subject", "reference", "--fixed", "all"], "has no trial fixes"),
    ],
)
def test_a_trial_fix_that_is_not_there_is_bad_input(
    options: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = next(known_bugs.FOLDER.glob("0001-*.case"))
    assert run_command(["replay", "-q", *options, str(path)]) == 2
    assert text in capsys.readouterr().err


def test_with_all_trial_fixes_no_bug_that_has_one_comes_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command([*CAMPAIGN, "--fixed", "all", "-q", "--out", str(tmp_path)]) == 0
    output = " ".join(capsys.readouterr().out.split())
    with_a_fix = {case.title for case in known_bugs.known_cases() if case.fixes}
    assert len(with_a_fix) > 20
    assert [title for title in with_a_fix if title in output] == []
    assert "12 runs" in output
