"""The write-ahead log: the last steps of a process can be read when it is gone."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workerfuzz.harness.cases.replay.recovery import Recovered, glance, open_log, recover
from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects import get, get_cluster
from workerfuzz.harness.subjects.protocol import WorkerSubject
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds import write_ahead_log
from workerfuzz.harness.worlds.scopes import SCOPES, World
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.harness.worlds.write_ahead_log import WRITE_AHEAD_LOG, RunPhase
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """The log of this process."""
    open_log(tmp_path / "log")
    yield tmp_path / "log"
    WRITE_AHEAD_LOG.close()


def read(log: Path) -> Recovered:
    found = recover(log)
    assert found is not None
    return found


def test_a_step_is_in_the_log_before_it_happens(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Recovered] = []
    world = WorkerWorld(get("reference"), RunConfig(WorkerConfig(nthreads=2)))
    monkeypatch.setattr(world, "handle_event", lambda *_: seen.append(read(log)))
    for text in ("compute-task x", "pause"):
        world.apply(parse(text))
    assert [[str(step) for step in recovered.steps] for recovered in seen] == [
        ["compute-task x"],
        ["compute-task x", "pause"],
    ]
    assert {recovered.phase for recovered in seen} == {RunPhase.STEPPING}
    assert seen[0].config == WorkerConfig(nthreads=2)


@pytest.mark.parametrize("scope", ["worker", "cluster"])
def test_whole_runs_are_in_the_log(log: Path, scope: str) -> None:
    subject = get("reference") if scope == "worker" else get_cluster("reference")
    for number in range(10):
        WRITE_AHEAD_LOG.about = f"run {number}"
        world = walk(subject, str(number), scope=SCOPES[scope])
        found = read(log)
        assert found.steps == tuple(world.steps)
        assert (found.about, found.phase, found.scope) == (f"run {number}", RunPhase.IDLE, scope)


def test_rest_is_in_the_log_before_it_comes(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Recovered] = []
    module = "workerfuzz.harness.worlds.worker.world"
    monkeypatch.setattr(f"{module}.come_to_rest", lambda _: seen.append(read(log)))
    WorkerWorld(get("reference")).finish()
    assert [(recovered.at_rest, recovered.steps) for recovered in seen] == [(True, ())]


def test_a_world_that_is_being_made_is_in_the_log(log: Path) -> None:
    class Curious(ReferenceSubject):
        def worker(self, config: WorkerConfig) -> WorkerSubject:
            assert glance(log).phase is RunPhase.OPENING
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        WorkerWorld(Curious())


def test_worlds_may_take_turns(log: Path) -> None:
    one, other = WorkerWorld(get("reference")), WorkerWorld(get("reference"))
    for world, text in ((one, "compute-task x"), (other, "pause"), (one, "free-keys x")):
        world.apply(parse(text))
        assert read(log).steps == tuple(world.steps)
    one.close()
    assert glance(log).phase is RunPhase.IDLE
    other.finish()
    assert read(log).steps == tuple(other.steps)


def test_signs_of_life_are_counted(log: Path) -> None:
    world: World = WorkerWorld(get("reference"))
    before = glance(log).beats
    world.apply(parse("compute-task x"))
    assert glance(log).beats > before


def test_a_run_that_does_not_fit_is_not_made_up(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = WorkerWorld(get("reference"))
    monkeypatch.setattr(write_ahead_log, "SIZE", 200)
    for _ in range(50):
        world.apply(parse("compute-task x"))
    assert glance(log).phase is RunPhase.OVERFLOWN
    assert recover(log) is None


def test_the_runs_of_something_else_say_so(log: Path) -> None:
    WRITE_AHEAD_LOG.about = "run 7"
    with WRITE_AHEAD_LOG.doing("something else"):
        WorkerWorld(get("reference"))
        assert read(log).about == "something else"
    WorkerWorld(get("reference"))
    assert read(log).about == "run 7"


@pytest.mark.parametrize("text", [b"", b"nonsense", b"wf-box 1"])
def test_what_is_no_log_says_nothing(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "log"
    assert recover(path) is None
    path.write_bytes(text)
    assert recover(path) is None
    assert glance(path).beats == 0


PROGRAM = """
import os, signal, sys
from pathlib import Path
from workerfuzz.harness.cases.replay.recovery import open_log
from workerfuzz.harness.subjects import get
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.strategies.worker import parse

open_log(Path(sys.argv[1]))
world = WorkerWorld(get("reference"))
world.apply(parse("compute-task x"))
world.handle_event = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
world.apply(parse("execute-success x"))
"""


def test_a_log_outlives_its_process(tmp_path: Path) -> None:
    log = tmp_path / "log"
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, log], check=False, env={**os.environ, "PYTHONPATH": path}
    )
    assert done.returncode == -signal.SIGKILL
    assert [str(step) for step in read(log).steps] == ["compute-task x", "execute-success x"]
    assert read(log).phase is RunPhase.STEPPING
