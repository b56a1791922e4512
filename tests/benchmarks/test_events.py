"""Both workers get the same events, ask for the same things, and are told apart where they do not."""

import re
from collections.abc import Callable
from types import ModuleType

import pytest

from workerfuzz.statemachine.worker import events as ev
from workerfuzz.statemachine.worker import instructions as do

pytest.importorskip("distributed")

Import = Callable[[str], ModuleType]


def test_benchmark_prints_the_mix_and_the_ratio(
    benchmark_module: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark_module("events").main(["--events", "60", "--length", "20", "--rounds", "1"])
    output = capsys.readouterr().out
    recorded = re.match(r"(\d+) events in (\d+) runs", output)
    assert recorded is not None
    assert 60 <= int(recorded[1]) < 80
    kinds = re.findall(r"^[A-Z]\w+ +(\d+) +[\d.]+ %$", output, re.MULTILINE)
    assert sum(map(int, kinds)) == int(recorded[1])
    assert re.search(r"^reference +\d+ +[\d.]+$", output, re.MULTILINE)
    assert re.search(r"^dask [\d.]+ +\d+ +[\d.]+$", output, re.MULTILINE)
    assert re.search(r"^time of the reference in units of Dask's: \d+\.\d\d ", output, re.MULTILINE)


def test_recording_is_the_same_every_time(benchmark_module: Import) -> None:
    lockstep = benchmark_module("lockstep")
    with lockstep.repeatable():
        recorded = [lockstep.record(100, 50) for _ in range(2)]
    one, other = ([(run.ours, run.issued) for run in recording.runs] for recording in recorded)
    assert one == other
    assert recorded[0].events >= 100


def test_what_only_one_of_them_asks_for_is_a_difference(benchmark_module: Import) -> None:
    lockstep = benchmark_module("lockstep")
    event = ev.RemoveReplicas(keys=("x",))
    ours = [do.ReleaseWorkerData(key="x")]
    theirs = [lockstep.dask.ReleaseWorkerDataMsg(stimulus_id="s", key="x")]
    assert not lockstep.differences(event, ours, theirs)
    assert lockstep.differences(event, ours, []) == {("dropped", "x"): 1}
    assert lockstep.differences(event, [], theirs) == {("dropped", "x"): -1}
    assert lockstep.differences(event, ours, theirs * 2) == {("dropped", "x"): -1}


def test_what_is_ours_alone_by_design_is_none(benchmark_module: Import) -> None:
    lockstep = benchmark_module("lockstep")
    told = [do.AddKeys(keys=("x",))]
    assert not lockstep.differences(ev.UpdateData(values={"x": 1}), told, [])
    assert lockstep.differences(ev.RemoveReplicas(keys=("x",)), told, []) == {("have", "x"): 1}


def test_names_of_the_adapter_do_not_reach_dask(benchmark_module: Import) -> None:
    lockstep = benchmark_module("lockstep")
    with lockstep.repeatable():
        (run, *_) = lockstep.record(50, 50).runs
    stimulus = next(event for event in run.theirs if type(event).__name__ == "ComputeTaskEvent")
    assert type(stimulus.key) is str
    assert {type(peer) for peers in stimulus.who_has.values() for peer in peers} <= {str}


def test_dask_is_left_as_it_was(benchmark_module: Import) -> None:
    lockstep = benchmark_module("lockstep")
    before = lockstep.dask.TaskState.__hash__
    with lockstep.repeatable():
        assert lockstep.dask.TaskState.__hash__ is not before
    assert lockstep.dask.TaskState.__hash__ is before
