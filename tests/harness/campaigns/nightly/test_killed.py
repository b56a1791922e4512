"""A night may be killed at any moment: gone on with, it comes to what it would have come to."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from examples.killed import BUGS

TESTS = Path(__file__).resolve().parents[3]

#: What is the same whether a night was killed or not.
SAME = (
    "nights", "problems", "left", "runs", "taken", "sketch", "findings", "stems", "new", "ended",
)  # fmt: skip


def nights(folder: Path, *moments: str) -> list[dict[str, Any]]:
    """A night that nobody killed, then those that were."""
    done = subprocess.run(
        [sys.executable, "-m", "examples.killed", folder, *moments],
        cwd=TESTS,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(whole: dict[str, Any], killed: list[dict[str, Any]]) -> None:
    """Nothing is lost, nothing is doubled, nothing was done twice."""
    assert len(whole["new"]) == len(whole["findings"]) >= len(BUGS)
    assert whole["left"] == whole["problems"] == []
    assert len(whole["stems"]) > 5
    assert whole["ended"]
    for night in killed:
        differs = {name: night[name] for name in SAME if night[name] != whole[name]}
        assert differs == {}, f"killed at {night['moment']}"


@pytest.mark.parametrize(
    "share", ["5/24", *(pytest.param(f"{number}/8", marks=pytest.mark.slow) for number in range(8))]
)
def test_a_night_that_is_killed_before_an_operation_loses_nothing(
    tmp_path: Path, share: str
) -> None:
    """Killed once before each operation on files of which the number has this remainder."""
    whole, *killed = nights(tmp_path, share)
    assert len(killed) > 6
    assert all(night["killed"] for night in killed)
    check(whole, killed)


@pytest.mark.parametrize(
    "count", [4, pytest.param(100, marks=pytest.mark.slow)], ids="{} times".format
)
def test_a_night_that_is_killed_at_any_time_loses_nothing(tmp_path: Path, count: int) -> None:
    whole, *killed = nights(tmp_path, f"~{count}")
    assert len(killed) == count
    check(whole, killed)
