"""A file brought up to date."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.replay import rewrite as module
from workerfuzz.harness.cases.replay.rewrite import rewrite
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject

Put = Callable[[str], Path]


def test_a_file_that_differs_is_rewritten(put: Put, text: str) -> None:
    path = put(text.replace("flight -> missing", "flight -> fetch"))
    after = rewrite(path)
    assert after.changed
    assert path.read_text() == text
    assert after.case.scenes[1].line == 16


def test_a_file_in_another_form_is_rewritten(put: Put, text: str) -> None:
    path = put(text.replace("> comp", ">  comp").replace("\n", "\r\n"))
    assert rewrite(path).changed
    assert path.read_bytes() == text.encode()


def test_a_file_that_is_right_is_not_touched(put: Put, text: str) -> None:
    path = put(text)
    before = path.stat().st_ino
    assert not rewrite(path).changed
    assert path.stat().st_ino == before


def test_effects_are_added_where_none_are_told(put: Put, text: str) -> None:
    bare = "".join(line for line in text.splitlines(True) if line[1:2] != ":" and line[0] != "!")
    path = put(bare)
    rewrite(path)
    assert path.read_text() == text


@pytest.mark.parametrize("above", ["", "# It ends.\n"])
def test_a_rest_that_no_longer_breaks_anything_goes(put: Put, text: str, above: str) -> None:
    path = put(f"{text}\n{above}> rest\n~ everything_comes_to_rest\n")
    rewrite(path)
    assert path.read_text() == (f"{text}\n{above}" if above else text)
    assert load(path).steps


def test_impossible_steps_leave_the_file(put: Put, text: str) -> None:
    wrong = text + "> secede y\n"
    path = put(wrong)
    assert not rewrite(path).changed
    assert path.read_text() == wrong


def test_a_new_break_leaves_the_file(
    put: Put, text: str, touchy: type[ReferenceSubject], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "get", touchy)
    path = put(text.replace("flight -> missing", "flight -> fetch"))
    before = path.read_text()
    assert not rewrite(path).changed
    assert path.read_text() == before


def test_a_file_that_cannot_be_written_says_so(
    put: Put, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(text.replace("missing", "fetch"))
    monkeypatch.setattr(module, "write", refuse)  # root may write what is forbidden
    with pytest.raises(CaseError) as caught:
        rewrite(path)
    assert str(caught.value) == f"{path}: cannot be rewritten: permission denied"


def refuse(path: Path, text: str) -> None:
    raise PermissionError(13, "Permission denied", str(path))
