"""Tests of the most harmful defects: each fails on real clusters, and passes with the trial fix."""

import ast
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from workerfuzz.harness.cases.export.client_program import derive
from workerfuzz.harness.cases.export.cluster_test import cluster_test
from workerfuzz.harness.cases.export.expected import shown
from workerfuzz.harness.cases.format.case import Case, CaseError, ScopeName
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.triage.known_bugs import FOLDER
from workerfuzz.harness.subjects import get

pytest.importorskip("distributed")

PENDING = "condition not reached after 5 seconds"


#: Part of the message with which the test of a case fails, most harmful first; the first one
#: loses a whole session.
TOP: Mapping[str, str] = {
    "0001": "scheduler-connection-lost",
    "0011": PENDING,
    "0003": "released",
    "0075": PENDING,
    "0027": PENDING,
    "0028": PENDING,
    "0032": PENDING,
    "0009": PENDING,
    "0020": PENDING,
    "0008": PENDING,
    "0019": PENDING,
}

#: Statements of a test.
LONGEST = 22

#: Sets of distributed are ordered by hashes: with these the defect of 0027 shows.
HASH_SEED = "1"

#: Puts the trial fix of each test in place while it runs.
CONFTEST = """
import pytest
from workerfuzz.harness.subjects import trial_fixes

FIXES = {fixes!r}

@pytest.fixture(autouse=True)
def fix(request):
    with trial_fixes("dask", FIXES[request.path.stem]):
        yield
"""


def case(number: str) -> Case:
    return load(next(FOLDER.glob(f"{number}-*.case")))


def written(number: str, folder: Path) -> str:
    found = shown(case(number), get("dask"))
    text = cluster_test(found, derive(found))
    (folder / f"test_{number}.py").write_text(text, encoding="utf-8")
    return text


def outcomes(folder: Path) -> Mapping[str, str]:
    """Return the failure message of each test of a folder, by its module; empty where it passes."""
    report = folder / "report.xml"
    options = ["-p", "no:workerfuzz", "-p", "no:cacheprovider", "-q", f"--junitxml={report}"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(folder)],
        env={**os.environ, "PYTHONHASHSEED": HASH_SEED},
        cwd=folder,
        capture_output=True,
        check=False,
    )
    found = {}
    for test in ET.parse(report).getroot().iter("testcase"):
        failure = test.find("failure")
        name = str(test.get("classname")).rpartition(".")[2]
        found[name] = "" if failure is None else failure.text or "failed"
    return found


def fail_and_pass(numbers: list[str], folder: Path) -> None:
    """Demand that tests fail for the stated reason, and pass with the trial fix."""
    for number in numbers:
        written(number, folder)
    failed = outcomes(folder)
    for number in numbers:
        assert failed[f"test_{number}"], number
        assert TOP[number] in failed[f"test_{number}"], number
    fixes = {f"test_{number}": case(number).fixes[:1] for number in numbers}
    (folder / "conftest.py").write_text(CONFTEST.format(fixes=fixes), encoding="utf-8")
    assert outcomes(folder) == dict.fromkeys(fixes, "")


def test_first_of_all_fails_and_passes_with_its_fix(tmp_path: Path) -> None:
    fail_and_pass(["0001"], tmp_path)


@pytest.mark.slow
def test_top_defects_fail_and_pass_with_their_fixes(tmp_path: Path) -> None:
    fail_and_pass([*TOP], tmp_path)


@pytest.mark.parametrize("number", ["0031", "0039"])
def test_messages_that_are_held_back_again_within_a_statement_have_no_test(
    number: str, tmp_path: Path
) -> None:
    with pytest.raises(CaseError, match="no means for"):
        written(number, tmp_path)


@pytest.mark.slow
def test_every_known_case_of_clusters_has_a_test_or_a_reason(tmp_path: Path) -> None:
    for path in sorted(FOLDER.glob("*.case")):
        if load(path).scope is ScopeName.CLUSTER:
            with suppress(CaseError):
                ast.parse(written(path.name[:4], tmp_path))


@pytest.mark.parametrize("number", TOP)
def test_test_of_a_cluster_is_short_and_needs_nothing_of_ours(number: str, tmp_path: Path) -> None:
    text = written(number, tmp_path)
    (function,) = (stmt for stmt in ast.parse(text).body if isinstance(stmt, ast.AsyncFunctionDef))
    assert sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 2 <= LONGEST
    assert "workerfuzz" not in text
    assert "monkeypatch" not in text
