"""The command line at the scope of a whole cluster."""

from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.cli import run_command

CASE = """\
workerfuzz-case 1
title: a value that its worker takes along is computed again
scope: cluster
subject: reference
config: saturation=inf

> submit c0 a want a
> deliver c0->scheduler
> deliver scheduler->w0
> succeed w0 a
> deliver w0->scheduler
> dies w0
> notice w0
"""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "0001-lost.case"
    path.write_text(CASE, encoding="utf-8")
    return path


def test_run_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = run_command(
        ["run", "--scope", "cluster", "--runs", "20", "--seed", "1", "--out", str(tmp_path)]
    )
    output = capsys.readouterr().out
    assert status == 0
    assert "20 runs" in output
    assert "edges of the scheduler" in output
    assert " kinds of step\n" in output
    assert "nothing new was found" in output


def test_what_is_new_is_kept_and_makes_the_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with named("finish-is-kept-secret").planted():
        status = run_command(
            ["run", "--scope", "cluster", "--runs", "20", "--seed", "1", "--out", str(tmp_path)]
        )
        output = capsys.readouterr().out
        assert status == 1
        assert "wanted_keys_resolve" in output
        path, *_ = sorted(tmp_path.glob("*.case"))
        assert f"workerfuzz replay {path}" in output
        assert run_command(["replay", str(path)]) == 1
    assert run_command(["replay", str(path)]) == 1  # it no longer breaks where it says that it does


def test_a_case_is_replayed_and_rewritten_with_what_follows(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["replay", str(case)]) == 0
    assert "1 as written" in capsys.readouterr().out
    text = case.read_text(encoding="utf-8")
    case.write_text(text.replace("> notice w0\n", "> notice w0\nw0 a: - -> memory\n"))
    assert run_command(["replay", "--rewrite", str(case)]) == 0
    after = case.read_text(encoding="utf-8")
    assert "scheduler a: memory -> processing" in after
    assert "! scheduler->w1 compute-task a" in after
    assert run_command(["replay", str(case)]) == 0


def test_a_case_is_shown_step_by_step(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["show", "--text", str(case)]) == 0
    output = capsys.readouterr().out
    assert "scheduler: a processing; w0: a executing" in output
    assert "every property holds" in output


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("deliver w1->scheduler", "there is no message from w1 for scheduler"),
        ("succeed w1 a", "succeed w1 a is not possible now"),
    ],
)
def test_an_impossible_step_is_told_with_its_place(
    case: Path, step: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case.write_text(CASE + f"> {step}\n", encoding="utf-8")
    assert run_command(["replay", str(case)]) == 2
    output = capsys.readouterr().out
    assert f"{case}:14: > {step}" in output
    assert message in output


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("> compute-task x", 'unknown step "compute-task"'),
        ("> deliver w0 scheduler", "expected 1 argument, found 2"),
    ],
)
def test_a_step_of_another_scope_is_unknown(
    case: Path, line: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case.write_text(CASE + f"{line}\n", encoding="utf-8")
    assert run_command(["replay", str(case)]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("workers=0", "workers is at least 1, not 0"),
        ("saturation=2", 'saturation is one of 1.1, inf, not "2"'),
        ("worker=2", '"worker" would be a resource; did you mean "workers"?'),
    ],
)
def test_a_wrong_setting_is_told(
    case: Path, config: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case.write_text(CASE.replace("saturation=inf", config), encoding="utf-8")
    assert run_command(["replay", str(case)]) == 2
    assert f"{case}:5: {message}" in capsys.readouterr().err


def test_an_unknown_subject_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "0")  # or the command begins again, to fix it
    assert run_command(["run", "--scope", "cluster", "--subject", "referense"]) == 2
    assert 'unknown subject "referense"; did you mean "reference"?' in capsys.readouterr().err


def test_a_fault_of_the_harness_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def stumble(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(
        "workerfuzz.harness.subjects.reference.cluster.ReferenceCluster.transitions", stumble
    )
    status = run_command(
        ["run", "--scope", "cluster", "--runs", "2", "--seed", "1", "--out", str(tmp_path)]
    )
    assert status == 3
    assert "the harness failed, in run 0 of seed 1: ZeroDivisionError" in capsys.readouterr().err
