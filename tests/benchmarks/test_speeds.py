"""The timed runs are those of a campaign; the floor is made of the same calls, and no others."""

from collections.abc import Callable
from types import ModuleType

import pytest

Import = Callable[[str], ModuleType]


def test_every_engine_has_a_row(benchmark_module: Import) -> None:
    table, *aims = benchmark_module("speeds").speeds([("reference", "worker")], 2, 2)
    rows = table.splitlines()[1:]
    assert [row.partition("  ")[0] for row in rows] == [
        f"reference, worker: {who}"
        for who in ("floor", "walk", "hypothesis", "walk, unchecked", "hypothesis, unchecked")
    ]
    assert all(float(row.split()[-1]) > 0 for row in rows)
    assert [aim.aim for aim in aims] == ["at least 4", "at least 7", "at most 15"]


def test_a_cluster_is_measured(benchmark_module: Import) -> None:
    table, *aims = benchmark_module("speeds").speeds([("reference", "cluster")], 4, 1)
    assert len(table.splitlines()) == 6
    assert [aim.met for aim in aims] == [None, None]


def test_walk_on_an_empty_world_takes_steps(benchmark_module: Import) -> None:
    speeds = benchmark_module("speeds")
    assert speeds.on_nothing(2, 0) > 0
    (aim,) = speeds.engine(2, 2)
    assert aim.aim == "at most 5"


def test_properties_are_off_only_meanwhile(benchmark_module: Import) -> None:
    speeds = benchmark_module("speeds")
    check = speeds.WorkerWorld._check
    with speeds.unchecked():
        assert speeds.WorkerWorld._check is not check
    assert speeds.WorkerWorld._check is check


@pytest.mark.parametrize(
    ("name", "scope"), [("reference", "worker"), ("reference", "cluster"), ("dask", "cluster")]
)
def test_calls_of_a_run_can_be_made_again(benchmark_module: Import, name: str, scope: str) -> None:
    if name == "dask":
        pytest.importorskip("distributed")
    bareloops, speeds = benchmark_module("bareloops"), benchmark_module("speeds")
    plan = speeds.plan_of(name, scope, "walk", 3, 5)
    runs = bareloops.recorded(plan)
    assert runs
    assert all(run.steps > 0 and run.calls for run in runs)
    again = bareloops.NotingSubject(speeds.system(name, scope))
    make = again.cluster if scope == "cluster" else again.worker
    for run in runs:
        bareloops.repeat(make(run.config), run)
    assert [run.calls for run in again.bare] == [run.calls for run in runs]
    assert bareloops.replayed(plan, runs) > 0
