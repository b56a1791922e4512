"""Everything that a participant has noted down, as text."""

from typing import Any

import pytest

from workerfuzz.harness.subjects import get, get_cluster
from workerfuzz.harness.subjects.tables import ClusterHasTables, HasTables, said, table, viewed
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.queue import TaskQueue
from workerfuzz.statemachine.worker.states import State
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.worker import parse

STEPS = (
    "compute-task y needs x@b,c",
    "compute-task z",
    "compute-task w priority=1",
    "acquire-replicas v@b",
)


def worked(subject: str) -> Any:
    world = WorkerWorld(get(subject))
    for line in STEPS:
        world.apply(parse(line))
    return world.view


def test_a_worker_of_ours_shows_records_queues_transfers_and_holders() -> None:
    tables = viewed(worked("reference"))
    assert tables["tasks"]["y"].startswith("waiting intent=compute spec=y#0(x) request=run 1")
    assert tables["tasks"]["z"].startswith("executing ")
    assert "coming_from=b" in tables["tasks"]["x"]
    assert tables["ready"] == {"w": "priority 1"}
    assert tables["executing"] == {"": "z"}
    assert tables["has_what"] == {"b": "x,v", "c": "x"}
    assert tables["data_needed"] == {"b": "v"}
    assert tables["transfers"] == {"b": "x"}


def test_a_worker_of_dask_shows_the_same_kinds_of_table() -> None:
    pytest.importorskip("distributed")
    tables = viewed(worked("dask"))
    assert tables["tasks"]["y"].startswith("waiting ")
    assert "coming_from=b" in tables["tasks"]["x"]
    assert tables["executing"] == {"": "z"}
    assert tables["in_flight_workers"] == {"b": "x"}
    assert tables["running"] == {"": "yes"}


def test_of_any_other_worker_there_is_what_every_worker_shows() -> None:
    class Viewed:
        def __init__(self, view: Any) -> None:
            self.view = view

        def __getattr__(self, name: str) -> Any:
            if name == "tables":
                raise AttributeError(name)
            return getattr(self.view, name)

    view = Viewed(worked("reference"))
    assert not isinstance(view, HasTables)
    tables = viewed(view)  # type: ignore[arg-type]  # it shows all that a view has
    assert tables["tasks"]["x"] == "flight who_has=b,c"
    assert tables["threads"] == {"z": "in its slot"}
    assert tables["transfers"] == {"b": "x"}
    assert tables["paused"] == {"": "no"}


@pytest.mark.parametrize("subject", ["reference", "dask"])
def test_a_scheduler_shows_tasks_workers_and_clients(subject: str) -> None:
    if subject == "dask":
        pytest.importorskip("distributed")
    world = ClusterWorld(get_cluster(subject))
    for line in ("submit c0 a b want a,b", "deliver c0->scheduler"):
        world.apply(parse(line, BY_WORD))
    cluster = world.cluster
    assert isinstance(cluster, ClusterHasTables)
    tables = cluster.tables("scheduler")
    assert tables["tasks"]["a"].startswith("processing ")
    assert tables["w0 processing"] in ({"": "a"}, {"a": "0.5"})  # older Dask: how long it may take
    assert "processing_on=w0" in tables["tasks"]["a"]
    assert any(name.startswith("c0 wants") for name in tables)
    assert cluster.tables("w0") == viewed(cluster.worker("w0"))
    world.close()


def test_values_are_told_in_few_words() -> None:
    queue = TaskQueue()
    queue.add((1, 2), "x")
    assert table(queue) == {"x": "priority 1,2"}
    assert table({"a": None}) == {"": "a"}
    assert table({}) == {}
    assert said({"cpu": 1.0, "gpu": None}) == "cpu=1,gpu=-"
    assert said({"b", "a"}) == "a,b"
    assert said(True) == "yes"
    assert said(State.MEMORY) == "memory"
    assert said(WorkerConfig().resources) == "-"
