"""Shrinking keeps the bug, and ends where no single step can go."""

import pytest

from workerfuzz.harness.cases.signature import Signature, signature
from workerfuzz.harness.engines import shrink as shrinking
from workerfuzz.harness.engines.shrink import replay, shrink
from workerfuzz.harness.engines.walk import walk
from workerfuzz.harness.subjects.reference import ReferenceSubject
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.config import WorkerConfig
from workerfuzz.statemachine.worker import WorkerState
from workerfuzz.strategies import steps

SUBJECT = ReferenceSubject()


@pytest.fixture
def kept_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that seceded gives back nothing when it ends."""
    give_back = WorkerState._give_back

    def forgetful(self: WorkerState, task: object) -> None:
        execution = getattr(task, "execution", None)
        if execution is None or not execution.seceded:
            give_back(self, task)  # type: ignore[arg-type]  # whatever it was called with

    monkeypatch.setattr(WorkerState, "_give_back", forgetful)


def found() -> Violation:
    for seed in range(500):
        try:
            walk(SUBJECT, f"shrink {seed}")
        except Violation as violation:
            return violation
    raise AssertionError("nothing was found")


@pytest.mark.usefixtures("kept_slot")
def test_result_is_one_minimal_and_shows_the_same_bug() -> None:
    violation = found()
    shrunk = shrink(SUBJECT, violation)
    assert signature(shrunk.violation) == signature(violation)
    assert [step.word for step in shrunk.steps] == ["compute-task", "secede"]
    assert shrunk.violation.at_rest  # the thread ends when everything does
    for place in range(len(shrunk.steps)):
        rest = shrunk.steps[:place] + shrunk.steps[place + 1 :]
        other = replay(SUBJECT, shrunk.config, rest)
        assert other is None or signature(other) != signature(violation)


@pytest.mark.usefixtures("kept_slot")
def test_interruption_keeps_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    violation = found()
    replays = iter(range(3))

    def impatient(*arguments: object) -> Violation | None:
        if next(replays, None) is None:
            raise KeyboardInterrupt
        return replay(*arguments)  # type: ignore[arg-type]  # whatever it was called with

    monkeypatch.setattr(shrinking, "replay", impatient)
    shrunk = shrink(SUBJECT, violation)
    assert shrunk.interrupted
    assert signature(shrunk.violation) == signature(violation)


@pytest.mark.usefixtures("kept_slot")
def test_options_that_do_not_matter_are_left_at_their_defaults() -> None:
    violation = found()
    shrunk = shrink(SUBJECT, violation)
    assert shrunk.config == WorkerConfig()


def test_impossible_steps_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("execute-success x", "compute-task x", "unpause", "execute-success x")
    assert replay(SUBJECT, WorkerConfig(), [steps.parse(line) for line in lines]) is None


def test_signature_tells_exceptions_apart() -> None:
    one, other = (Violation("p", "", ""), Violation("p", "", ""))
    one.__cause__ = KeyError("x")
    assert signature(one) == Signature("p", "KeyError")
    assert signature(other) == Signature("p")
    assert str(signature(one)) == "p (KeyError)"
