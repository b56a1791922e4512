"""The measurement: events about two keys, beside records that they leave alone."""

import re
from collections.abc import Callable
from types import ModuleType

import pytest

from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.worker_state import WorkerState

Import = Callable[[str], ModuleType]

KINDS = ("in memory", "ready", "constrained", "waiting", "in fetch")
STATES = ("memory", "ready", "constrained", "waiting", "fetch")


def test_benchmark_prints_both_tables(
    benchmark_module: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["--events", "50", "--cycles", "1", "--records", "3", "5", "--rounds", "1"]
    benchmark_module("properties").main(small)
    output = capsys.readouterr().out
    assert "random walks with 6 keys" in output
    rows = re.findall(r"^(\w.*?) +(\d+) +1\.43 +[\d.]+ ", output, re.MULTILINE)
    assert rows == [(kind, size) for kind in KINDS for size in ("3", "5")]


@pytest.mark.parametrize(("kind", "state"), [*zip(KINDS, STATES, strict=True)])
def test_bystanders_are_as_they_are_called_and_stay_so(
    benchmark_module: Import, kind: str, state: str
) -> None:
    bystanders = benchmark_module("bystanders")
    assert tuple(bystanders.KINDS) == KINDS
    config, make = bystanders.KINDS[kind]
    worker = WorkerState(config)
    handle_stimulus(worker, *make(5))
    records = dict(worker.tasks)
    assert sum(task.state == state for task in records.values()) >= 4
    stories = {key: worker.story(key) for key in records}
    for run_id in (6, 7):
        for event in bystanders.cycle(run_id):
            handle_stimulus(worker, event)
            assert worker.touched.keys() <= {"x", "y"}
    assert worker.tasks == records
    assert {key: worker.story(key) for key in records} == stories
