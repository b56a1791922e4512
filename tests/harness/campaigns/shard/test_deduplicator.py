"""Each bug that shards find is written once, with the shortest of its cases."""

from dataclasses import replace
from pathlib import Path

from examples.accounts import account, met

from workerfuzz.harness.campaigns.findings.finding import Finding
from workerfuzz.harness.campaigns.shard.deduplicator import Deduplicator, by_signature, numbered


def case(steps: int) -> str:
    taken = "".join("\n> find-missing\n" for _ in range(steps))
    return f"workerfuzz-case 1\ntitle: it breaks\nscope: worker\nsubject: reference\n{taken}"


def bug(steps: int, **its: object) -> Finding:
    return met(subject="reference", scope="worker", case=case(steps), after=steps, **its)


def test_a_bug_that_many_shards_find_is_written_once(tmp_path: Path) -> None:
    kept = Deduplicator(by_signature(tmp_path), str(tmp_path))
    assert kept.take(bug(3)) is not None
    assert kept.take(bug(3)) is None
    assert kept.take(bug(4)) is None
    (path,) = tmp_path.iterdir()
    assert path.read_text().count("> find-missing") == 3


def test_a_shorter_case_takes_its_place(tmp_path: Path) -> None:
    kept = Deduplicator(by_signature(tmp_path), str(tmp_path))
    assert kept.take(bug(3)) is not None
    assert kept.take(bug(2)) is None
    (path,) = tmp_path.iterdir()
    assert path.read_text().count("> find-missing") == 2


def test_an_account_tells_where_its_bugs_are(tmp_path: Path) -> None:
    kept = Deduplicator(by_signature(tmp_path), str(tmp_path))
    kept.take(bug(2, lines=["it breaks"]))
    known = replace(bug(9), known="an old acquaintance")
    told = kept.told(account(met=[bug(3, times=5), known]))
    (path,) = tmp_path.iterdir()
    (new,) = told.new
    assert (new.path, new.after, new.times) == (str(path), 2, 5)
    assert new.lines == ["it breaks", f"replay it: workerfuzz replay {path}"]
    assert told.met[1] == known


def test_a_case_of_one_worker_alone_is_told_as_well(tmp_path: Path) -> None:
    kept = Deduplicator(by_signature(tmp_path), str(tmp_path))
    kept.take(bug(2, alone=case(1)))
    alone, path = sorted(tmp_path.iterdir())
    assert alone.name == f"{path.stem}-alone.case"
    (told,) = kept.told(account(met=[bug(2)])).new
    assert told.lines == [
        f"  replay it: workerfuzz replay {alone}",
        f"replay it: workerfuzz replay {path}",
    ]


def test_a_folder_that_takes_nothing_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = Deduplicator(by_signature(tmp_path / "file"), "file")
    assert kept.take(bug(1)) is not None
    (told,) = kept.told(account(met=[bug(1)])).new
    assert told.path == ""
    assert told.lines == [
        "file: file exists; the case was not written; here it is:",
        *case(1).splitlines(),
    ]


def test_numbers_tell_in_which_order_bugs_were_found(tmp_path: Path) -> None:
    kept = Deduplicator(numbered(tmp_path), str(tmp_path))
    kept.take(bug(3, name="role_fits_state", alone=case(2)))
    kept.take(bug(4))
    kept.take(bug(1, name="role_fits_state", alone=case(1)))
    texts = [path.read_text().count("> find-missing") for path in sorted(tmp_path.iterdir())]
    assert texts == [1, 1, 4]
    assert [path.name[:4] for path in sorted(tmp_path.iterdir())] == ["0001", "0002", "0003"]
