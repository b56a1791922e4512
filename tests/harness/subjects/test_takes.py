"""The table of ``takes`` in docs/extending.md says what the code does."""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects.protocol import WorkerSubject
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.worker_state import WorkerState
from workerfuzz.strategies.worker import WORKER_STEPS

PAGE = Path(__file__).parents[3] / "docs" / "extending.md"
ROW = re.compile(r"^\| `([a-z-]+)` \| `(\w+)` \| (.*?) \|$", re.MULTILINE)
RUNS = 150


def rows() -> dict[str, tuple[str, set[str]]]:
    """Word of a step: its event, and the instructions that may answer."""
    found = ROW.findall(PAGE.read_text(encoding="utf-8"))
    return {word: (event, set(re.findall(r"`(\w+)`", answers))) for word, event, answers in found}


class Listening(ReferenceSubject):
    """The reference, whose answers are collected by the kind of event."""

    def __init__(self) -> None:
        self.answers: dict[str, set[str]] = defaultdict(set)

    def worker(self, config: WorkerConfig) -> WorkerSubject:
        answers = self.answers

        class Worker(ReferenceWorker):
            def handle(self, event: Event) -> Sequence[do.Instruction]:
                issued = super().handle(event)
                answers[type(event).__name__].update(
                    type(instruction).__name__ for instruction in issued
                )
                return issued

        return Worker(WorkerState(config))


def test_every_word_is_listed_with_its_event() -> None:
    listed = [(word, event) for word, (event, _) in rows().items()]
    assert listed == [(kind.word, kind.__name__) for kind in WORKER_STEPS]
    assert all(hasattr(events, event) for _, event in listed)


def test_instructions_that_answer_an_event_are_listed() -> None:
    subject = Listening()
    for seed in range(RUNS):
        try:
            walk(subject, f"takes/{seed}")
        except Violation as violation:
            raise AssertionError(violation) from violation
    for event, answers in rows().values():
        assert all(hasattr(do, answer) for answer in answers)
        assert subject.answers[event] <= answers, event
