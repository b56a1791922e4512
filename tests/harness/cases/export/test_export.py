"""Exported tests: run by a plain pytest, with nothing of ours, they show what the cases show."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from workerfuzz.harness.cases.export.export import export
from workerfuzz.harness.cases.export.template_source import needed
from workerfuzz.harness.cases.format.case import Case, CaseError
from workerfuzz.harness.cases.format.casefile import load, parse
from workerfuzz.harness.cases.triage.known_bugs import FOLDER, known_cases
from workerfuzz.harness.subjects import get

pytest.importorskip("distributed")

#: Cases of one worker that break on every release from 2023.7.0 on, one for each property.
WORKER_CASES = ("0043", "0057", "0089", "0124", "0145")

UNBROKEN = """\
workerfuzz-case 1
title: a worker computes
scope: worker
subject: reference, dask

> compute-task x
> execute-success x
"""


def cases() -> list[Case]:
    """Cases that break with the Dask that is installed, and that are written as tests."""
    version = get("dask").version()
    alone = [load(next(FOLDER.parent.glob(f"{number}-*.case"))) for number in WORKER_CASES]
    return [
        case
        for case in [*alone, *known_cases()]
        if any(case.known_breaks("dask", version)) and case.scope != "process"
    ]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    for number, case in enumerate(cases()):
        (folder / f"test_{number}.py").write_text(export(case, get("dask")), encoding="utf-8")
    return folder


def messages(folder: Path, seed: int) -> list[str]:
    """Return the failure message of each test of a folder; empty for a test that passes."""
    report = folder / f"{seed}.xml"
    options = ["-p", "no:workerfuzz", "-p", "no:cacheprovider", "-q", f"--junitxml={report}"]
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


def shown(folder: Path, seed: int) -> list[bool]:
    return ["expected: " in message for message in messages(folder, seed)]


def test_exported_tests_say_what_was_expected(exported: Path) -> None:
    results = shown(exported, 1)
    assert len(results) == len(cases())
    assert all(results)


@pytest.mark.slow
def test_exported_tests_say_the_same_under_every_hash_seed(exported: Path) -> None:
    for seed in range(20):
        assert all(shown(exported, seed))


def test_exported_test_passes_where_the_bug_is_fixed(tmp_path: Path) -> None:
    case = load(next(FOLDER.parent.glob("0071-*.case")))  # fixed in 2022.10.1
    if any(case.known_breaks("dask", get("dask").version())):
        pytest.skip("this release is older")
    (tmp_path / "test_it.py").write_text(export(case, get("dask")), encoding="utf-8")
    assert messages(tmp_path, 0) == [""]


def test_exported_test_needs_nothing_of_ours() -> None:
    for case in cases():
        assert "workerfuzz" not in export(case, get("dask"))


def test_case_that_breaks_nothing_is_no_test() -> None:
    with pytest.raises(CaseError, match="the case breaks nothing with dask"):
        export(parse(UNBROKEN), get("dask"))


def test_property_that_tests_do_not_check_is_refused() -> None:
    """A test that cannot fail would say nothing."""
    text = (
        "workerfuzz-case 1\ntitle: a\nscope: cluster\nsubject: dask\n"
        "breaks: tries_are_counted on dask\n\n> submit c0 a want a\n"
    )
    with pytest.raises(
        CaseError, match="tries_are_counted is not checked by exported tests so far"
    ):
        export(parse(text), get("dask"))


def test_case_of_processes_is_no_test() -> None:
    text = "workerfuzz-case 1\ntitle: a\nscope: process\nsubject: dask\n\n> flow\n"
    with pytest.raises(CaseError, match="a case of processes is not written as a test so far"):
        export(parse(text), get("dask"))


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


def test_what_a_test_does_not_need_is_left_out() -> None:
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
