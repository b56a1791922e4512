"""Another Python is asked what it has before shards run there; what is missing is said in one line."""

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workerfuzz.harness.campaigns.executors import interpreter as module
from workerfuzz.harness.campaigns.executors.interpreter import (
    ExecutorUnavailable,
    interpreter,
    targets_in,
)
from workerfuzz.harness.campaigns.executors.protocol import FORMAT
from workerfuzz.harness.campaigns.plan.targets import targets

#: A program that is called as a Python would be.
Make = Callable[[str], str]

WHOLE: dict[str, Any] = {
    "python": [3, 13], "workerfuzz": "9.0", "format": FORMAT, "distributed": "2026.8.0",
}  # fmt: skip


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes a shell script; returns its path."""

    def make(script: str) -> str:
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return make


def saying(**found: Any) -> str:
    """A script that says what a probe would."""
    return f"echo {shlex.quote(json.dumps(found))}"


def test_what_has_everything_is_fine(make: Make) -> None:
    path = make(saying(**WHOLE))
    assert interpreter(path, "dask") == path


def test_no_name_is_no_python() -> None:
    with pytest.raises(
        ExecutorUnavailable, match=r"^expected the path of a Python, found nothing$"
    ):
        interpreter("", "reference")


def test_this_one_is_fine() -> None:
    assert interpreter(sys.executable, "reference") == sys.executable


def test_a_name_is_looked_for(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(saying(**WHOLE))
    monkeypatch.setenv("PATH", str(Path(path).parent))
    assert interpreter("python", "dask") == path


def test_distributed_is_needed_for_dask_alone(make: Make) -> None:
    without = {name: value for name, value in WHOLE.items() if name != "distributed"}
    path = make(saying(**without, undistributed="No module named 'distributed'"))
    assert interpreter(path, "reference") == path
    with pytest.raises(ExecutorUnavailable) as refused:
        interpreter(path, "dask")
    assert str(refused.value) == (
        f"{path}: distributed does not load there: No module named 'distributed'"
    )


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"python": [3, 9]}, "Python 3.9; workerfuzz needs 3.11 or later"),
        (
            {"workerfuzz": None, "missing": "workerfuzz", "problem": "x"},
            "no workerfuzz there; install it, or let PYTHONPATH lead to the one here",
        ),
        (
            {"missing": "msgspec", "problem": "No module named 'msgspec'"},
            "its workerfuzz 9.0 does not load: No module named 'msgspec'",
        ),
        (
            {"missing": "workerfuzz.harness.campaigns.executors", "problem": "No module named 'x'"},
            "its workerfuzz 9.0 is too old: No module named 'x'",
        ),
        (
            {"format": FORMAT + 1},
            f"its workerfuzz 9.0 speaks format {FORMAT + 1} of shards, and this one {FORMAT}; use "
            "the same release",
        ),
    ],
)
def test_what_is_missing_is_said(make: Make, found: dict[str, Any], message: str) -> None:
    every = {**WHOLE, **found}
    path = make(saying(**{name: value for name, value in every.items() if value is not None}))
    with pytest.raises(ExecutorUnavailable) as refused:
        interpreter(path, "reference")
    assert str(refused.value) == f"{path}: {message}"


@pytest.mark.parametrize("script", ["exit 0", "echo hello", "echo >&2 hello; exit 2"])
def test_what_is_no_python_is_said_to_be_none(make: Make, script: str) -> None:
    path = make(script)
    with pytest.raises(ExecutorUnavailable) as refused:
        interpreter(path, "reference")
    assert str(refused.value) == f"{path}: not a Python: it did not do what it was told to"


def test_what_does_not_answer_is_not_waited_for(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.1)
    path = make("exec tail -f /dev/null")
    with pytest.raises(ExecutorUnavailable) as refused:
        interpreter(path, "reference")
    assert str(refused.value) == f"{path}: it did not answer within 0.1 s"


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    path = tmp_path / "python"
    with pytest.raises(ExecutorUnavailable) as refused:
        interpreter(str(path), "reference")
    assert str(refused.value) == f"{path}: no such file or directory"


def test_what_is_not_executable_is_said(make: Make) -> None:
    path = make("exit 0")
    Path(path).chmod(0o644)
    with pytest.raises(ExecutorUnavailable) as refused:
        interpreter(path, "reference")
    assert str(refused.value) == f"{path}: permission denied"


def test_the_same_environment_offers_the_same_targets() -> None:
    assert targets_in(sys.executable, []) == targets()
    assert targets_in(sys.executable, ["reference"], "worker") == targets(["reference"], "worker")


def test_a_target_that_is_not_there_is_a_line() -> None:
    with pytest.raises(ExecutorUnavailable) as refused:
        targets_in(sys.executable, ["refrence"])
    assert str(refused.value) == (
        f'{sys.executable}: unknown subject "refrence"; did you mean "reference"?'
    )


def test_targets_are_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LISTING_S", 0.0)
    with pytest.raises(ExecutorUnavailable, match="it did not end within 0 s"):
        targets_in(sys.executable, [])
