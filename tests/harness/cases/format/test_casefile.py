"""The text of a case: what is read is what is written, and the reverse."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case, CaseStep, KnownBreak, NumberedLine, ScopeName
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.hypothesis_chooser import HypothesisChooser
from workerfuzz.strategies.worker import WORKER_STEPS, parse

HEADER = "workerfuzz-case 1\ntitle: t\nscope: worker\nsubject: reference\n"


def case_of(body: str) -> Case:
    return casefile.parse(f"{HEADER}\n{body}")


def rewritten(text: str) -> str:
    return casefile.format(casefile.parse(text))


def test_every_part_is_read(text: str) -> None:
    case = casefile.parse(text, Path("some.case"))
    assert case.title == "the peer sending the last dependency dies"
    assert case.scope is ScopeName.WORKER
    assert case.subjects == ("reference", "dask")
    assert case.found == "hypothesis, 2026-11-23; 23 steps shrunk to 2"
    assert case.path == Path("some.case")
    first, second = case.scenes
    assert first.remarks == ("# y needs x and z; only b holds x.",)
    assert str(first.step) == "compute-task y needs x@b z@a"
    assert [line.text for line in first.effects] == [
        "x: - -> flight",
        "y: - -> waiting",
        "z: - -> flight",
        "! gather-dep a z",
        "! gather-dep b x",
    ]
    assert second.remarks == ("", "# b dies. Nobody else holds x.")


def test_lines_are_counted(text: str) -> None:
    first, second = casefile.parse(text).scenes
    assert (first.line, second.line) == (8, 16)
    assert [line.number for line in first.effects] == [9, 10, 11, 12, 13]


def test_a_case_is_written_as_it_was_read(text: str) -> None:
    assert rewritten(text) == text


def test_comments_and_empty_lines_survive() -> None:
    body = "\n# a  b   c\n#\n\n\n> pause\n# and\n> unpause\n\n# the end\n"
    text = f"{HEADER}\n{body}"
    assert rewritten(text) == text


def test_equal_cases_may_stand_on_other_lines(text: str) -> None:
    moved = text.replace("# y needs", "# So:\n# y needs")
    assert casefile.parse(moved).scenes[1] == casefile.parse(text).scenes[1]


def test_header_lines_have_an_order() -> None:
    header = (
        "title: t\nscope: worker\nsubject: dask\n"
        "breaks: no_handler_raises on dask >=2022.8.0,<2026.9\n"
        "config: nthreads=2\nfound: by hand\nnote: one\nnote: two\n"
    )
    shuffled = "".join(reversed(header.splitlines(keepends=True))).replace(
        "note: two\nnote: one", "note: one\nnote: two"
    )
    assert rewritten(f"workerfuzz-case 1\n{shuffled}\n> pause\n") == (
        f"workerfuzz-case 1\n{header}\n> pause\n"
    )


def test_form_is_free_when_read() -> None:
    loose = (
        "workerfuzz-case   1\ntitle:  t \nsubject:reference\nscope: worker\n>compute-task  x\n"
        "!execute x  run=1\nx: -  ->  executing\n#note\n> execute-success x\n\n\n"
    )
    assert rewritten(loose) == (
        f"{HEADER}\n> compute-task x\nx: - -> executing\n! execute x run=1\n#note\n"
        "> execute-success x\n"
    )


def test_config_leaves_defaults_out() -> None:
    text = HEADER + "config: suspicious-limit=2 gpu=0.5 nthreads=1 cpu=4\n\n> pause\n"
    case = casefile.parse(text)
    assert case.config == WorkerConfig(suspicious_limit=2, resources={"cpu": 4, "gpu": 0.5})
    assert "config: cpu=4 gpu=0.5 suspicious-limit=2\n" in casefile.format(case)


def test_a_default_config_is_not_written() -> None:
    assert "config" not in rewritten(HEADER + "config: nthreads=1\n\n> pause\n")


def test_transfer_limits_are_options() -> None:
    line = (
        "config: transfer-count=1 transfer-throttle=0 transfer-incoming=150 transfer-message=100\n"
    )
    case = casefile.parse(f"{HEADER}{line}\n> pause\n")
    assert case.config == WorkerConfig(
        transfer_count=1,
        transfer_throttle_nbytes=0,
        transfer_incoming_nbytes=150,
        transfer_message_nbytes=100,
    )
    assert line in casefile.format(case)


@pytest.mark.parametrize(
    ("version", "covered"),
    [("2022.7.0", False), ("2022.8.0", True), ("2026.8.0+3.gabc", True), ("2026.9.0", False)],
)
def test_breaks_covers_its_versions(version: str, covered: bool) -> None:
    known = KnownBreak("no_handler_raises", "dask", ">=2022.8.0,<2026.9")
    assert known.covers("dask", version) is covered
    assert not known.covers("reference", version)


def test_breaks_without_versions_covers_all() -> None:
    (known,) = casefile.parse(f"{HEADER}breaks: no_handler_raises on reference\n\n> pause\n").breaks
    assert known.covers("reference", "0.1.dev3")
    assert str(known) == "no_handler_raises on reference"


def test_long_lines_go_on_indented() -> None:
    names = [f"k{number}" for number in range(40)]
    text = rewritten(f"{HEADER}\n> free-keys {' '.join(names)}\n")
    first, second = text.splitlines()[5:]
    assert first.startswith("> free-keys k0 ")
    assert second.startswith("    k")
    assert len(first) <= 96
    assert len(f"{first} {second.split()[0]}") > 96
    assert rewritten(text) == text
    assert casefile.parse(text).steps == (parse(f"free-keys {' '.join(names)}"),)


def test_long_header_lines_go_on_indented() -> None:
    title = " ".join(f"word{number}" for number in range(30))
    text = rewritten(
        f"workerfuzz-case 1\ntitle: {title}\nscope: worker\nsubject: dask\n\n> pause\n"
    )
    assert max(map(len, text.splitlines())) <= 96
    assert casefile.parse(text).title == title


def test_long_comments_go_on_in_comments() -> None:
    comment = "# " + " ".join(f"#{number}" for number in range(60))
    text = rewritten(f"{HEADER}\n{comment}\n> pause\n")
    assert max(map(len, text.splitlines())) <= 96
    assert rewritten(text) == text
    assert text.count("\n# #") == 3


def test_a_property_that_breaks_at_rest_stands_below_rest() -> None:
    body = "> pause\n\n# and then\n> rest\n~ coming_to_rest_ends\n"
    case = case_of(body)
    assert case.scenes[-1] == CaseStep(
        None, ("", "# and then"), broken=NumberedLine("~ coming_to_rest_ends")
    )
    assert len(case.steps) == 1
    assert casefile.format(case) == f"{HEADER}\n{body}"


def test_a_case_knows_whether_it_tells_effects() -> None:
    assert case_of("> compute-task x\nx: - -> executing\n").tells_effects
    assert not case_of("> compute-task x\n~ no_handler_raises\n").tells_effects


remarks = st.lists(st.sampled_from(["", "#", "# why", "# " + "long " * 30]), max_size=3)


@given(
    data=st.data(),
    title=st.text("ab é-", min_size=1, max_size=200).filter(str.strip),
    notes=st.lists(st.text("abc de", min_size=1, max_size=150).filter(str.strip), unique=True),
)
def test_what_is_written_can_be_read(data: st.DataObject, title: str, notes: list[str]) -> None:
    from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
    from workerfuzz.harness.worlds.worker.world import WorkerWorld

    world = WorkerWorld(ReferenceSubject())
    chooser = HypothesisChooser(data)
    scenes = []
    for _ in range(chooser.integer(1, 8)):
        kind = chooser.pick(world.possible())
        step = world.draw(kind, chooser)
        effects = tuple(map(NumberedLine, world.apply(step).lines()))
        scenes.append(CaseStep(step, tuple(data.draw(remarks)), effects))
    assert {type(scene.step) for scene in scenes} <= set(WORKER_STEPS)
    case = Case(
        title=" ".join(title.split()),
        notes=tuple(dict.fromkeys(" ".join(note.split()) for note in notes)),
        scenes=tuple(scenes),
    )
    text = casefile.format(case)
    assert rewritten(text) == text
    assert max(map(len, text.splitlines())) <= 96
    again = casefile.parse(text)
    assert (again.title, again.notes, again.steps) == (case.title, case.notes, case.steps)
    assert [scene.effects for scene in again.scenes] == [scene.effects for scene in case.scenes]
