"""The command ``workerfuzz export``."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workerfuzz.harness.cases.triage.known_bugs import FOLDER

pytest.importorskip("distributed")

CASE = next(FOLDER.parent.glob("0145-*.case"))


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workerfuzz.harness.cli", "export", *map(str, arguments)],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_export_writes_a_test(tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    done = run(CASE, "--as", "pytest", "--out", file)
    assert done.returncode == 0
    assert done.stdout == f"written to {file}; run it: python -m pytest {file}\n"
    assert "def test_a_value_is_scattered" in file.read_text(encoding="utf-8")


def test_export_prints_what_it_cannot_write(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "test_it.py"
    done = run(CASE, "--out", file)
    assert done.returncode == 2
    assert "def test_a_value_is_scattered" in done.stdout
    text = f"workerfuzz: {file}: no such file or directory; the test was not written\n"
    assert done.stderr == text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("nowhere.case",), "workerfuzz: nowhere.case: no such file or directory\n"),
        (
            (FOLDER.parent / "README.md",),
            f"workerfuzz: {FOLDER.parent / 'README.md'}:1: ",
        ),
        ((CASE, "--as", "html"), "workerfuzz: Invalid value for '--as': "),
    ],
)
def test_export_refuses_in_one_line(arguments: tuple[object, ...], text: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert not done.stdout
    assert done.stderr.startswith(text)
    assert done.stderr.count("\n") == 1


def test_folder_becomes_a_suite_and_every_case_is_told_of(tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    cases.mkdir()
    (cases / CASE.name).write_text(CASE.read_text(encoding="utf-8"), encoding="utf-8")
    process = next(FOLDER.glob("0069-*.case"))
    (cases / process.name).write_text(process.read_text(encoding="utf-8"), encoding="utf-8")
    done = run(cases, "--as", "pytest", "--out", tmp_path / "suite")
    assert done.returncode == 0, done.stderr
    first, second, last = done.stdout.splitlines()
    assert first == f"{process.stem}: no test: a case of processes is not written as a test so far"
    assert second == f"{CASE.stem}: ws"
    assert last.startswith(f"1 of 2 written to {tmp_path / 'suite'}; run them: ")
    (written,) = (tmp_path / "suite").iterdir()
    assert written.name == f"test_{CASE.stem.replace('-', '_')}.py"


def test_folder_needs_a_folder_to_write_to() -> None:
    done = run(FOLDER)
    assert done.returncode == 2
    assert done.stderr == "workerfuzz: --out: expected a folder for the tests of a folder\n"


def test_script_plays_a_case_of_a_cluster_without_a_network() -> None:
    done = run(next(FOLDER.glob("0001-*.case")), "--as", "script")
    assert done.returncode == 0
    assert "class Cluster:" in done.stdout
