"""Shards on a cluster are told what they need to know of the machine that sends them."""

from pathlib import Path

import pytest

pytest.importorskip("distributed")

from workerfuzz.harness.campaigns.executors.dask_cluster import connected, run_on, shared
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan


def test_a_corpus_has_a_name_that_other_machines_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shared(Plan(corpus="stems")) == Plan(corpus=str(tmp_path / "stems"))
    assert (tmp_path / "stems").is_dir()
    assert shared(Plan()) == Plan()


def test_a_corpus_is_grown_where_it_is_to_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with connected("local", "reference", None, 1) as cluster:
        (account,) = run_on(cluster, [Plan(corpus="stems", budget=Budget(runs=20))], jobs=1)
    assert account.corpus_added == len([*(tmp_path / "stems").iterdir()]) > 0


def test_a_machine_without_the_corpus_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stems").write_text("no folder")
    monkeypatch.chdir(tmp_path)
    with connected("local", "reference", None, 1) as cluster:
        (account,) = run_on(cluster, [Plan(corpus="stems", budget=Budget(runs=20))], jobs=1)
    assert (account.runs, account.corpus_added, account.faults) == (20, 0, [])
