"""Exported files: run by a plain pytest, with nothing of ours, they show what the cases show."""

import ast
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import pytest

from workerfuzz.harness.cases.export.export import export, export_script
from workerfuzz.harness.cases.export.template_source import needed
from workerfuzz.harness.cases.format.case import Case, CaseError
from workerfuzz.harness.cases.format.casefile import load, parse
from workerfuzz.harness.cases.triage.known_bugs import FOLDER, known_cases
from workerfuzz.harness.subjects import get

pytest.importorskip("distributed")

#: Cases of one worker that break on every release from 2023.7.0 on, one for each property, with part
#: of the message of their tests.
WORKER_CASES = {
    "0043": "assert ts_wait.state in WAITING_FOR_DATA",
    "0057": "== [TaskFinishedMsg.match",
    "0089": "InvalidTransition",
    "0124": '"flight"',
    "0145": "assert run_id != RUN_ID_SENTINEL",
}

#: Statements of a test of one worker.
LONGEST = 6

UNBROKEN = """\
workerfuzz-case 1
title: a worker computes
scope: worker
subject: reference, dask

> compute-task x
> execute-success x
"""


def worker_case(number: str) -> Case:
    return load(next(FOLDER.parent.glob(f"{number}-*.case")))


def cluster_cases() -> list[Case]:
    """Cases of clusters that break with the Dask that is installed, and that are written as scripts."""
    version = get("dask").version()
    return [
        case
        for case in known_cases()
        if any(case.known_breaks("dask", version)) and case.scope != "process"
    ]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scripts")
    for number, case in enumerate(cluster_cases()):
        text = export_script(case, get("dask"))
        (folder / f"test_{number}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def worker_tests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workers")
    for number in WORKER_CASES:
        text = export(worker_case(number), get("dask")).text
        (folder / f"test_{number}.py").write_text(text, encoding="utf-8")
    return folder


def messages(folder: Path, seed: int) -> Sequence[str]:
    """Return the failure message of each test of a folder; empty for a test that passes."""
    report = folder / f"{seed}.xml"
    options = ["-p", "no:workerfuzz", "-p", "no:cacheprovider", "-q", f"--junitxml={report}"]
    options.append("--tb=native")  # pytest's own parses the sources of all frames
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(folder)],
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        cwd=folder,
        capture_output=True,
        check=False,
    )
    found = []
    for test in ET.parse(report).getroot().iter("testcase"):
        failure = test.find("failure")
        found.append("" if failure is None else failure.text or "")
    return found


def failures(folder: Path, seed: int) -> Sequence[str]:
    """Return the failure messages of tests, without those of a fixture behind them."""
    return [message for message in messages(folder, seed) if message]


def shown(folder: Path, seed: int) -> list[bool]:
    return ["expected: " in message for message in messages(folder, seed)]


def test_scripts_say_what_was_expected(scripts: Path) -> None:
    results = shown(scripts, 1)
    assert len(results) == len(cluster_cases())
    assert all(results)


def test_tests_of_a_worker_fail_for_the_stated_reason(worker_tests: Path) -> None:
    for message, reason in zip(failures(worker_tests, 1), WORKER_CASES.values(), strict=True):
        assert reason.replace('"', "'") in message.replace('"', "'")


@pytest.mark.slow
def test_exported_files_say_the_same_under_every_hash_seed(
    scripts: Path, worker_tests: Path
) -> None:
    for seed in range(20):
        assert all(shown(scripts, seed))
        assert len(failures(worker_tests, seed)) == len(WORKER_CASES)


@pytest.mark.parametrize("number", WORKER_CASES)
def test_test_of_a_worker_is_short(number: str) -> None:
    text = export(worker_case(number), get("dask")).text
    (function,) = (stmt for stmt in ast.parse(text).body if isinstance(stmt, ast.FunctionDef))
    assert sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 2 <= LONGEST
    assert "import pytest" not in text
    assert text.count("\ndef ") == 1


def test_exported_test_passes_where_the_bug_is_fixed(tmp_path: Path) -> None:
    case = worker_case("0071")  # fixed in 2022.10.1
    if any(case.known_breaks("dask", get("dask").version())):
        pytest.skip("this release is older")
    (tmp_path / "test_it.py").write_text(export(case, get("dask")).text, encoding="utf-8")
    assert messages(tmp_path, 0) == [""]


def test_exported_files_need_nothing_of_ours(scripts: Path, worker_tests: Path) -> None:
    written = [path for folder in (scripts, worker_tests) for path in folder.glob("test_*.py")]
    assert len(written) == len(cluster_cases()) + len(WORKER_CASES)
    assert [path for path in written if "workerfuzz" in path.read_text(encoding="utf-8")] == []


def test_script_of_a_worker_is_its_test() -> None:
    case = worker_case("0145")
    assert export_script(case, get("dask")) == export(case, get("dask")).text


def test_case_that_breaks_nothing_is_no_test() -> None:
    with pytest.raises(CaseError, match="the case breaks nothing with dask"):
        export(parse(UNBROKEN), get("dask"))


def test_property_that_scripts_do_not_check_is_refused() -> None:
    """A test that cannot fail would say nothing."""
    text = (
        "workerfuzz-case 1\ntitle: a\nscope: cluster\nsubject: dask\n"
        "breaks: tries_are_counted on dask\n\n> submit c0 a want a\n"
    )
    with pytest.raises(
        CaseError, match="tries_are_counted is not checked by exported tests so far"
    ):
        export_script(parse(text), get("dask"))


@pytest.mark.parametrize("write", [export, export_script])
def test_case_of_processes_is_no_test(write: object) -> None:
    text = "workerfuzz-case 1\ntitle: a\nscope: process\nsubject: dask\n\n> flow\n"
    assert callable(write)
    with pytest.raises(CaseError, match="a case of processes is not written as a"):
        write(parse(text), get("dask"))


def test_case_that_is_not_about_dask_is_no_test() -> None:
    text = UNBROKEN.replace("reference, dask", "reference")
    with pytest.raises(CaseError, match="the case is not about dask"):
        export(parse(text), get("dask"))


def test_property_of_ours_alone_is_no_test() -> None:
    text = UNBROKEN.replace("dask\n", "dask\nbreaks: starts_with_its_inputs on dask <2022.8\n", 1)
    with pytest.raises(
        CaseError, match="starts_with_its_inputs cannot be told in Dask's own terms"
    ):
        export(parse(text), get("dask"))


def test_impossible_step_is_no_test() -> None:
    text = UNBROKEN.replace("> execute-success x", "> execute-success y")
    with pytest.raises(CaseError, match="> execute-success y is impossible with dask"):
        export(parse(text), get("dask"))


def test_what_a_script_does_not_need_is_left_out() -> None:
    source = """\
import asyncio
import json


def unused():
    return json


class Cluster:
    def __init__(self):
        pass

    def one(self):
        return self.two()

    def two(self):
        return asyncio

    def three(self):
        return unused()
"""
    left = needed(source, "Cluster().one()")
    assert "import asyncio" in left
    assert "def two" in left
    assert "__init__" in left
    assert "json" not in left
    assert "three" not in left
