"""Nothing that was found is lost, and nothing is written over."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from workerfuzz.harness.cases.export.python_source import slug
from workerfuzz.harness.cases.format.files import write

Put = Callable[..., Path]


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
