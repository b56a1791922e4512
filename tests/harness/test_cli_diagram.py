"""`workerfuzz diagram`: the map as a picture and as text, with what runs took."""

from collections.abc import Callable
from pathlib import Path

import pytest
from examples.accounts import account, night, written

from workerfuzz.harness.cli import run_command
from workerfuzz.harness.subjects.protocol import SubjectUnavailable

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Draws, in a folder of its own; exit status, what it printed, what it complained of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONHASHSEED", "0")

    def say(*options: str) -> tuple[int, str, str]:
        status = run_command(["diagram", *options])
        return status, *capsys.readouterr()

    return say


@pytest.fixture
def no_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise SubjectUnavailable("dask is not here")

    monkeypatch.setattr("workerfuzz.harness.report.diagram.machine.dask_tables", none)


def test_mermaid_is_printed_where_nothing_is_said(say: Say, no_dask: None) -> None:
    status, out, err = say()
    assert status == 0
    assert out.startswith("flowchart LR\n    accTitle: States of a task on a worker\n")
    assert err == "workerfuzz: dask is not here; its table is not compared\n"


def test_dask_is_compared_where_it_is(say: Say) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed here")
    status, out, err = say("--of", "scheduler")
    assert (status, err) == (0, "")
    assert f"and of dask {distributed.__version__}" in out
    assert '|"Dask"|' in out


def test_pictures_are_written_as_files(say: Say, no_dask: None) -> None:
    status, out, _ = say("--svg", "map.svg", "--mermaid", "map.mmd")
    assert (status, out) == (0, "")
    assert Path("map.svg").read_text().startswith("<svg ")
    assert Path("map.mmd").read_text().startswith("flowchart LR")


def test_what_a_night_took_is_drawn(say: Say, no_dask: None, tmp_path: Path) -> None:
    written(tmp_path / "nights-of-ours", night(account()))
    status, out, _ = say("--observed", "nights-of-ours", "--subject", "dask", "--mermaid", "-")
    assert status == 0
    assert "taken by 20 runs of clusters of dask 2026.8.0" in out
    assert '|"1.2k' in out


def test_a_folder_without_a_night_is_named(say: Say, no_dask: None) -> None:
    status, out, err = say("--observed", "none")
    assert (status, out) == (2, "")
    assert err.endswith("none: no such folder; expected one that workerfuzz nightly made\n")


@pytest.mark.parametrize("option", [("--subject", "dask"), ("--scope", "worker")])
def test_what_is_chosen_of_nothing_is_an_error(
    say: Say, no_dask: None, option: tuple[str, str]
) -> None:
    status, _, err = say(*option)
    assert status == 2
    assert err.endswith("--subject and --scope choose of what was observed: add --observed DIR\n")


def test_a_picture_that_cannot_be_written_is_said(say: Say, no_dask: None) -> None:
    status, _, err = say("--svg", "none/map.svg")
    assert status == 2
    assert err.endswith(
        "none/map.svg: no such file or directory; the picture was not written: name another file\n"
    )
