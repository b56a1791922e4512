"""Each bug that shards find is written once, with the shortest of its cases."""

from pathlib import Path

from examples.accounts import met
from msgspec.structs import replace

from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.engines.findings.finding_writer import Deduplicator


def case(steps: int) -> str:
    taken = "".join("\n> find-missing\n" for _ in range(steps))
    return f"workerfuzz-case 1\ntitle: it breaks\nscope: worker\nsubject: reference\n{taken}"


def bug(steps: int, **overrides: object) -> Finding:
    return met(subject="reference", scope="worker", case=case(steps), length=steps, **overrides)


def test_a_bug_that_many_shards_find_is_written_once(tmp_path: Path) -> None:
    kept = Deduplicator(tmp_path)
    assert kept.take(bug(3)) is not None
    assert kept.take(bug(3)) is None
    assert kept.take(bug(4)) is None
    (path,) = tmp_path.iterdir()
    assert path.read_text().count("> find-missing") == 3


def test_a_shorter_case_takes_its_place(tmp_path: Path) -> None:
    kept = Deduplicator(tmp_path)
    assert kept.take(bug(3)) is not None
    assert kept.take(bug(2)) is None
    (path,) = tmp_path.iterdir()
    assert path.read_text().count("> find-missing") == 2


def test_findings_tell_where_their_cases_are(tmp_path: Path) -> None:
    kept = Deduplicator(tmp_path)
    kept.take(bug(2, lines=["it breaks"]))
    known = replace(bug(9), known="an old acquaintance")
    new, untouched = kept.with_paths([bug(3, occurrences=5), known])
    (path,) = tmp_path.iterdir()
    assert (new.path, new.length, new.occurrences) == (str(path), 2, 5)
    assert new.lines == ["it breaks", f"replay it: workerfuzz replay {path}"]
    assert untouched == known


def test_a_case_of_one_worker_alone_is_told_as_well(tmp_path: Path) -> None:
    kept = Deduplicator(tmp_path)
    kept.take(bug(2, worker_case=case(1)))
    alone, path = sorted(tmp_path.iterdir())
    assert alone.name == f"{path.stem}-alone.case"
    (told,) = kept.with_paths([bug(2)])
    assert told.lines == [
        f"  replay it: workerfuzz replay {alone}",
        f"replay it: workerfuzz replay {path}",
    ]


def test_a_folder_that_takes_nothing_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = Deduplicator(tmp_path / "file")
    assert kept.take(bug(1)) is not None
    (told,) = kept.with_paths([bug(1)])
    assert told.path == ""
    assert told.lines == [
        f"{tmp_path / 'file'}: file exists; the case was not written; here it is:",
        *case(1).splitlines(),
    ]
