"""Processes are really started, and one that fails is no measurement."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Import = Callable[[str], ModuleType]


def test_benchmark_prints_what_each_takes(
    benchmark_module: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark_module("startup").main(["--turns", "1", "--files", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines if line and line[0] not in " ("] == [
        "workerfuzz --help",
        "an interpreter that does nothing",
        "pytest, without the plugin",
        "what the plugin adds",
    ]


def test_a_process_that_fails_is_no_measurement(benchmark_module: Import) -> None:
    with pytest.raises(RuntimeError, match=r"-c 1/0 ended with 1: (?s:.)*ZeroDivisionError"):
        benchmark_module("startup").cpu_of(("-c", "1/0"), {})


def test_tests_that_fail_are_no_measurement(benchmark_module: Import, tmp_path: Path) -> None:
    startup = benchmark_module("startup")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert False\n")
    program = f"import startup; startup.cpu_of_tests(['-q', {str(tmp_path)!r}])"
    with (
        startup.compiled_once() as environment,
        pytest.raises(RuntimeError, match=r"RuntimeError: pytest -q .* ended with 1"),
    ):
        startup.cpu_of(("-c", program), {**environment, "PYTHONPATH": os.pathsep.join(sys.path)})


def test_only_our_plugin_is_measured(benchmark_module: Import) -> None:
    startup = benchmark_module("startup")
    with startup.compiled_once() as environment, startup.suite(1) as folder:
        others = startup.but_not(startup.plugins() - {startup.OURS})
        ours = ("-m", "pytest", *startup.PYTEST, *others, "--case-rewrite", str(folder))
        assert startup.cpu_of(ours, environment) > 0
        with pytest.raises(RuntimeError, match="unrecognized arguments: --case-rewrite"):
            startup.cpu_of((*ours, *startup.but_not([startup.OURS])), environment)


def test_a_plugin_that_is_not_installed_is_not_measured(
    benchmark_module: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    startup = benchmark_module("startup")
    monkeypatch.setattr(startup, "entry_points", lambda group: [])
    with pytest.raises(RuntimeError) as raised:
        startup.plugins()
    assert str(raised.value) == "its plugin is not installed here: pip install -e ."
