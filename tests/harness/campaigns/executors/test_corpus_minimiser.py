"""Stems are replayed in a process of its own, which they may end: then all of them stay."""

from pathlib import Path

import pytest
from examples.strangers import settle_in

from workerfuzz.harness.campaigns.executors.corpus_minimiser import minimise_apart
from workerfuzz.harness.campaigns.nightly.corpus_minimisation import NotMinimised, minimise_here
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.cases.format import corpus
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.engines.shrink.corpus_minimisation import Minimised
from workerfuzz.harness.engines.walk.walker import Walker
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig

WORKER = Target("reference", "worker")


def grow(*folders: Path) -> int:
    """The same stems in each folder; how many."""
    walker = Walker(ReferenceSubject(), 1)
    for number in range(15):
        walker.run(number)
    for folder in folders:
        for stem in walker.corpus:
            corpus.store(folder, stem)
    return len(walker.corpus)


def names(folder: Path) -> list[str]:
    return [path.name for path in corpus.paths(folder)]


def test_another_process_does_what_this_one_would(tmp_path: Path) -> None:
    here, apart = tmp_path / "here", tmp_path / "apart"
    count = grow(here, apart)
    done = minimise_apart()(apart, WORKER)
    assert done == minimise_here(here, WORKER)
    assert done.before == count > done.after == len(names(apart))
    assert names(here) == names(apart)


def test_a_stem_that_ends_the_process_takes_nothing_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settle_in(tmp_path)
    for lines in (["compute-task x"], ["compute-task x", "pause"]):
        stem = CorpusEntry(RunConfig(), tuple(map(parse, lines)), (), "strangers:Leaves 1")
        corpus.store(tmp_path / "corpus", stem)
    before = names(tmp_path / "corpus")
    with pytest.raises(NotMinimised) as raised:
        minimise_apart()(tmp_path / "corpus", Target("strangers:Leaves", "worker"))
    assert str(raised.value) == (
        "the corpus keeps all entries: the process ended itself, with status 0"
    )
    assert names(tmp_path / "corpus") == before


def test_a_system_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotMinimised, match='unknown subject "nobody"'):
        minimise_apart()(tmp_path, Target("nobody", "worker"))


def test_stems_of_nobody_are_none(tmp_path: Path) -> None:
    assert minimise_apart()(tmp_path, WORKER) == Minimised(0, 0, 0)
