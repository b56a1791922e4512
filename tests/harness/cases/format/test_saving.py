"""Nothing that was found is lost, and nothing is written over."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.saving import save, slug, write

Put = Callable[..., Path]


def test_a_case_gets_the_first_number(tmp_path: Path, text: str) -> None:
    saved = save(casefile.parse(text), tmp_path / "deep" / "down")
    name = "0001-the-peer-sending-the-last-dependency-dies.case"
    assert saved.path == tmp_path / "deep" / "down" / name
    assert saved.path.read_text() == text == saved.text
    assert saved.problem == ""


def test_a_case_gets_the_next_number(tmp_path: Path, text: str) -> None:
    for name in ("0001-a.case", "0041-b.case", "0099-c.txt", "x.case", "12345.case"):
        (tmp_path / name).touch()
    saved = save(casefile.parse(text), tmp_path)
    assert saved.path is not None
    assert saved.path.name.startswith("0042-")


def test_nothing_else_is_left_behind(tmp_path: Path, text: str) -> None:
    saved = save(casefile.parse(text), tmp_path)
    assert list(tmp_path.iterdir()) == [saved.path]


def test_many_at_once_get_a_number_each(tmp_path: Path, text: str) -> None:
    case = casefile.parse(text)
    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(lambda _: save(case, tmp_path), range(40)))
    assert len({one.path for one in saved}) == 40
    assert len(list(tmp_path.iterdir())) == 40


def test_a_folder_that_is_a_file_returns_the_case(put: Put, text: str) -> None:
    path = put("something else", "out")
    saved = save(casefile.parse(text), path)
    assert saved.path is None
    assert saved.problem == f"{path}: file exists; the case was not written"
    assert saved.text == text
    assert path.read_text() == "something else"


def test_a_folder_that_takes_nothing_returns_the_case(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", refuse)
    saved = save(casefile.parse(text), tmp_path)
    assert saved.problem == f"{tmp_path}: no space left on device; the case was not written"
    assert saved.text == text
    assert list(tmp_path.iterdir()) == []


def refuse(descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_what_was_there_stays_where_writing_fails(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put("before")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        write(path, "after")
    assert path.read_text() == "before"
    assert list(path.parent.iterdir()) == [path]


def test_writing_keeps_mode_and_links(put: Put, tmp_path: Path) -> None:
    path = put("before")
    path.chmod(0o640)
    link = tmp_path / "link.case"
    link.symlink_to(path)
    write(link, "after")
    assert link.is_symlink()
    assert path.read_text() == "after"
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The peer dies: y waits!", "the-peer-dies-y-waits"),
        ("Überraschung", "uberraschung"),
        ("日本", "case"),
        ("../../etc/passwd", "etc-passwd"),
        ("x" * 200, "x" * 60),
        ("word " * 40, "-".join(["word"] * 12)),
    ],
)
def test_names_are_made_of_titles(title: str, name: str) -> None:
    assert slug(title) == name
