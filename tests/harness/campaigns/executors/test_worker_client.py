"""A question to another process: its answer, or a line that says why there is none."""

import sys
from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.executors.requests import NoAnswer, ask

#: Answers with the double of a number; what else it does depends on the number.
SOURCE = """
import os, sys
from workerfuzz.harness.campaigns.executors.requests import answering

def doubled(number):
    print("what a subject prints is no answer", flush=True)
    if number == 1:
        raise LookupError("one cannot be doubled")
    if number == 2:
        return number / 0
    if number == 3:
        print("my last words", file=sys.stderr)
        os._exit(3)
    if number == 4:
        return "four"
    if number == 5:
        return int(os.environ["PYTHONHASHSEED"])
    return 2 * number

answering(int, doubled, (LookupError,))
"""


@pytest.fixture(autouse=True)
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process finds the module."""
    (tmp_path / "doubling.py").write_text(SOURCE)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])


def doubled(number: int, patience_s: float = 60.0) -> int:
    return ask(sys.executable, "doubling", number, int, patience_s)


def test_an_answer_comes() -> None:
    assert doubled(21) == 42
    assert doubled(5) == 0, "the order of sets is fixed there"


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (1, "one cannot be doubled"),
        (2, r"the harness failed, ZeroDivisionError: division by zero \(doubling.py:10\)"),
        (3, r"the process ended itself, with status 3 \(my last words\)"),
        (4, r"the process ended itself, with status 0 \(what a subject prints is no answer\)"),
    ],
)
def test_why_there_is_no_answer_is_a_line(number: int, why: str) -> None:
    with pytest.raises(NoAnswer, match=f"^{why}$"):
        doubled(number)


def test_an_answer_is_not_waited_for_for_ever() -> None:
    with pytest.raises(NoAnswer, match=r"^it did not end within 0 s$"):
        doubled(21, patience_s=0.0)
