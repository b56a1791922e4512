"""The corpus of a night is made small, each target by itself; what cannot be done is a line."""

from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.nightly.corpus_minimisation import (
    NotMinimised,
    minimise_all,
    minimise_here,
)
from workerfuzz.harness.campaigns.nightly.night import Phase
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.cases.format import corpus
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.engines.shrink.corpus_minimisation import Minimised
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig

TARGETS = [Target("reference", "worker"), Target("reference", "cluster")]


def put(folder: Path) -> None:
    """Two stems of a worker, of which one reaches all."""
    for lines in (["compute-task x"], ["compute-task x", "execute-success x"]):
        corpus.store(folder, CorpusEntry(RunConfig(), tuple(map(parse, lines)), (), "reference 1"))


def test_stems_of_each_target_are_minimised(tmp_path: Path) -> None:
    put(tmp_path)
    phase = Phase("minimise")
    minimise_all(phase, tmp_path, TARGETS, minimise_here)
    assert phase.told == ["reference: 2 corpus entries, of which 1 reach all 6 features"]
    assert phase.red == []


def test_what_is_wrong_with_one_target_leaves_the_others(tmp_path: Path) -> None:
    def minimised(folder: Path, target: Target) -> Minimised:
        if target.scope == "worker":
            raise NotMinimised("no stem is lost")
        return Minimised(1, 1, 1)

    phase = Phase("minimise")
    minimise_all(phase, tmp_path, TARGETS, minimised)
    assert phase.red == ["reference: no stem is lost"]
    assert phase.told == ["clusters of reference: 1 corpus entry, of which 1 reach all 1 feature"]


def test_a_corpus_of_a_newer_format_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "0.stem").write_text("workerfuzz-stem 2\n")
    with pytest.raises(NotMinimised, match="format 2 is newer than this workerfuzz understands"):
        minimise_here(tmp_path, TARGETS[0])


def test_a_folder_that_gives_nothing_away_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    put(tmp_path)
    monkeypatch.setattr(corpus, "drop", refuse)
    with pytest.raises(NotMinimised) as raised:
        minimise_here(tmp_path, TARGETS[0])
    assert str(raised.value) == f"{tmp_path}: read-only file system"
