"""A request to a worker process: its reply, or a line that says why there is none."""

import sys
from pathlib import Path

import pytest
from examples.minimising import minimise_here
from examples.strangers import settle_in

from workerfuzz.harness.campaigns.executors.protocol import ListTargets, MinimiseCorpus
from workerfuzz.harness.campaigns.executors.worker_client import NoReply, request_result
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.cases.format import corpus
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.engines.shrink.corpus_minimisation import Minimised
from workerfuzz.harness.engines.walk.walker import Walker
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig

WORKER = Target("reference", "worker")

#: A subject whose version depends on the environment of its process, or ends it.
SOURCE = """
import os, sys
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject

class HashSeed(ReferenceSubject):
    def version(self):
        print("what a subject prints is no reply", flush=True)
        return os.environ["PYTHONHASHSEED"]

class Faulty(ReferenceSubject):
    def version(self):
        return 1 / 0

class Leaving(ReferenceSubject):
    def version(self):
        print("my last line", file=sys.stderr)
        os._exit(3)
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process finds the subjects."""
    (tmp_path / "versions.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)


def version(subject: str, patience_s: float = 60.0) -> str:
    wanted = ListTargets(subjects=[f"versions:{subject}"], scope="worker")
    ((_, version),) = request_result(sys.executable, wanted, list[tuple[Target, str]], patience_s)
    return version


def test_a_reply_comes_and_what_a_subject_prints_is_none() -> None:
    assert version("HashSeed") == "0", "the order of sets is fixed there"


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("Faulty", r"the harness failed, ZeroDivisionError: division by zero \(versions.py:12\)"),
        ("Leaving", r"the process ended itself, with status 3 \(my last line\)"),
        ("Missing", r'subject "versions:Missing" cannot be imported: .*'),
    ],
)
def test_why_there_is_no_reply_is_a_line(subject: str, why: str) -> None:
    with pytest.raises(NoReply, match=f"^{why}$"):
        version(subject)


def test_a_reply_is_not_waited_for_for_ever() -> None:
    with pytest.raises(NoReply, match=r"^it did not end within 0 s$"):
        version("HashSeed", patience_s=0.0)


# Minimising a corpus


def minimise(folder: Path, target: Target) -> Minimised:
    task = MinimiseCorpus(folder=str(folder), target=target)
    return request_result(sys.executable, task, Minimised, 60.0)


def names(folder: Path) -> list[str]:
    return [path.name for path in corpus.paths(folder)]


def test_another_process_minimises_a_corpus_as_this_one_would(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    walker = Walker(ReferenceSubject(), 1)
    for number in range(15):
        walker.run(number)
    for folder in (here, there):
        for entry in walker.corpus:
            corpus.store(folder, entry)
    done = minimise(there, WORKER)
    assert done == minimise_here(here, WORKER)
    assert done.before == len(walker.corpus) > done.after == len(names(there))
    assert names(here) == names(there)


def test_an_entry_that_ends_the_process_loses_nothing(tmp_path: Path) -> None:
    settle_in(tmp_path)
    for lines in (["compute-task x"], ["compute-task x", "pause"]):
        entry = CorpusEntry(RunConfig(), tuple(map(parse, lines)), (), "strangers:Leaves 1")
        corpus.store(tmp_path / "corpus", entry)
    before = names(tmp_path / "corpus")
    with pytest.raises(NoReply, match=r"^the process ended itself, with status 0$"):
        minimise(tmp_path / "corpus", Target("strangers:Leaves", "worker"))
    assert names(tmp_path / "corpus") == before


def test_a_corpus_that_cannot_be_minimised_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoReply, match='unknown subject "nobody"'):
        minimise(tmp_path, Target("nobody", "worker"))
    (tmp_path / "0.stem").write_text("workerfuzz-stem 2\n")
    with pytest.raises(NoReply, match="format 2 is newer than this workerfuzz understands"):
        minimise(tmp_path, WORKER)


def test_a_folder_that_takes_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workerfuzz.harness.campaigns.executors.protocol import RequestRefused
    from workerfuzz.harness.campaigns.executors.worker_process import minimised

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    corpus.store(tmp_path, CorpusEntry(RunConfig(), (parse("pause"),), (), "reference 1"))
    monkeypatch.setattr(corpus, "drop", refuse)
    assert minimised(tmp_path, WORKER) == RequestRefused(
        reason=f"{tmp_path}: read-only file system"
    )


def test_entries_of_other_subjects_are_none(tmp_path: Path) -> None:
    assert minimise(tmp_path, WORKER) == Minimised(0, 0, 0)
