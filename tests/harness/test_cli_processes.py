"""The command line where shards run in processes of their own."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from examples.strangers import settle_in

from workerfuzz.harness import cli
from workerfuzz.harness.cases.replay import replay_process

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Say:
    """Runs a command beside systems of other people; its status, what it said, its complaints."""
    monkeypatch.chdir(tmp_path)
    settle_in(tmp_path)

    def say(*arguments: str) -> tuple[int, str, str]:
        status = cli.run_command(arguments)
        return status, *capfd.readouterr()

    return say


def test_shards_add_up(say: Say) -> None:
    status, out, err = say("run", "--engine", "walk", "--jobs", "2", "--runs", "5", "--seed", "7")
    assert (status, err) == (0, "")
    begins, done, *rest = out.splitlines()
    assert begins == (
        "fuzzing reference, engine walk, seed 7, 2 processes, 5 runs; "
        "Ctrl-C ends it with what there is"
    )
    assert re.match(r"reference \S+, engine walk, seed 7: 5 runs, \d+ steps in ", done)
    assert "nothing new was found" in rest


def test_what_ends_a_process_is_a_finding(say: Say) -> None:
    status, out, _ = say(
        "run", "--subject", "strangers:Crashes", "--engine", "walk", "--runs", "3", "--seed", "3"
    )
    assert status == 1
    (path,) = Path("regressions").iterdir()
    assert f"replay it: workerfuzz replay {path} --subject strangers:Crashes" in out
    assert "\n1 new finding\n" in out


def test_a_bug_that_many_processes_find_is_written_once(say: Say) -> None:
    status, out, _ = say(
        "run", "--subject", "strangers:Touchy", "--engine", "walk", "--jobs", "2", "--runs", "100",
        "--seed", "3",
    )  # fmt: skip
    assert status == 1
    (path,) = Path("regressions").iterdir()
    assert f"replay it: workerfuzz replay {path} --subject strangers:Touchy" in out
    assert "\n1 new finding\n" in out


def test_a_fault_makes_the_status(say: Say) -> None:
    status, _, err = say("run", "--subject", "strangers:Clumsy", "--engine", "walk", "--runs", "3")
    assert status == 3
    assert re.fullmatch(
        r"workerfuzz: the harness failed, in run 0 of seed \d+: ZeroDivisionError: of ours "
        r"\(strangers.py:\d+\)\n",
        err,
    )


def test_memory_can_be_limited(say: Say) -> None:
    status, out, _ = say(
        "run", "--subject", "strangers:Greedy", "--engine", "walk", "--runs", "2", "--seed", "3",
        "--memory", "0.5",
    )  # fmt: skip
    assert status == 1
    assert "  it took all memory that there was\n" in out


def test_another_python_fuzzes_what_it_has(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$@" >> asked\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    status, out, _ = say("run", "--engine", "walk", "--runs", "2", "--python", str(python))
    assert status == 0
    assert ": 2 runs, " in out
    assert "-m workerfuzz.harness.campaigns.executors.worker_process" in Path("asked").read_text()


def test_a_python_that_will_not_do_is_bad_input(say: Say) -> None:
    status, out, err = say("run", "--python", "nowhere/python")
    assert (status, out) == (2, "")
    assert err == "workerfuzz: nowhere/python: no such file or directory\n"


DEADLY = """\
workerfuzz-case 1
title: it ends its process
scope: worker
subject: {subject}

> compute-task x

> pause
"""


@pytest.mark.parametrize(
    ("subject", "how"),
    [("strangers:Crashes", "was ended by SIGSEGV"), ("strangers:Leaves", "died with status 0")],
)
def test_a_case_that_ends_its_process_is_replayed_in_another_one(
    say: Say, subject: str, how: str
) -> None:
    Path("0001.case").write_text(DEADLY.format(subject=subject))
    Path("0002.case").write_text(DEADLY.format(subject="strangers:Stranger"))
    assert say("replay", "0001.case", "0002.case", "--subject", subject) == (
        1,
        f"0001.case: the process that replayed it {how}\n1 not about this subject, 1 broken\n",
        "",
    )


def test_a_case_that_never_ends_is_given_up(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = "strangers:Loops"
    Path("0001.case").write_text(DEADLY.format(subject=subject))
    monkeypatch.setattr(replay_process.Child.__init__, "__defaults__", (2.0, sys.executable, ()))
    status, out, _ = say("replay", "0001.case", "--subject", subject)
    assert (status, out) == (1, "0001.case: the replay did not end within 2 s\n1 broken\n")
