"""The empty machine has the rules of the real one, and memory is measured after enough steps."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis.stateful import RuleBasedStateMachine

from workerfuzz.harness.engines.hypothesis.machine import WorkerMachine

Import = Callable[[str], ModuleType]


def rules(machine: type[RuleBasedStateMachine]) -> dict[str, int]:
    """How many preconditions each rule has, by name."""
    found: Any = machine().rules  # a method in older releases of Hypothesis, a list in newer ones
    return {
        rule.function.__name__: len(rule.preconditions)
        for rule in (found() if callable(found) else found)
    }


def test_empty_machine_has_the_same_rules(benchmark_module: Import) -> None:
    empty = benchmark_module("emptymachine").EmptyMachine
    assert rules(empty) == rules(WorkerMachine)
    assert len(rules(empty)) >= 22


def test_trace_says_what_was_drawn_for_each_kind(benchmark_module: Import) -> None:
    trace = benchmark_module("emptymachine").record(runs=5, steps=10)
    assert len(trace.situations) == sum(map(len, trace.draws.values())) > 10
    assert all(low <= high for draws in trace.draws.values() for it in draws for low, high in it)


def test_benchmark_prints_the_speed_of_each(
    benchmark_module: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark_module("machine").main(["--runs", "1", "--turns", "2", "--memory-steps"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines[1:4]] == [
        "the machine", "an empty machine with its rules", "the walk, without Hypothesis",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["machine", "campaign"])
def test_memory_is_measured_after_enough_steps(
    benchmark_module: Import, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    benchmark_module("machine").main(["--memory-of", name, "--memory-steps", "60"])
    found = json.loads(capsys.readouterr().out)
    assert 60 <= found["steps"] < 240
    assert 0 < found["before"] <= found["after"]


def test_memory_has_a_process_of_its_own(benchmark_module: Import) -> None:
    heads, row = benchmark_module("machine").memory([60], ["machine"]).splitlines()
    assert heads.split("  ")[0] == "peak memory"
    assert row.split()[0] == "machine"
    assert int(row.split()[1]) >= 60
