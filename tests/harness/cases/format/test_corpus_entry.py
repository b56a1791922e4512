"""A stem as text reads back, and what is wrong with one is said in a line."""

from pathlib import Path

import pytest

from workerfuzz.harness.cases.format import corpus_entry
from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.engines.walk.walker import Walker
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig

WORKER = """\
workerfuzz-stem 1
scope: worker
subject: reference 1.0
config: nthreads=2 cpu=2
keys: x y
peers: a
reached: compute-task: released -> waiting
reached: cancelled holding flight, then nothing

> compute-task y needs x@a
> free-keys y
"""

CLUSTER = """\
workerfuzz-stem 1
scope: cluster
subject: dask 2026.8.0
config: workers=3 saturation=inf validate=off
keys: a f-0
clients: c0
joins: 0

> submit c0 a want a
> deliver c0->scheduler
"""


def test_a_stem_of_a_worker_is_readable() -> None:
    run_config = RunConfig(WorkerConfig(nthreads=2, resources={"cpu": 2}), ("x", "y"), ("a",))
    steps = tuple(map(parse, ("compute-task y needs x@a", "free-keys y")))
    reached = (
        "compute-task: released -> waiting",
        "cancelled holding flight, then nothing",
    )
    stem = CorpusEntry(run_config, steps, reached, "reference 1.0")
    assert corpus_entry.format(stem) == WORKER
    assert corpus_entry.read(WORKER) == stem


def test_a_stem_of_a_cluster_is_readable() -> None:
    config = ClusterConfig(workers=3, saturation=float("inf"), validate=False)
    lines = ("submit c0 a want a", "deliver c0->scheduler")
    steps = tuple(parse(line, BY_WORD) for line in lines)
    stem = CorpusEntry(
        ClusterRunConfig(config, ("a", "f-0"), ("c0",), 0), steps, (), "dask 2026.8.0"
    )
    assert corpus_entry.format(stem) == CLUSTER
    assert corpus_entry.read(CLUSTER) == stem


@pytest.mark.parametrize("scope", ["worker", "cluster"])
def test_every_stem_that_a_walk_leaves_reads_back(scope: str) -> None:
    subject = ReferenceSubject() if scope == "worker" else get_cluster("reference")
    walker = Walker(subject, 0, SCOPES[scope])
    for number in range(60):
        walker.run(number)
    assert len(walker.corpus) > 20
    for stem in walker.corpus:
        text = corpus_entry.format(stem)
        assert max(map(len, text.splitlines())) <= 96
        assert corpus_entry.read(text) == stem


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "workerfuzz-stem 1",
            "workerfuzz-case 1",
            '1: not a corpus entry; the first line of one is "',
        ),
        ("workerfuzz-stem 1", "workerfuzz-stem 0", "1: there is no format 0; expected workerfuzz"),
        ("scope: worker\n", "", '1: the header has no "scope:"'),
        ("scope: worker", "scope: wroker", '2: unknown scope "wroker"; did you mean "worker"?'),
        ("keys: x y", "kyes: x y", '5: unknown header "kyes"; did you mean "keys"?'),
        ("keys: x y", "keys: x x", '5: "x" comes twice'),
        ("keys: x y", "keys: 1", '5: expected a name, found "1"'),
        ("keys: x y", "keys", '5: expected "name: value" in the header, found "keys"'),
        ("peers: a", "keys: x y", '6: "keys:" comes twice'),
        ("peers: a", "joins: 1", '6: "joins:" means nothing at the scope of a worker'),
        ("nthreads=2", "nthreads=0", "4: nthreads is at least 1, not 0"),
        ("> free-keys y", "< free-keys y", '11: expected "> step", found "< free-keys y"'),
        ("> free-keys y", "> fre-keys y", '11: unknown step "fre-keys"; did you mean "free-keys"?'),
        ("> free-keys y\n", "", None),
    ],
)
def test_what_is_wrong_is_said_in_a_line(old: str, new: str, problem: str | None) -> None:
    text = WORKER.replace(old, new)
    if problem is None:
        assert len(corpus_entry.read(text).steps) == 1
        return
    with pytest.raises(CaseError) as raised:
        corpus_entry.read(text, Path("some.stem"))
    assert str(raised.value).startswith(f"some.stem:{problem}")
    assert "\n" not in str(raised.value)


def test_nobody_joins_less_than_once() -> None:
    with pytest.raises(CaseError, match="joins is negative: -1"):
        corpus_entry.read(CLUSTER.replace("joins: 0", "joins: -1"))


def test_a_later_format_is_no_error_of_the_file() -> None:
    with pytest.raises(corpus_entry.NewerFormat, match="format 2 is newer than this workerfuzz"):
        corpus_entry.read(WORKER.replace("stem 1", "stem 2"))
