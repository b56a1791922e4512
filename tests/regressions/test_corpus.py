"""The corpus: written as cases are, true of the reference, about all that it should be about."""

import re
from collections import Counter
from pathlib import Path

import pytest

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.replay.replay import ReplayOutcome, replay
from workerfuzz.harness.subjects import get
from workerfuzz.harness.worlds.scopes import run_config_of
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker.edges import DETOURS, EDGES, Edge
from workerfuzz.statemachine.worker.states import State
from workerfuzz.strategies.worker import WORKER_STEPS

CASES = sorted((Path(__file__).parents[2] / "regressions").glob("*.case"))

NUMBERED = re.compile(r"([0-9]{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.case")

#: Issues whose story has to be among the cases.
ISSUES = (
    "#4133", "#4360", "#4430", "#4439", "#4446", "#4550", "#4587", "#4721", "#4724", "#4757",
    "#4784", "#4793", "#4800", "#5046", "#5152", "#6479", "#6480", "#6528", "#6685", "#6689",
    "#6705", "#7490",
)  # fmt: skip

#: Bugs of released workers that one worker is enough for.
BUGS = (
    "Z01", "Z03", "Z04", "Z06", "Z08", "Z10", "Z13", "Z15", "Z18", "Z20", "Z22", "Z23", "Z25",
    "Z28", "Z30", "O1", "O4", "O7",
)  # fmt: skip

#: What the worker must do, as far as that is a scenario. The others are about every scenario, about
#: the table of transitions, or about more than one worker; properties and tests decide those.
REQUIREMENTS = (
    *(f"R{number}" for number in range(1, 21)),
    "R22", "R23", "R25", "R26", "R27", "R28", "R29", "R30", "R31", "R32", "R33", "R34", "R35",
    "R36", "R37", "R38", "R39", "R40", "R41", "R42", "R44", "R45", "R47", "R48", "R49", "R50",
    "D1",
)  # fmt: skip

#: A name of one of these in a comment.
NAME = re.compile(r"#\d{4}\b|\b[RDZO]\d{1,2}\b")


def named() -> set[str]:
    """Every requirement, issue and bug that a comment names."""
    comments = (
        line
        for path in CASES
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("# ")
    )
    return {name for comment in comments for name in NAME.findall(comment)}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case_is_canonical(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert casefile.format(casefile.parse(text)) == text


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case_is_true_of_the_reference(path: Path) -> None:
    case = casefile.load(path)
    assert case.tells_effects
    assert "reference" in case.subjects
    outcome = replay(case, get("reference"))
    assert outcome.outcome is ReplayOutcome.AS_WRITTEN, "\n".join(outcome.report)


@pytest.fixture(scope="module")
def taken() -> set[Edge]:
    """Transitions that the cases take, and the detours among them: from where to where in the end."""
    found: set[Edge] = set()
    for case in map(casefile.load, CASES):
        world = WorkerWorld(get("reference"), run_config_of(case.steps, case.config))
        for step in case.steps:
            world.apply(step)
            began: dict[str, State] = {}
            for key, change in world.view.changes():
                found.add((change.start, change.finish))
                if change.target is not change.finish:
                    began[key] = change.start
                elif key in began:
                    found.add((began.pop(key), change.finish))
    return found


def test_every_transition_is_in_a_case(taken: set[Edge]) -> None:
    assert taken == {*EDGES, *DETOURS}


def test_every_kind_of_step_is_in_a_case() -> None:
    assert {type(step) for path in CASES for step in casefile.load(path).steps} == {*WORKER_STEPS}


def test_there_are_enough() -> None:
    assert len(CASES) >= 60


def test_titles_are_unique() -> None:
    titles = Counter(casefile.load(path).title for path in CASES)
    assert [title for title, count in titles.items() if count > 1] == []


def test_steps_are_unique() -> None:
    played = Counter(
        (casefile.load(path).config.nthreads, casefile.load(path).steps) for path in CASES
    )
    assert [steps for steps, count in played.items() if count > 1] == []


def test_numbers_are_unique_and_have_no_gaps() -> None:
    matches = [NUMBERED.fullmatch(path.name) for path in CASES]
    assert [int(match[1]) for match in matches if match] == [*range(1, len(CASES) + 1)]


def test_cases_are_short() -> None:
    lengths = {path.name: len(casefile.load(path).steps) for path in CASES}
    assert {name: length for name, length in lengths.items() if length > 10} == {}


@pytest.mark.parametrize("name", [*ISSUES, *BUGS, *REQUIREMENTS])
def test_a_case_names(name: str) -> None:
    assert name in named()
