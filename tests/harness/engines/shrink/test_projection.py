"""A failure inside one worker of a cluster, shown by that worker alone."""

from collections.abc import Mapping
from typing import Any

import pytest

from workerfuzz.harness.cases.triage.signature import located
from workerfuzz.harness.engines.shrink.projection import project
from workerfuzz.harness.engines.shrink.shrink import replay, shrink
from workerfuzz.harness.subjects import get, get_cluster
from workerfuzz.harness.worlds.scopes import CLUSTER, WORKER
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.worker import parse

machine = pytest.importorskip("distributed.worker_state_machine")

COPIED = """\
submit c0 a[on=w0] b(a)[on=w1] want b
deliver c0->scheduler
deliver scheduler->w0
begin w0 a
succeed w0 a
deliver w0->scheduler
deliver scheduler->w1
serve w1 w0
receive w1 w0
"""

SPOILED = """\
submit c0 a[on=w0] want a
deliver c0->scheduler
deliver scheduler->w0
begin w0 a
spoil w0 a
"""


def broken(text: str) -> Violation:
    """Return the violation by these steps in a cluster of Dask."""
    steps = [parse(line, BY_WORD) for line in text.splitlines()]
    found = replay(get_cluster("dask"), CLUSTER.config, steps, CLUSTER)
    assert found is not None
    return found


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a transition of the real WorkerState fail."""

    def plant(start: str, finish: str) -> None:
        table: Mapping[Any, Any] = machine.WorkerState._TRANSITIONS_TABLE

        def planted(*args: Any, **named: Any) -> Any:
            raise ValueError("planted")

        assert (start, finish) in table
        monkeypatch.setitem(table, (start, finish), planted)

    return plant


def test_failure_of_a_worker_is_shown_by_it_alone(plant: Any) -> None:
    plant("flight", "memory")
    projected = project(get_cluster("dask"), broken(COPIED))
    assert projected.violation is not None
    assert projected.violation.property == "no_handler_raises"
    assert "planted" in projected.violation.counterexample
    shrunk = shrink(get("dask"), projected.violation, sign=located)
    assert [step.word for step in shrunk.steps] == ["compute-task"]
    assert shrunk.violation.at_rest  # the copy arrives while everything ends


def test_projected_steps_replay(plant: Any) -> None:
    plant("flight", "memory")
    violation = project(get_cluster("dask"), broken(COPIED)).violation
    assert violation is not None
    again = replay(get("dask"), violation.run_config.config, violation.steps, WORKER)
    assert again is not None
    assert again.property == violation.property


def test_what_a_workers_steps_cannot_tell_is_said(plant: Any) -> None:
    plant("executing", "error")
    projected = project(get_cluster("dask"), broken(SPOILED))
    assert projected.violation is None
    assert projected.why == "steps of a worker cannot tell a result that cannot be stored"


def test_failure_of_the_scheduler_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = pytest.importorskip("distributed.scheduler")

    def planted(*args: Any, **named: Any) -> Any:
        raise ValueError("planted")

    table = scheduler.SchedulerState._TRANSITIONS_TABLE
    monkeypatch.setitem(table, ("processing", "memory"), planted)
    projected = project(get_cluster("dask"), broken(COPIED))
    assert projected.violation is None
    assert projected.why == "it shows in the scheduler"
