"""Replaying in another process, which may die."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workerfuzz.harness.cases.format import vocabulary
from workerfuzz.harness.cases.replay.replay import ReplayOutcome
from workerfuzz.harness.cases.replay.replay_process import Child, ChildFailed, answer_to

Put = Callable[[str], Path]

#: Systems of somebody else: one dies, one does not end, one prints, one shows its hash order.
SUBJECTS = """
import os, signal, sys
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject

class Other(ReferenceSubject):
    name = "other"
    def worker(self, config):
        print("hello, I am alive")
        sys.stdout.flush()
        return super().worker(config)

class Dies(ReferenceSubject):
    name = "dies"
    def worker(self, config):
        print("my last words", file=sys.stderr, flush=True)
        os._exit(9)

class Hangs(ReferenceSubject):
    name = "hangs"
    def worker(self, config):
        signal.pause()

class Seeded(ReferenceSubject):
    name = "seeded"
    def version(self):
        return os.environ["PYTHONHASHSEED"]
"""

CASE = """\
workerfuzz-case 1
title: t
scope: worker
subject: other, dies, hangs, seeded

> compute-task x
"""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A case about systems that somebody else registered."""
    site = tmp_path / "site"
    (site / "others-1.0.dist-info").mkdir(parents=True)
    (site / "others.py").write_text(SUBJECTS)
    (site / "others-1.0.dist-info" / "METADATA").write_text("Name: others\nVersion: 1.0\n")
    (site / "others-1.0.dist-info" / "entry_points.txt").write_text(
        "[workerfuzz.subjects]\n"
        "other = others:Other\ndies = others:Dies\nhangs = others:Hangs\nseeded = others:Seeded\n"
    )
    monkeypatch.syspath_prepend(site)
    vocabulary.subjects.cache_clear()
    path = tmp_path / "0001-others.case"
    path.write_text(CASE)
    yield path
    vocabulary.subjects.cache_clear()
    sys.modules.pop("others", None)


@pytest.fixture
def child() -> Iterator[Child]:
    with Child() as child:
        yield child


def test_a_child_replays_as_we_do(child: Child, put: Put, text: str) -> None:
    path = put(text.replace("missing", "fetch"))
    done = child.replay(path, "reference")
    assert done.outcome is ReplayOutcome.DIFFERS
    assert done.report == (
        f"{path}:16: > gather-dep-network-failure b",
        "  - x: flight -> fetch",
        "  + x: flight -> missing",
    )


def test_one_child_serves_many(child: Child, put: Put, text: str) -> None:
    path = put(text)
    assert child.replay(path, "reference").fine
    first = child.process
    assert child.replay(path, "reference").fine
    assert child.process is first


def test_a_child_knows_what_others_registered(child: Child, elsewhere: Path) -> None:
    assert child.replay(elsewhere, "other").outcome is ReplayOutcome.AS_WRITTEN


def test_a_child_has_a_fixed_hash_order(child: Child, elsewhere: Path) -> None:
    elsewhere.write_text(CASE.replace("\n\n", "\nbreaks: no_handler_raises on seeded ==0\n\n"))
    assert child.replay(elsewhere, "seeded").outcome is ReplayOutcome.FIXED


def test_a_child_that_dies_says_so_and_is_replaced(child: Child, elsewhere: Path) -> None:
    with pytest.raises(ChildFailed) as caught:
        child.replay(elsewhere, "dies")
    assert str(caught.value) == (
        "the process that replayed it died with status 9; its last words:\nmy last words"
    )
    assert child.replay(elsewhere, "other").fine


def test_a_child_that_does_not_end_is_ended(elsewhere: Path) -> None:
    with Child(patience_s=2.0) as child:
        with pytest.raises(ChildFailed, match=r"^the replay did not end within 2 s$"):
            child.replay(elsewhere, "hangs")
        assert child.process is None


def test_a_child_that_was_killed_says_so(child: Child, put: Put, text: str) -> None:
    path = put(text)
    child.replay(path, "reference")
    assert child.process is not None
    child.process.kill()
    child.process.wait()
    with pytest.raises(ChildFailed, match=r"was ended by SIGKILL$"):
        child.replay(path, "reference")


def test_a_bad_file_is_told(child: Child, put: Put) -> None:
    path = put("")
    with pytest.raises(ChildFailed) as caught:
        child.replay(path, "reference")
    assert str(caught.value) == f"{path}: the file is empty"


def test_an_unknown_subject_is_told(put: Put, text: str) -> None:
    answer = answer_to({"path": str(put(text)), "subject": "dusk"})
    assert answer["error"].startswith('unknown subject "dusk"')


def test_a_fault_of_ours_is_told_with_its_traceback() -> None:
    answer = answer_to({"path": None, "subject": "reference"})
    assert "Traceback" in answer["error"]
