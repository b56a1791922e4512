"""The README beside the cases: its example is a case, and nothing is left out."""

from pathlib import Path

import pytest

import workerfuzz
from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.casefile import FIELDS, OPTIONS
from workerfuzz.harness.cases.replay.replay import ReplayOutcome, replay
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.statemachine.worker.instructions import INSTRUCTIONS
from workerfuzz.strategies.text import word
from workerfuzz.strategies.worker import WORKER_STEPS


@pytest.fixture
def readme() -> str:
    path = Path(workerfuzz.__path__[0], "regressions", "README.md")
    return path.read_text(encoding="utf-8")


def test_the_example_is_true(readme: str, reference: Subject) -> None:
    example = readme.split("```\n")[1]
    assert casefile.format(casefile.parse(example)) == example
    assert replay(casefile.parse(example), reference).outcome is ReplayOutcome.AS_WRITTEN


def test_every_word_is_explained(readme: str) -> None:
    for kind in (*WORKER_STEPS, *INSTRUCTIONS):
        assert f"`{word(kind)}`" in readme
    for name in FIELDS:
        assert f'"{name}: "' in readme
    for name in OPTIONS:
        assert f"`{name}=N`" in readme
