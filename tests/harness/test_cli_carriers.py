"""The command line where shards run on a Dask cluster."""

import re
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from examples.strangers import settle_in

from workerfuzz.harness import cli

Say = Callable[..., tuple[int, str, str]]

needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="needs distributed")


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Say:
    """Runs a command beside systems of other people; its status, what it said, its complaints."""
    monkeypatch.chdir(tmp_path)
    settle_in(tmp_path)

    def say(*arguments: str) -> tuple[int, str, str]:
        status = cli.run_command(arguments)
        return status, *capfd.readouterr()

    return say


@needs_dask
def test_a_local_cluster_fuzzes(say: Say) -> None:
    status, out, err = say(
        "run", "--cluster", "local", "--engine", "walk", "--jobs", "2", "--runs", "5", "--seed", "7"
    )
    assert (status, err) == (0, "")
    begins, done, *rest = out.splitlines()
    assert begins == (
        "fuzzing reference, engine walk, seed 7, 2 tasks on local, 5 runs; "
        "Ctrl-C ends it with what there is"
    )
    assert re.match(r"reference \S+, engine walk, seed 7: 5 runs, \d+ steps in ", done)
    assert "nothing new was found" in rest


@needs_dask
def test_a_bug_that_many_tasks_find_is_written_once(say: Say) -> None:
    status, out, _ = say(
        "run", "--cluster", "local", "--subject", "strangers:Touchy", "--engine", "walk",
        "--jobs", "2", "--runs", "100", "--seed", "3",
    )  # fmt: skip
    assert status == 1
    (path,) = Path("regressions").iterdir()
    assert f"replay it: workerfuzz replay {path} --subject strangers:Touchy" in out
    assert "\n1 new finding\n" in out


@needs_dask
@pytest.mark.usefixtures("short_canaries")
def test_a_cluster_fuzzes_for_a_night(say: Say) -> None:
    status, out, err = say(
        "nightly", "--cluster", "local", "--dir", "nights", "--subject", "reference",
        "--scope", "worker", "--runs", "20", "--jobs", "2", "-q",
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert "canary: found " in out
    shards = sorted(path.name for path in Path("nights/nights").glob("*/shards/*"))
    assert shards == ["0000.json", "0001.json"]


@needs_dask
@pytest.mark.parametrize("command", ["run", "nightly"])
def test_a_cluster_that_cannot_be_had_is_bad_input(say: Say, command: str) -> None:
    assert say(command, "--cluster", "somewhere") == (
        2,
        "",
        "workerfuzz: somewhere: expected an address like tcp://scheduler:8786: "
        "host and port are needed\n",
    )


def test_a_cluster_needs_distributed(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("distributed", "workerfuzz.harness.campaigns.executors.dask_cluster"):
        monkeypatch.setitem(sys.modules, name, None)
    status, out, err = say("run", "--cluster", "local")
    assert (status, out) == (2, "")
    assert err.startswith("workerfuzz: --cluster needs distributed, which does not load: ")
