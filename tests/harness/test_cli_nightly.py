"""The command `nightly`: what it says, how it ends, and what it refuses in one line."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from examples import short_nights
from examples.canaries import run_with_shared_canaries
from examples.minimising import minimise_here

from workerfuzz.harness.campaigns.executors.protocol import FORMAT
from workerfuzz.harness.campaigns.nightly.folder import MARK, opened
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.executor import ProgressCallback
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.replay.replay import Replay, ReplayOutcome
from workerfuzz.harness.cli import night_execution
from workerfuzz.harness.cli.night_report import PAGE

pytestmark = pytest.mark.usefixtures("short_canaries")

Say = Callable[..., tuple[int, str, str]]

NIGHT = (
    "nightly",
    "--dir",
    "nights",
    "--subject",
    "reference",
    "--runs",
    "20",
    "--seed",
    "7",
    "-q",
)


def carrying(carry: Any) -> Callable[[Any], AbstractContextManager[tuple[Any, int]]]:
    """In the place of what chooses who runs shards."""
    return lambda where: nullcontext((carry, where.jobs or 1))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards run in this process; what is written is as it should be."""

    @contextmanager
    def replaying(python: str, fixed: Sequence[str] = ()) -> Any:
        yield lambda path, subject: Replay(ReplayOutcome.AS_WRITTEN, str(path), subject)

    monkeypatch.setattr(night_execution, "night_executor", carrying(run_with_shared_canaries))
    monkeypatch.setattr(night_execution, "open_replayer", replaying)
    monkeypatch.setattr(night_execution, "corpus_minimiser", lambda python: minimise_here)
    monkeypatch.setattr(night_execution, "write_reports", write_page)


def write_page(night: Path, python: str) -> list[str]:
    """A page, as far as the status is concerned."""
    (night / PAGE).write_text("")
    return [str(night)]


def broken(monkeypatch: pytest.MonkeyPatch, change: Callable[[Plan], Plan]) -> None:
    """Shards have other plans."""

    def carry(plans: Iterable[Plan], tell: ProgressCallback) -> list[ShardResult]:
        return run_with_shared_canaries(map(change, plans), tell)

    monkeypatch.setattr(night_execution, "night_executor", carrying(carry))


def with_a_bug(plan: Plan) -> Plan:
    is_canary = plan.seed % (1 << 20) == (1 << 20) - 1
    return plan if is_canary else replace(plan, planted="finish-is-kept-secret")


def night_of(folder: Path) -> dict[str, Any]:
    (path,) = folder.glob("nights/*/night.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.mark.usefixtures("at_once")
def test_a_green_night_ends_with_0(say: Say) -> None:
    status, out, err = say(*NIGHT)
    assert (status, err) == (0, "")
    first, *_ = out.splitlines()
    assert re.fullmatch(
        r"night \S+-7, seed 7: reference \S+, clusters of reference \S+; 20 runs", first
    )
    assert out.endswith("nothing new was found; the night is green\n")


@pytest.mark.usefixtures("at_once")
def test_a_night_without_its_page_proves_nothing(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        night_execution, "write_reports", lambda night, python: ["the disk is full"]
    )
    status, out, _ = say(*NIGHT)
    assert status == 3
    assert "report: the disk is full\n" in out
    why = "report: the page was not written; `workerfuzz report nights` writes it"
    assert out.endswith(f"red: {why}\nthe night is red\n")
    assert night_of(Path("nights"))["phases"][-1]["red"] == [why.removeprefix("report: ")]


@pytest.mark.usefixtures("at_once")
def test_each_night_has_a_seed_of_its_own(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def carry(plans: Iterable[Plan], tell: ProgressCallback) -> list[ShardResult]:
        return [ShardResult(plan, runs=plan.budget.runs or 0) for plan in plans]

    monkeypatch.setattr(night_execution, "night_executor", carrying(carry))
    for _ in range(2):
        say("nightly", "--dir", "nights", "--subject", "reference", "--runs", "2", "-q")
    seeds = {
        json.loads(path.read_text())["seed"] for path in Path("nights").glob("nights/*/night.json")
    }
    assert len(seeds) == 2


@pytest.mark.usefixtures("at_once")
def test_what_is_new_ends_with_1_and_is_written_twice(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, with_a_bug)
    status, out, _ = say(*NIGHT, "--out", "new")
    assert status == 1
    (finding,) = Path("nights/findings").iterdir()
    (case,) = Path("new").iterdir()
    assert re.fullmatch(r"wanted_keys_resolve-[0-9a-f]{20}\.case", case.name)
    assert load(case).steps == load(finding).steps
    assert f"\nreplay it: workerfuzz replay {finding}\n" in out
    assert out.endswith("red: fuzz: 1 new\n1 new finding; the night is red\n")
    status, out, _ = say(*NIGHT[:-2], "8", "-q", "--out", "new")
    assert status == 0, "it is known"
    assert len(list(Path("new").iterdir())) == 1


@pytest.mark.usefixtures("at_once")
def test_a_case_that_differs_ends_with_1(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def replaying(python: str, fixed: Sequence[str] = ()) -> Any:
        yield lambda path, subject: Replay(ReplayOutcome.DIFFERS, str(path), subject, ("said",))

    monkeypatch.setattr(night_execution, "open_replayer", replaying)
    status, out, _ = say(*NIGHT)
    assert status == 1
    assert re.search(r"\nreplay: RED: on reference, differs: \S+/0001-\S+.case: said\n", out)
    assert re.search(r"\nred: replay: and \d+ more, told above\n", out)


@pytest.mark.usefixtures("at_once")
def test_a_blind_night_ends_with_3(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, lambda plan: replace(plan, planted=""))
    status, out, _ = say(*NIGHT)
    assert status == 3
    assert "red: canary: finish-is-kept-secret was planted, and not found" in out


@pytest.mark.usefixtures("at_once")
def test_a_repeated_night_ends_with_3(say: Say) -> None:
    assert say(*NIGHT)[0] == 0
    status, out, _ = say(*NIGHT)
    assert status == 3
    assert "red: report: seed 7 is that of night " in out


@pytest.mark.usefixtures("at_once")
def test_a_subject_that_is_refused_ends_with_3(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def carry(plans: Iterable[Plan], tell: ProgressCallback) -> list[ShardResult]:
        accounts = [ShardResult(plan, refused="not here") for plan in plans]
        for place, account in enumerate(accounts[4:] or accounts):
            tell(place, account, None)
        return accounts

    monkeypatch.setattr(night_execution, "night_executor", carrying(carry))
    status, out, _ = say(*NIGHT)
    assert status == 3
    assert "red: fuzz: reference: not here\n" in out
    assert "red: report: there was no run of reference\n" in out


@pytest.mark.usefixtures("at_once")
def test_a_full_disk_prints_the_case(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, with_a_bug)
    from workerfuzz.harness.cases.format import files

    fsync = os.fsync

    def full(descriptor: int) -> None:
        if (Path("nights") / "nights").exists():
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(files.os, "fsync", full)
    status, out, _ = say(*NIGHT)
    assert status == 1
    assert (
        "nights/findings: no space left on device; this case was not written:\nworkerfuzz-" in out
    )
    end = out[out.index("it could not be written; here it is:\n") :]
    assert "\n> submit c0 a want a\n" in end


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        (("--for", "0"), 'expected a time like 20s, 5m or 1h, found "0"'),
        (("--cpu", "0s"), 'expected a time like 20s, 5m or 1h, found "0s"'),
        (("--runs", "0"), "--runs"),
        (("--jobs", "0"), "--jobs"),
        (("--seed", "-1"), "--seed"),
        (("--subject", "refrence"), 'unknown subject "refrence"; did you mean "reference"?'),
        (("--subject", "reference", "--fixed", "all"), 'subject "reference" has no trial fixes'),
    ],
)
def test_bad_input_is_refused_in_one_line(say: Say, option: tuple[str, ...], problem: str) -> None:
    status, out, err = say("nightly", "--dir", "nights", *option)
    assert (status, out) == (2, "")
    assert err.startswith("workerfuzz: ")
    assert problem in err
    assert err.count("\n") == 1
    assert not Path("nights").exists()


def test_a_python_that_cannot_be_used_is_refused_in_one_line(say: Say) -> None:
    for options in (["--python", "nowhere"], ["--python", "nowhere", "--subject", "reference"]):
        status, out, err = say("nightly", "--dir", "nights", *options)
        assert (status, out) == (2, "")
        assert err == "workerfuzz: nowhere: no such file or directory\n"
    assert not Path("nights").exists()


def test_a_python_without_distributed_is_refused_unless_nobody_needs_it(
    say: Say, tmp_path: Path
) -> None:
    path = tmp_path / "python"
    found = {"python": [3, 13], "workerfuzz": "1", "format": FORMAT, "undistributed": "none here"}
    path.write_text(f"#!/bin/sh\necho '{json.dumps(found)}'\n")
    path.chmod(0o755)
    for options in ([], ["--subject", "dask"], ["--subject", "reference", "--subject", "dask"]):
        status, out, err = say("nightly", "--dir", "nights", "--python", str(path), *options)
        assert (status, out) == (2, "")
        assert err == f"workerfuzz: {path}: distributed does not load there: none here\n"
    _, _, err = say("nightly", "--dir", "nights", "--python", str(path), "--subject", "reference")
    assert "distributed" not in err
    assert not Path("nights").exists()


def test_a_subject_that_another_python_has_not_is_refused_in_one_line(say: Say) -> None:
    status, out, err = say(
        "nightly", "--dir", "nights", "--python", sys.executable, "--subject", "refrence"
    )
    assert (status, out) == (2, "")
    assert err == (
        f'workerfuzz: {sys.executable}: unknown subject "refrence"; did you mean "reference"?\n'
    )


@pytest.mark.usefixtures("at_once")
def test_a_corpus_of_a_newer_format_is_refused_in_one_line(say: Say) -> None:
    Path("nights/corpus").mkdir(parents=True)
    Path("nights/corpus/0.stem").write_text("workerfuzz-stem 2\n")
    status, out, err = say(*NIGHT)
    assert (status, out) == (2, "")
    assert err == (
        "workerfuzz: nights/corpus/0.stem:1: format 2 is newer than this workerfuzz understands, "
        "which is 1\n"
    )
    assert not Path("nights/nights").exists()


def newer(folder: Path) -> AbstractContextManager[object]:
    folder.mkdir()
    (folder / MARK).write_text("workerfuzz-folder 2\n")
    return contextmanager(lambda: iter([None]))()


def used(folder: Path) -> AbstractContextManager[object]:
    return opened(folder)


def a_file(folder: Path) -> AbstractContextManager[object]:
    folder.touch()
    return contextmanager(lambda: iter([None]))()


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (
            newer,
            r"nights/workerfuzz\.txt:1: format 2 is newer than this workerfuzz understands, .*",
        ),
        (used, r"nights: another campaign goes on there \(process \d+ on \S+, since \S+\)"),
        (a_file, r"nights: file exists; nothing can be kept there"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_in_one_line(
    say: Say, spoil: Callable[[Path], AbstractContextManager[object]], problem: str
) -> None:
    with spoil(Path("nights")):
        status, out, err = say(*NIGHT)
    assert (status, out) == (2, "")
    assert re.fullmatch(f"workerfuzz: {problem}\n", err)


@pytest.mark.usefixtures("at_once")
def test_broken_files_are_named_and_the_night_goes_on(say: Say) -> None:
    say(*NIGHT)
    (path,) = Path("nights/nights").glob("*/shards/0000.json")
    path.write_text("{")
    status, _, err = say(*NIGHT[:-2], "8", "-q")
    assert (status, err) == (
        0, f"workerfuzz: {path}: broken: Input data was truncated; it is left as it is\n"
    )  # fmt: skip
    assert path.read_text() == "{"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_night_that_is_ended_tells_what_there_is_and_is_gone_on_with(
    tmp_path: Path, number: signal.Signals
) -> None:
    """In processes, as people run it."""
    command = [sys.executable, short_nights.__file__, "nightly", "--dir", "nights"]
    options = ["--subject", "reference", "--seed", "7", "-q"]
    with subprocess.Popen(
        [*command, *options, "--for", "1h", "--jobs", "2"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as night:
        assert night.stdout is not None
        text = ""
        while not text.startswith("replay: "):
            text = night.stdout.readline()
        night.send_signal(number)
        rest = night.stdout.read()
    assert night.returncode == 130, rest
    assert rest.endswith(
        "nothing new was found; the night is green, interrupted: --resume goes on with it\n"
    )
    assert night_of(tmp_path / "nights")["interrupted"]


@pytest.mark.usefixtures("at_once")
def test_an_interrupted_night_is_gone_on_with(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def carry(plans: Iterable[Plan], tell: ProgressCallback) -> list[ShardResult]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(night_execution, "night_executor", carrying(carry))
        assert say(*NIGHT)[0] == 130
    status, out, _ = say("nightly", "--dir", "nights", "--subject", "reference", "--resume", "-q")
    assert status == 0
    assert re.match(
        r"night \S+-7 goes on: reference \S+, clusters of reference \S+; 20 runs left\n", out
    )
    assert not night_of(Path("nights"))["interrupted"]


def test_a_night_in_processes_finds_what_is_planted(say: Say) -> None:
    status, out, err = say(*NIGHT, "--jobs", "2", "--python", sys.executable)
    assert (status, err) == (0, "")
    assert re.search(
        r"minimise: reference: \d+ corpus entries, of which \d+ reach all \d+ features\n", out
    )
    assert night_of(Path("nights"))["python"] == sys.executable
    assert "canary: found bytes-stay-under-way, finish-is-kept-secret; nothing else\n" in out
    assert re.search(r"replay: \d+ cases on reference: \d+ as written", out)


@pytest.mark.usefixtures("at_once")
def test_triage_lists_what_nights_found(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, with_a_bug)
    assert say(*NIGHT)[0] == 1
    (finding,) = Path("nights/findings").iterdir()
    status, out, err = say("triage", "nights")
    assert (status, err) == (0, "")
    assert out.startswith("new: a client waits for ever: wanted_keys_resolve")
    assert f"\n  workerfuzz replay {finding}\n" in out
    assert out.endswith("\n1 bug in 1 night: 1 new, 0 known, 0 fixed\n")
    (path,) = Path("nights").glob("nights/*/shards/0000.json")
    path.write_text("{")
    status, out, err = say("triage", "nights", "--since", "2999-01-01")
    assert status == 0
    assert err == f"workerfuzz: {path}: broken: Input data was truncated; it is left as it is\n"
    assert out.endswith("\n1 bug in 1 night: 0 new, 1 known, 0 fixed\n")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nowhere"], "nowhere: no such folder; expected one that workerfuzz nightly made"),
        (
            ["."],
            ".: neither nights nor findings are there; expected a folder that workerfuzz nightly made",
        ),
        (
            [".", "--since", "today"],
            "Invalid value for '--since': expected a day like 2026-11-25, found \"today\"",
        ),
    ],
)
def test_triage_refuses_bad_input_in_one_line(say: Say, arguments: list[str], problem: str) -> None:
    assert say("triage", *arguments) == (2, "", f"workerfuzz: {problem}\n")
