"""The command line about corpora: `run --corpus`, `run --tactic` and `corpus`."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from workerfuzz import __version__
from workerfuzz.harness.cases.format import corpus
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.cli.options import Tactic
from workerfuzz.harness.engines.walk.tactics import TACTICS
from workerfuzz.harness.engines.walk.walker import GROWN, RETURNED
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig

Say = Callable[..., tuple[int, str, str]]

SAID = f"reference {__version__}"


def stem(*lines: str, subject: str = SAID, reached: tuple[str, ...] = ()) -> CorpusEntry:
    return CorpusEntry(RunConfig(), tuple(map(parse, lines)), reached, subject)


def test_a_campaign_grows_a_corpus_and_grows_from_it(say: Say) -> None:
    walks = ("run", "-q", "--runs", "30", "--corpus", "stems")
    status, out, err = say(*walks, "--seed", "1")
    assert (status, err) == (0, "")
    assert ", engine walk, " in out
    added = len(corpus.load(Path("stems")).entries)
    assert added > 10
    assert f"corpus stems: runs were mutated from 0 entries, {added} added\n" in out
    _, out, _ = say(*walks, "--seed", "2")
    more = len(corpus.load(Path("stems")).entries) - added
    assert f"corpus stems: runs were mutated from {added} entries, {more} added\n" in out


def test_a_campaign_says_what_is_wrong_with_its_corpus(say: Say) -> None:
    Path("stems").mkdir()
    Path("stems/bad.stem").write_text("")
    status, out, err = say("run", "-q", "--runs", "3", "--corpus", "stems")
    assert status == 3
    assert out.endswith("no verdict: 1 failure of the harness\n")
    assert "nothing new" not in out
    assert err == "workerfuzz: stems/bad.stem: the file is empty\n"


def test_a_corpus_of_a_later_format_is_refused(say: Say) -> None:
    Path("stems").mkdir()
    Path("stems/new.stem").write_text("workerfuzz-stem 9\n")
    status, out, err = say("run", "-q", "--runs", "3", "--corpus", "stems")
    assert (status, out) == (2, "")
    assert err == (
        "workerfuzz: stems/new.stem:1: format 9 is newer than this workerfuzz understands, which is 1\n"
    )


def test_a_file_is_no_corpus(say: Say) -> None:
    Path("stems").write_text("")
    status, _, err = say("run", "--corpus", "stems")
    assert status == 2
    assert err.startswith("workerfuzz: Invalid value for '--corpus': ")
    assert err.endswith("'stems' is a file; see workerfuzz run --help\n")


def test_a_campaign_of_one_tactic(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = []
    monkeypatch.setattr(
        "workerfuzz.harness.cli.execution.fuzz", lambda campaign, _: plans.append(campaign.plan)
    )
    monkeypatch.setattr("workerfuzz.harness.cli.execution.finish", lambda *_, verbose: None)
    assert say("run", "--runs", "3", "--tactic", "swarm") == (0, "", "")
    assert say("run", "--scope", "cluster", "--tactic", "restless") == (0, "", "")
    assert [(plan.engine, plan.tactic) for plan in plans] == [
        ("walk", "swarm"),
        ("walk", "restless"),
    ]


def test_every_tactic_can_be_the_only_one() -> None:
    assert {tactic.value for tactic in Tactic} == {*TACTICS, GROWN, RETURNED}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (
            ("--engine", "hypothesis", "--tactic", "swarm"),
            "--tactic: that is for --engine walk alone",
        ),
        (
            ("--engine", "hypothesis", "--tactic", "swarm", "--corpus", "stems"),
            "--corpus and --tactic: that is for --engine walk alone",
        ),
        (
            ("--tactic", "restless"),
            "--tactic restless: for a worker there are uniform, swarm, weighted, grown",
        ),
    ],
)
def test_options_that_do_not_fit(say: Say, options: tuple[str, ...], complaint: str) -> None:
    assert say("run", *options) == (2, "", f"workerfuzz: Invalid value: {complaint}\n")


def test_stats_tells_what_there_is(say: Say) -> None:
    corpus.store(Path("stems"), stem("compute-task x", "pause", reached=("one", "two")))
    corpus.store(Path("stems"), stem("pause", subject="dask 2026.8.0", reached=("two",)))
    status, out, err = say("corpus", "stats", "stems")
    assert (status, err) == (0, "")
    first, *rest = out.splitlines()
    assert re.fullmatch(r"2 corpus entries, 1\.5 steps each, \d+\.\d KiB", first)
    assert rest == [
        "  worker, dask 2026.8.0: 1 corpus entry",
        f"  worker, {SAID}: 1 corpus entry",
        "  worker: 2 features reached",
    ]


def test_nothing_is_a_corpus_too(say: Say) -> None:
    Path("stems").mkdir()
    assert say("corpus", "stats", "stems") == (0, "0 corpus entries, 0.0 steps each, 0.0 KiB\n", "")


def test_a_folder_of_something_else_is_told(say: Say) -> None:
    Path("music").mkdir()
    Path("music/song.txt").write_text("la la")
    text = "music: no corpus entries here; expected a folder of `workerfuzz run --corpus`"
    assert say("corpus", "stats", "music") == (2, "", f"workerfuzz: {text}\n")


def test_merge_brings_corpora_together(say: Say) -> None:
    corpus.store(Path("one"), stem("pause"))
    corpus.store(Path("other"), stem("pause"))
    corpus.store(Path("other"), stem("compute-task x"))
    assert say("corpus", "merge", "one", "other", "--into", "all") == (
        0,
        "all: 2 corpus entries added\n",
        "",
    )
    assert say("corpus", "merge", "one", "--into", "all") == (
        0,
        "all: 0 corpus entries added\n",
        "",
    )
    assert len(corpus.load(Path("all")).entries) == 2


def test_minimise_keeps_what_is_needed(say: Say) -> None:
    for entry in (stem("compute-task x"), stem("compute-task x", "pause")):
        corpus.store(Path("stems"), entry)
    status, out, err = say("corpus", "minimise", "stems")
    assert (status, err) == (0, "")
    assert re.fullmatch(r"2 corpus entries, of which 1 reach all \d+ features\n", out)
    (kept,) = corpus.load(Path("stems")).entries
    assert kept.steps == (parse("compute-task x"),)
    status, out, _ = say("corpus", "minimise", "stems", "--scope", "cluster")
    assert (status, out) == (0, "0 corpus entries, of which 0 reach all 0 features\n")


@pytest.mark.parametrize("command", [("stats",), ("minimise",), ("merge", "--into", "all")])
def test_what_cannot_be_read_is_told(say: Say, command: tuple[str, ...]) -> None:
    corpus.store(Path("stems"), stem("pause"))
    Path("stems/bad.stem").write_text("")
    status, out, err = say("corpus", *command, "stems")
    assert status == 2
    assert out
    assert err == "workerfuzz: stems/bad.stem: the file is empty\n"
    assert Path("stems/bad.stem").exists()


@pytest.mark.parametrize("command", [("stats",), ("minimise",), ("merge", "--into", "all")])
def test_a_folder_that_is_not_there_is_told(say: Say, command: tuple[str, ...]) -> None:
    status, out, err = say("corpus", *command, "nowhere")
    assert (status, out) == (2, "")
    assert err.startswith("workerfuzz: Invalid value for 'DIR")
    assert "'nowhere' does not exist; see workerfuzz corpus " in err
