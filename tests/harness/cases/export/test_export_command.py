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
    said = f"workerfuzz: {file}: no such file or directory; the test was not written\n"
    assert done.stderr == said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.case",), "workerfuzz: nowhere.case: no such file or directory\n"),
        (
            (FOLDER.parent / "README.md",),
            f"workerfuzz: {FOLDER.parent / 'README.md'}:1: ",
        ),
        ((CASE, "--as", "html"), "workerfuzz: Invalid value for '--as': "),
    ],
)
def test_export_refuses_in_one_line(arguments: tuple[object, ...], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert not done.stdout
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
