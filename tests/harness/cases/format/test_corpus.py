"""A corpus is a set of files: whole, merged in any order, and what cannot be read is told and stays."""

import errno
from pathlib import Path

import pytest

from workerfuzz.harness.cases.format import corpus, corpus_entry
from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.worlds.scopes import CLUSTER, WORKER
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig

ONE = CorpusEntry(RunConfig(), (parse("compute-task x"),), ("one", "other"), "reference 1.0")
TWO = CorpusEntry(RunConfig(), (parse("pause"), parse("unpause")), ("one",), "reference 2.0")
THREE = CorpusEntry(ClusterRunConfig(), (), ("one",), "dask 2026.8.0")


def filled(folder: Path, *stems: CorpusEntry) -> Path:
    for stem in stems:
        corpus.store(folder, stem)
    return folder


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_what_is_stored_is_loaded_by_scope(tmp_path: Path) -> None:
    there = corpus.load(filled(tmp_path / "corpus", ONE, TWO, THREE))
    assert there.problems == ()
    assert set(map(str, there.entries)) == set(map(str, (ONE, TWO, THREE)))
    kinds = WORKER.kinds
    assert {entry.subject for entry in there.of("reference", "worker", kinds)} == {
        "reference 1.0",
        "reference 2.0",
    }
    assert there.of("dask", "cluster", CLUSTER.kinds) == (THREE,)


def test_a_subject_has_no_entries_of_others_and_none_of_kinds_that_it_lacks(tmp_path: Path) -> None:
    there = corpus.load(filled(tmp_path, ONE, TWO, THREE))
    assert there.of("dask", "worker", WORKER.kinds) == ()
    assert there.of("reference", "cluster", CLUSTER.kinds) == ()
    computes = [kind for kind in WORKER.kinds if kind.word == "compute-task"]
    assert there.of("reference", "worker", computes) == (ONE,)


def test_no_folder_is_no_corpus_yet(tmp_path: Path) -> None:
    assert corpus.load(tmp_path / "nowhere") == corpus.Corpus()


def test_equal_stems_are_one_file(tmp_path: Path) -> None:
    assert corpus.store(tmp_path, ONE) == corpus.store(tmp_path, ONE)
    assert len(texts(tmp_path)) == 1


def test_merging_is_the_union_whatever_the_order(tmp_path: Path) -> None:
    one, other = filled(tmp_path / "1", ONE, TWO), filled(tmp_path / "2", TWO, THREE)
    assert corpus.merge([one, other], tmp_path / "here") == 3
    assert corpus.merge([other, one], tmp_path / "there") == 3
    assert corpus.merge([one], other) == 1
    assert texts(tmp_path / "here") == texts(tmp_path / "there") == texts(other)
    assert corpus.merge([one, tmp_path / "here"], other) == 0


def test_a_file_that_was_cut_off_is_told_and_stays(tmp_path: Path) -> None:
    path = corpus.store(filled(tmp_path, ONE), TWO)
    path.write_text(corpus_entry.format(TWO).removesuffix("> unpause\n"), encoding="utf-8")
    there = corpus.load(tmp_path)
    assert there.entries == (ONE,)
    problem = "its name does not fit what is in it: cut off, or changed by hand"
    assert there.problems == (f"{path}: {problem}",)
    corpus.drop(tmp_path, [ONE])
    assert [*tmp_path.iterdir()] == [path]


def test_what_is_no_stem_is_told_or_left_alone(tmp_path: Path) -> None:
    filled(tmp_path, ONE)
    (tmp_path / "README").write_text("about this corpus")
    (tmp_path / ".half.stem").write_text("")
    (tmp_path / "empty.stem").write_text("")
    there = corpus.load(tmp_path)
    assert there.entries == (ONE,)
    assert there.problems == (f"{tmp_path / 'empty.stem'}: the file is empty",)


def test_a_corpus_of_a_later_format_is_refused_and_loses_nothing(tmp_path: Path) -> None:
    later = filled(tmp_path / "later", ONE)
    path = later / "0.stem"
    path.write_text("workerfuzz-stem 2\nwhatever: there is\n", encoding="utf-8")
    before = texts(later)
    for use in (
        corpus.load,
        corpus.stats,
        lambda folder: corpus.merge([folder], tmp_path / "target"),
    ):
        with pytest.raises(CaseError) as raised:
            use(later)
        assert str(raised.value) == (
            f"{path}:1: format 2 is newer than this workerfuzz understands, which is 1"
        )
    assert texts(later) == before
    assert not (tmp_path / "target").exists()


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CaseError, match="file: not a directory"):
        corpus.load(tmp_path / "file")


def test_nothing_is_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        corpus.store(tmp_path, ONE)
    assert texts(tmp_path) == {}


def test_stats_are_numbers_of_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "bad.stem").write_text("")
    found = corpus.stats(filled(tmp_path, ONE, TWO, THREE))
    assert found.entries == {
        ("worker", "reference 1.0"): 1, ("worker", "reference 2.0"): 1, ("cluster", "dask 2026.8.0"): 1,
    }  # fmt: skip
    assert found.steps == 3
    assert found.features == {"worker": 2, "cluster": 1}
    assert found.nbytes == sum(map(len, texts(tmp_path).values()))
    assert len(found.problems) == 1
