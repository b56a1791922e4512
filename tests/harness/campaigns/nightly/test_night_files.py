"""Nights on the disk: read as they were written; what is broken is named and left as it is."""

import json
import shutil
from pathlib import Path

import pytest
from examples.accounts import account, night, written

from workerfuzz.harness.campaigns.nightly.folder import Folder, FolderError
from workerfuzz.harness.campaigns.nightly.night import Night, Phase
from workerfuzz.harness.campaigns.nightly.night_files import (
    NIGHT,
    as_text,
    each_night,
    file_of,
    part_of,
    read_night,
    read_nights,
    select_night,
    shards_at,
)
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.result import ShardResult


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def put(folder: Folder, night: Night) -> Path:
    path = folder.nights / night.name
    (path / "shards").mkdir(parents=True)
    (path / NIGHT).write_text(as_text(night))
    return path


def a_night(seed: int = 7, began: str = "2026-11-25T02:03:04+00:00") -> Night:
    targets = [Target("dask", "cluster")]
    return Night(seed, began, targets=targets, phases=[Phase("canary", ["well"])])


def test_the_name_of_a_night_tells_when_it_began_and_its_seed() -> None:
    assert a_night().name == "2026-11-25T02-03-04-7"


def test_a_night_is_read_as_it_was_written(folder: Folder) -> None:
    night = a_night()
    path = put(folder, night)
    parts = [(0, 1), (0, 2), (11, 1), (12345, 1)]
    for number, part in enumerate(parts):
        file_of(path, part).write_text(as_text(ShardResult(Plan(seed=number), runs=3)))
    (path / "shards" / "notes.txt").touch()
    written = read_night(path)
    assert written is not None
    assert written.problems == []
    assert written.parts == list(written.results) == parts
    assert [account.plan.seed for account in written.night.shards] == [0, 1, 2, 3]
    written.night.shards = []
    assert written.night == night


def test_parts_have_names_of_their_own(folder: Folder) -> None:
    names = {(7, 1): "0007.json", (7, 2): "0007.2.json", (12345, 10): "12345.10.json"}
    assert {part: file_of(folder.path, part).name for part in names} == names
    assert [part_of(Path(name)) for name in names.values()] == list(names)
    assert part_of(Path(".0007.json.99.tmp")) is None


def test_nights_are_read_in_the_order_in_which_they_began(folder: Folder) -> None:
    for seed, began in ((1, "2026-11-25"), (2, "2026-11-23"), (3, "2026-11-24")):
        put(folder, a_night(seed, f"{began}T00:00:00+00:00"))
    (folder.nights / "empty").mkdir()
    (folder.nights / "notes.txt").touch()
    assert [written.night.seed for written in read_nights(folder)] == [2, 3, 1]


def test_nights_are_read_when_they_are_asked_for(folder: Folder) -> None:
    for seed, day in ((1, 24), (2, 25)):
        put(folder, a_night(seed, f"2026-11-{day}T00:00:00+00:00"))
    (oldest,) = folder.nights.glob("*-1")
    (oldest / NIGHT).write_text('{"format": 2, "seed": 1, "began": ""}')
    nights = each_night(folder)
    assert next(nights).night.seed == 2
    with pytest.raises(FolderError, match="format 2 is newer"):
        next(nights)


def test_broken_files_are_named_and_left_as_they_are(folder: Folder) -> None:
    path = put(folder, a_night())
    for part, text in (
        ((0, 1), "{"),
        ((1, 1), as_text(ShardResult(Plan(), runs=5))),
        ((2, 1), "[]"),
    ):
        file_of(path, part).write_text(text)
    (path / NIGHT).write_text('{"seed": "x"}')
    written = read_night(path)
    assert written is not None
    assert written.problems == [
        f"{path / NIGHT}: broken: Expected `int`, got `str` - at `$.seed`; it is left as it is",
        f"{file_of(path, (0, 1))}: broken: Input data was truncated; it is left as it is",
        f"{file_of(path, (2, 1))}: broken: Expected `object`, got `array`; it is left as it is",
    ]
    assert list(written.results) == [(1, 1)]
    assert written.parts == [(0, 1), (1, 1), (2, 1)]
    assert not written.night.targets, "nobody goes on with it"
    assert file_of(path, (0, 1)).read_text() == "{"


def test_shards_without_their_night_are_read(folder: Folder) -> None:
    path = put(folder, a_night())
    (path / NIGHT).unlink()
    file_of(path, (0, 1)).write_text(as_text(ShardResult(Plan(), runs=5)))
    (written,) = read_nights(folder)
    assert written.problems == [f"{path / NIGHT}: no such file; its shards are read without it"]
    assert written.night.began == "2026-11-25T02-03-04"
    assert len(written.night.shards) == 1


def test_a_night_of_a_newer_format_is_refused(folder: Folder) -> None:
    path = put(folder, a_night())
    data = json.loads((path / NIGHT).read_text()) | {"format": 2, "seed": {"new": "thing"}}
    (path / NIGHT).write_text(json.dumps(data))
    with pytest.raises(FolderError) as raised:
        read_nights(folder)
    assert str(raised.value) == (
        f"{path / NIGHT}: format 2 is newer than this workerfuzz understands, which is 1"
    )


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    """Folders of three nights, the oldest first."""
    days = ("2026-11-23", "2026-11-24", "2026-11-25")
    nights = (
        night(account(seed), seed=seed, began=f"{day}T02:00:00+00:00")
        for seed, day in enumerate(days)
    )
    return [written(tmp_path, night) for night in nights]


def test_the_last_night_counts_and_the_one_before(tmp_path: Path, three: list[Path]) -> None:
    (tmp_path / "nights" / "2026-11-26T00-00-00-9").mkdir()  # nothing was written yet
    this_night = select_night(tmp_path)
    assert this_night.written.path == three[2]
    assert this_night.before is not None
    assert this_night.before.path == three[1]
    assert this_night.folder.path == tmp_path


def test_a_night_is_chosen_by_its_own_folder(
    tmp_path: Path, three: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    this_night = select_night(three[1])
    assert this_night.before is not None
    assert (this_night.written.path, this_night.before.path) == (three[1], three[0])
    assert this_night.folder.path == tmp_path
    monkeypatch.chdir(three[0])
    first = select_night(Path())
    assert (first.written.night.seed, first.before) == (0, None)


def test_shards_are_those_of_a_night_or_the_one_of_a_file(
    tmp_path: Path, three: list[Path]
) -> None:
    assert [shard.plan.seed for shard in shards_at(tmp_path)] == [2]
    assert [shard.plan.seed for shard in shards_at(three[0] / "shards" / "0000.json")] == [0]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    with pytest.raises(FolderError) as raised:
        select_night(missing)
    assert str(raised.value) == (
        f"{missing}: no such folder; expected one that workerfuzz nightly made"
    )


def test_a_folder_without_a_night_says_how_to_make_one(tmp_path: Path, three: list[Path]) -> None:
    shutil.rmtree(tmp_path / "nights")
    with pytest.raises(FolderError) as raised:
        select_night(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}: neither nights nor findings are there; expected a folder that workerfuzz "
        "nightly made"
    )


def test_a_file_that_is_no_shard_is_named(tmp_path: Path) -> None:
    path = tmp_path / "0000.json"
    path.write_text("[]")
    with pytest.raises(FolderError) as raised:
        shards_at(path)
    text = str(raised.value)
    assert text.startswith(f"{path}: broken: ")
    assert text.endswith("expected what a shard of a night tells, as in nights/*/shards")
