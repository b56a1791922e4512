"""A night is selected by any of its folders; one line says if something is missing."""

import shutil
from pathlib import Path

import pytest
from examples.accounts import account, night, written

from workerfuzz.harness.campaigns.nightly.folder import FolderError
from workerfuzz.harness.campaigns.nightly.selection import chosen, shards_at


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    """Folders of three nights, the oldest first."""
    days = ("2026-11-23", "2026-11-24", "2026-11-25")
    nights = (
        night(account(seed), seed=seed, began=f"{day}T02:00:00+00:00")
        for seed, day in enumerate(days)
    )
    return [written(tmp_path, it) for it in nights]


def test_the_last_night_counts_and_the_one_before(tmp_path: Path, three: list[Path]) -> None:
    (tmp_path / "nights" / "2026-11-26T00-00-00-9").mkdir()  # nothing was written yet
    it = chosen(tmp_path)
    assert it.written.path == three[2]
    assert it.before is not None
    assert it.before.path == three[1]
    assert it.folder.path == tmp_path


def test_a_night_is_chosen_by_its_own_folder(
    tmp_path: Path, three: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    it = chosen(three[1])
    assert it.before is not None
    assert (it.written.path, it.before.path) == (three[1], three[0])
    assert it.folder.path == tmp_path
    monkeypatch.chdir(three[0])
    first = chosen(Path())
    assert (first.written.night.seed, first.before) == (0, None)


def test_shards_are_those_of_a_night_or_the_one_of_a_file(
    tmp_path: Path, three: list[Path]
) -> None:
    assert [it.plan.seed for it in shards_at(tmp_path)] == [2]
    assert [it.plan.seed for it in shards_at(three[0] / "shards" / "0000.json")] == [0]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    with pytest.raises(FolderError) as raised:
        chosen(missing)
    assert str(raised.value) == (
        f"{missing}: no such folder; expected one that workerfuzz nightly made"
    )


def test_a_folder_without_a_night_says_how_to_make_one(tmp_path: Path, three: list[Path]) -> None:
    shutil.rmtree(tmp_path / "nights")
    with pytest.raises(FolderError) as raised:
        chosen(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}: neither nights nor findings are there; expected a folder that workerfuzz "
        "nightly made"
    )


def test_a_file_that_is_no_shard_is_named(tmp_path: Path) -> None:
    path = tmp_path / "0000.json"
    path.write_text("[]")
    with pytest.raises(FolderError) as raised:
        shards_at(path)
    said = str(raised.value)
    assert said.startswith(f"{path}: broken: ")
    assert said.endswith("expected what a shard of a night tells, as in nights/*/shards")
