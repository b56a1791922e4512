"""Whatever a world takes of its process is given back, in whichever way its run ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workerfuzz.harness.cases.replay.recovery import open_log
from workerfuzz.harness.subjects import get, get_cluster
from workerfuzz.harness.subjects.protocol import SubjectRaised
from workerfuzz.harness.worlds.scopes import SCOPES, World
from workerfuzz.harness.worlds.time_limit import TIME_LIMIT
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.write_ahead_log import WRITE_AHEAD_LOG
from workerfuzz.statemachine.worker import machine
from workerfuzz.strategies.cluster import BY_WORD as CLUSTER_WORDS
from workerfuzz.strategies.worker import BY_WORD, parse

STEP = {
    "worker": parse("compute-task x", BY_WORD),
    "cluster": parse("submit c0 a want a", CLUSTER_WORDS),
}


class Fault(Exception):
    """Not the subject's."""


def raises(error: Exception) -> Callable[..., Any]:
    def call(*_: object, **__: object) -> Any:
        raise error

    return call


class Faulty:
    """A subject of which some calls fail; counts the clusters that were closed."""

    def __init__(self, subject: Any, at: str, error: Exception) -> None:
        self.subject, self.at, self.error = subject, at, error
        self.made = self.closed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.subject, name)

    def worker(self, config: Any) -> Any:
        if self.at == "constructor":
            raise self.error
        worker = self.subject.worker(config)
        setattr(worker, {"apply": "handle", "finish": "check"}[self.at], raises(self.error))
        return worker

    def cluster(self, config: Any) -> Any:
        if self.at == "constructor":
            raise self.error
        self.made += 1
        cluster = self.subject.cluster(config)
        close = cluster.close

        def closed() -> None:
            self.closed += 1
            close()

        cluster.close = closed
        fails = {"join": "add_worker", "apply": "check", "finish": "residue", "close": "close"}
        setattr(cluster, fails[self.at], raises(self.error))
        return cluster


@pytest.fixture
def handler() -> Any:
    """Of the timer's signal, while no world is open; other tests may have left some."""
    while TIME_LIMIT.worlds:
        TIME_LIMIT.disarm()
    return signal.getsignal(signal.SIGPROF)


@pytest.fixture(params=["without a box", "with a box"])
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    if request.param == "with a box":
        open_log(tmp_path / "box")
    yield
    WRITE_AHEAD_LOG.close()


CASES = [
    ("worker", "constructor"),
    ("worker", "apply"),
    ("worker", "finish"),
    ("cluster", "constructor"),
    ("cluster", "join"),
    ("cluster", "apply"),
    ("cluster", "finish"),
    ("cluster", "close"),
]


@pytest.mark.parametrize("error", [Fault("x"), SubjectRaised("x")], ids=["harness", "subject"])
@pytest.mark.parametrize(("scope", "at"), CASES, ids=map("-".join, CASES))
@pytest.mark.usefixtures("box")
def test_a_run_that_fails_gives_everything_back(
    handler: Any, scope: str, at: str, error: Exception
) -> None:
    subject = Faulty({"worker": get, "cluster": get_cluster}[scope]("reference"), at, error)
    with pytest.raises((Fault, SubjectRaised, Violation)):
        run(scope, subject)
    assert_given_back(handler)
    if at != "close":
        assert subject.closed == subject.made


def run(scope: str, subject: Any) -> None:
    with SCOPES[scope].open(subject, None) as world:
        world.apply(STEP[scope])
        world.finish()


def assert_given_back(handler: Any) -> None:
    assert TIME_LIMIT.worlds == 0
    assert TIME_LIMIT.limit == 0
    assert signal.getsignal(signal.SIGPROF) == handler
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    assert WRITE_AHEAD_LOG._world is None


@pytest.mark.parametrize("scope", ["worker", "cluster"])
def test_closing_twice_gives_back_once(handler: Any, scope: str) -> None:
    subject: Any = {"worker": get, "cluster": get_cluster}[scope]("reference")
    world, other = (SCOPES[scope].open(subject, None) for _ in range(2))
    world.close()
    world.close()
    assert TIME_LIMIT.worlds == 1
    other.close()
    assert_given_back(handler)


def loop(*_: object) -> None:
    while True:
        pass


@pytest.mark.parametrize("at", ["apply", "finish"])
def test_a_worker_that_does_not_return_is_a_violation(
    monkeypatch: pytest.MonkeyPatch, handler: Any, at: str
) -> None:
    monkeypatch.setattr("workerfuzz.harness.worlds.base.STEP_S", 1)
    monkeypatch.setattr("workerfuzz.harness.worlds.base.REST_S", 1)
    with SCOPES["worker"].open(get("reference"), None) as world:
        world.apply(STEP["worker"])
        monkeypatch.setattr(machine, "HANDLERS", dict.fromkeys(machine.HANDLERS, loop))
        with pytest.raises(Violation) as broken:
            call(world, at)
    assert broken.value.property == "every_call_returns"
    assert broken.value.at_rest == (at == "finish")
    assert_given_back(handler)


def call(world: World, at: str) -> None:
    if at == "apply":
        world.apply(parse("compute-task y", BY_WORD))
    else:
        world.finish()


LEFT_OPEN = """
import atexit, signal
from workerfuzz.harness.subjects import get
from workerfuzz.harness.worlds.worker.world import WorkerWorld
world = WorkerWorld(get("reference"))
assert signal.getitimer(signal.ITIMER_PROF)[1] == 1.0
atexit._run_exitfuncs()
print(signal.getitimer(signal.ITIMER_PROF))
"""


def test_the_timer_of_a_world_that_is_left_open_ends_before_its_handler_does() -> None:
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", LEFT_OPEN],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.stdout == "(0.0, 0.0)\n"
