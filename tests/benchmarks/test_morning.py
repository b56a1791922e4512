"""The night that is measured is what it says: so many findings, each with its case, picture and test."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from workerfuzz.harness.report.night_report.packed import TOGETHER
from workerfuzz.harness.report.night_report.page import page

pytest.importorskip("distributed", reason="Dask is not installed here")
pytest.importorskip("jinja2")

Import = Callable[[str], ModuleType]


def test_every_finding_has_a_picture_and_a_test(benchmark_module: Import) -> None:
    night, shown = benchmark_module("morning").findings(5)
    assert len(night.new) == len(shown) == 5
    assert len({it.case for it in shown}) == 5
    for it in shown:
        assert it.no_picture == it.no_test == ""
    assert page(night, shown).count('class="finding new"') == 5


def test_no_two_that_are_packed_together_are_alike(benchmark_module: Import) -> None:
    bugs = benchmark_module("morning").bugs()
    titles = [it.told for it, _ in zip(bugs, range(TOGETHER), strict=False)]
    assert len({*titles}) == TOGETHER


def test_benchmark_prints_what_each_takes(
    benchmark_module: Import, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    morning = benchmark_module("morning")
    monkeypatch.setattr(morning, "opened", lambda path, turns: ([1.5] * turns, [0.5] * turns))
    morning.main(["--findings", "2", "--turns", "2", "--out", str(tmp_path / "report.html")])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines if line and line[0] not in " ("] == [
        "size, in MB",
        "opens, in s",
        "is made, in s of CPU",
        "findings are drawn, in s of CPU each",
    ]
    assert "2 findings, 2 times opened" in lines[-1]
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_without_a_browser_it_says_what_to_install(
    benchmark_module: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    morning = benchmark_module("morning")
    monkeypatch.setitem(sys.modules, "playwright.sync_api", ModuleType("playwright.sync_api"))
    monkeypatch.setattr(sys.modules["playwright.sync_api"], "sync_playwright", None, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError) as raised:
        morning.opened(tmp_path, 1)
    assert str(raised.value) == "there is no browser to open it with: apt-get install chromium"
