"""The folder of campaigns: for one campaign at a time, refused in one line where it cannot be used."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.nightly import folder as module
from workerfuzz.harness.campaigns.nightly.folder import MARK, TEXT, FolderError, existing, opened


def test_a_folder_is_made_and_says_what_it_is(tmp_path: Path) -> None:
    with opened(tmp_path / "deep" / "down") as folder:
        assert (folder.path / MARK).read_text() == TEXT
    assert existing(folder.path) == folder
    assert TEXT.startswith("workerfuzz-folder 1\n")


def test_a_folder_can_be_opened_again(tmp_path: Path) -> None:
    for _ in range(2):
        with opened(tmp_path) as folder:
            (folder.path / "something").touch()


def test_two_campaigns_do_not_share_a_folder(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(FolderError) as raised, opened(tmp_path):
        pass
    text = f"{tmp_path}: another campaign goes on there (process {os.getpid()} on "
    assert str(raised.value).startswith(text)
    assert "\n" not in str(raised.value)
    with opened(tmp_path):
        pass


def test_where_nobody_can_lock_the_folder_is_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(module.fcntl, "flock", refuse)
    with opened(tmp_path) as folder:
        assert (folder.path / MARK).exists()


def mark(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        (path / MARK).write_text(text)

    return write


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "workerfuzz-folder 2\n",
            "format 2 is newer than this workerfuzz understands, which is 1",
        ),
        ("something else\n", 'expected "workerfuzz-folder 1", found "something else"'),
        ("", 'expected "workerfuzz-folder 1", found ""'),
    ],
)
@pytest.mark.parametrize("use", [opened, existing])
def test_a_folder_of_another_format_is_refused_and_left_as_it_is(
    tmp_path: Path, text: str, problem: str, use: Callable[[Path], object]
) -> None:
    (tmp_path / MARK).write_text(text)
    with pytest.raises(FolderError) as raised:
        enter(use(tmp_path))
    assert str(raised.value) == f"{tmp_path / MARK}:1: {problem}"
    assert (tmp_path / MARK).read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == [MARK]


def enter(manager: object) -> None:
    if hasattr(manager, "__enter__"):
        manager.__enter__()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderError) as raised, opened(tmp_path / "file" / "below"):
        pass
    assert str(raised.value) == (
        f"{tmp_path / 'file' / 'below'}: not a directory; nothing can be kept there"
    )


def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write", refuse)
    with pytest.raises(FolderError) as raised, opened(tmp_path):
        pass
    assert str(raised.value) == f"{tmp_path}: no space left on device; nothing can be kept there"


def test_a_fault_of_a_campaign_is_not_one_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="its own"), opened(tmp_path):
        raise OSError("its own")


def test_a_folder_to_read_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"gone: no such folder; expected one that workerfuzz"):
        existing(tmp_path / "gone")
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match=r"file: not a folder; expected"):
        existing(tmp_path / "file")


def test_what_was_never_finished_is_swept_away(tmp_path: Path) -> None:
    shards = tmp_path / "nights" / "x" / "shards"
    shards.mkdir(parents=True)
    (tmp_path / "findings").mkdir()
    left = [
        tmp_path / ".workerfuzz.txt.1.tmp",
        tmp_path / "findings" / ".x.case.1.tmp",
        shards.parent / ".night.json.1.tmp",
        shards / ".0000.json.1.tmp",
    ]
    for path in left:
        path.touch()
    kept = shards / "0000.json"
    kept.touch()
    with opened(tmp_path):
        assert not any(path.exists() for path in left)
        assert kept.exists()
