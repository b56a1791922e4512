"""Clusters are measured side by side, and what is ours is told from what is Dask's."""

import re
from collections.abc import Callable
from types import ModuleType

import pytest

pytest.importorskip("distributed")

Import = Callable[[str], ModuleType]


def test_benchmark_prints_what_is_aimed_at(
    benchmark_module: Import,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    clusters = benchmark_module("clusters")
    monkeypatch.setattr(clusters, "SIZES", (5,))
    clusters.main(["--runs", "5"])
    output = capsys.readouterr().out
    assert re.search(r"^reference +[\d,]+ +\d+$", output, re.MULTILINE)
    assert re.search(r"^dask +[\d,]+ +\d+$", output, re.MULTILINE)
    assert re.search(
        r"^the reference makes [\d.]+ \(.*\) times the steps of dask$", output, re.MULTILINE
    )
    assert re.search(r"^ours beside Dask's own time: [\d.]+ ", output, re.MULTILINE)
    assert re.search(r"^5 +\d+ +\d+$", output, re.MULTILINE)
