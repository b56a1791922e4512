"""Problems of shards are reported once; a target with too many of them is abandoned."""

from workerfuzz.harness.campaigns.nightly.failures import MOST_FAULTY, ShardFailures, problems_of
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.result import ShardResult

DASK = Plan(subject="dask", scope="cluster")
TARGETS = [Target("dask", "cluster"), Target("reference", "worker")]


def test_a_shard_without_faults_is_no_trouble() -> None:
    trouble = ShardFailures()
    trouble.note(0, ShardResult(DASK))
    assert list(trouble.lines()) == []
    assert not trouble.too_much(DASK)


def test_a_subject_that_is_refused_is_given_up_at_once() -> None:
    trouble = ShardFailures()
    trouble.note(0, ShardResult(DASK, refused="there is no distributed"))
    assert list(trouble.lines()) == ["clusters of dask: there is no distributed"]
    assert trouble.too_much(DASK)
    assert not trouble.too_much(Plan())
    assert not trouble.with_all(TARGETS)
    assert trouble.with_all(TARGETS[:1])


def test_many_faults_are_told_once_and_end_it() -> None:
    trouble = ShardFailures()
    for place in range(MOST_FAULTY):
        assert not trouble.too_much(DASK)
        for _ in range(3):  # accounts come again and again
            trouble.note(place, ShardResult(DASK, faults=["the harness failed"]))
    assert trouble.too_much(DASK)
    assert list(trouble.lines()) == [
        "clusters of dask: the harness failed",
        f"clusters of dask: given up after {MOST_FAULTY} shards like that",
    ]


def test_every_problem_of_a_shard_is_a_line() -> None:
    account = ShardResult(Plan(), faults=["one", "two"], refused="three")
    assert problems_of(account) == ["reference: three", "reference: one", "reference: two"]


def test_a_corpus_that_takes_no_more_is_told_and_ends_nothing() -> None:
    trouble = ShardFailures()
    for place in range(MOST_FAULTY + 1):
        trouble.note(place, ShardResult(DASK, corpus_error="corpus: no space left on device"))
    assert list(trouble.lines()) == ["corpus: no space left on device"]
    assert not trouble.too_much(DASK)
