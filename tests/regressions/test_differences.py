"""Differences between Dask and the reference are written in the case, and nowhere else.

Every case is played on both, step by step, whether or not its header lists ``dask``. After each
step the states that changed and the instructions that were issued are compared; of what happens at
rest, only which property is broken. Some things are different everywhere, by design, and are not
looked at:

- a record that is released, and no record: only ``ForgetKeys`` removes a record of the reference,
  while a worker of Dask forgets by itself what is of no use (R37);
- the order of instructions, and of keys within one;
- the cause of an error, which Dask does not tell its scheduler;
- what the reference reports at once when a client scatters a value: Dask's scheduler sends such
  values itself, and knows.

A case that differs in any other way needs ``breaks: ... on dask``, where that is a bug, or
``note: dask: ...``, where something else was wanted. These notes are about the newest release; what
an older one does is in notes that name it (``note: dask before 2022.8.1: ...``).
"""

import importlib.util
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import pytest
from packaging.version import Version

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case, open_world
from workerfuzz.harness.cases.replay.replay import replay
from workerfuzz.harness.subjects import get
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.worlds.playing import StepResult, play
from workerfuzz.harness.worlds.worker.effect import WorkerEffect
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.states import State
from workerfuzz.strategies.worker.from_scheduler import UpdateData

CASES = sorted((Path(__file__).parents[2] / "regressions").glob("*.case"))

#: The first release that the notes are about.
DESCRIBED = Version("2026.8.0")

#: How a note begins that is about the newest Dask.
ABOUT_DASK = "dask: "


@pytest.fixture(scope="module")
def dask() -> Subject:
    if importlib.util.find_spec("distributed") is None:
        pytest.skip('needs distributed: pip install "workerfuzz[dask]"')
    subject = get("dask")
    if Version(subject.version()) < DESCRIBED:
        pytest.skip(f"the corpus describes distributed {DESCRIBED} and later")
    return subject


@dataclass(frozen=True, slots=True)
class Seen:
    """The outcome of one step, as far as it is compared.

    Attributes:
        states: of the tasks that changed.
        issued: instructions, with how often each was issued.
        end: why the run ended here, if it did.
    """

    states: dict[str, str] = field(default_factory=dict)
    issued: Counter[str] = field(default_factory=Counter)
    end: str = ""

    def __str__(self) -> str:
        states = [f"{key}: {state}" for key, state in sorted(self.states.items())]
        return "; ".join((*states, *sorted(self.issued.elements()), self.end)).strip("; ")


def seen_in(case: Case, subject: Subject) -> list[Seen]:
    return [seen(result) for result in play(open_world(case, subject), case.steps)]


def seen(result: StepResult) -> Seen:
    if result.violation is not None:
        return Seen(end=f"breaks {result.violation.property}")
    if result.impossible is not None:
        return Seen(end=f"impossible: {result.impossible}")
    if result.effect is None:
        return Seen()
    silent = (do.AddKeys, do.TaskFinished) if isinstance(result.step, UpdateData) else ()
    told = [
        instruction
        for instruction in result.effect.instructions
        if not isinstance(instruction, silent)
    ]
    return Seen(dict(changed(result.effect)), Counter(map(alike, told)))


def changed(effect: WorkerEffect) -> Iterator[tuple[str, str]]:
    """Keys that changed, with their states after that."""
    for key, before, after in effect.changes:
        if known(before) != known(after):
            yield key, known(after)


def known(state: State | None) -> str:
    """A state; a record that is released is as good as none."""
    return "-" if state is None or state is State.RELEASED else str(state)


def alike(instruction: do.Instruction) -> str:
    """An instruction as it reads on both."""
    if isinstance(instruction, do.TaskErred):
        instruction = do.TaskErred(key=instruction.key, run_id=instruction.run_id, exception="")
    (line,) = WorkerEffect((), (instruction,)).lines()
    word, *arguments = line.removeprefix("! ").split()
    return " ".join((word, *sorted(arguments)))


def differences(case: Case, other: Subject) -> list[str]:
    """A line for each step after which something else is seen on the other subject."""
    steps = [*map(str, case.steps), "rest"]
    ours, theirs = seen_in(case, get("reference")), seen_in(case, other)
    pairs = zip_longest(ours, theirs, fillvalue=Seen(end="over"))
    return [
        f"> {step}\n  reference: {one}\n  {other.name}: {two}"
        for step, (one, two) in zip(steps, pairs, strict=True)
        if one != two
    ]


def runs_through(case: Case, subject: Subject) -> bool:
    return not any(one.end for one in seen_in(case, subject))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_difference_is_explained(path: Path, dask: Subject) -> None:
    case = casefile.load(path)
    found = "\n".join(differences(case, dask))
    noted = any(note.startswith(ABOUT_DASK) for note in case.notes)
    broken = any(case.known_breaks(dask.name, dask.version()))
    assert bool(found) == (noted or broken), (
        found or "it says that there is a difference: none found"
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case_is_true_of_dask(path: Path, dask: Subject) -> None:
    case = casefile.load(path)
    if dask.name in case.subjects:
        outcome = replay(case, dask)
        assert outcome.fine, "\n".join(outcome.report)
    else:
        assert not runs_through(case, dask), 'it could say "subject: reference, dask"'


def test_breaks_are_explained() -> None:
    cases = map(casefile.load, CASES)
    assert [
        case.title
        for case in cases
        if case.breaks and not any(note.startswith("dask") for note in case.notes)
    ] == []
