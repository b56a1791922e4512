"""Reading a live cluster: what is asked, what comes back, and who does not answer."""

import json
import os
import signal
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from examples import hanging_cluster
from examples.dumps import HANGS, model

from workerfuzz.harness.diagnose.diagnosis import diagnosed
from workerfuzz.harness.diagnose.known_shapes import RestingWorld, cases_of_clusters
from workerfuzz.harness.diagnose.live import is_address, read_cluster
from workerfuzz.harness.diagnose.nodes import DumpError
from workerfuzz.harness.diagnose.reading import load
from workerfuzz.harness.diagnose.worker_case import worker_cases
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.dask import collecting
from workerfuzz.harness.subjects.dask.instrumentation import named
from workerfuzz.harness.subjects.dask.live_cluster import as_key, sent
from workerfuzz.harness.worlds.scopes import CLUSTER


class LiveWorld(RestingWorld):
    """A simulated cluster that is asked as a live one is."""

    asked: dict[str, Any]

    def come_to_rest(self) -> None:
        super().come_to_rest()
        cluster: Any = self.cluster
        names = ("clients", "workers", "tasks", "transition_log")
        parts = {name: getattr(cluster.scheduler, name) for name in names}
        told = unpacked(collecting.collect_scheduler(SimpleNamespace(address="", **parts)))
        keys = [named(key) for key in told["keys"]]
        workers = {}
        for worker in cluster._workers.values():
            server = SimpleNamespace(state=worker.machine, status="running")
            workers[str(worker.machine.address)] = unpacked(collecting.collect_worker(keys, server))
        self.asked = {"scheduler": told["scheduler"], "workers": workers}


def unpacked(answer: bytes) -> Any:
    return json.loads(zlib.decompress(answer))


@pytest.mark.parametrize("hang", HANGS)
def test_a_live_cluster_tells_the_same_as_its_dump(hang: str) -> None:
    case = cases_of_clusters()[HANGS[hang]]
    world = LiveWorld(get_cluster("dask"), CLUSTER.run_config_of(case.steps, case.config))
    with world:
        for step in case.steps:
            world.apply(step)
        world.finish()
        live, dumped = model(world.asked), model(world.dump)
    live.is_partial = True
    live.at = dumped.at
    for worker in live.workers.values():
        worker.at = 0.0
    one, other = diagnosed(live, 0.0), diagnosed(dumped, 0.0)
    assert [group.chain.links for group in one.groups] == [
        group.chain.links for group in other.groups
    ]
    assert {
        (contradiction.property, contradiction.key) for contradiction in one.contradictions
    } == {(contradiction.property, contradiction.key) for contradiction in other.contradictions}


def test_what_is_sent_needs_nothing_of_workerfuzz_there() -> None:
    """Another process, in which workerfuzz cannot be imported, gets the functions back."""
    code = [
        sent(function) for function in (collecting.collect_scheduler, collecting.collect_worker)
    ]
    program = (
        "import pickle, sys; sys.modules['workerfuzz'] = None\n"
        f"print(*[pickle.loads(it).__name__ for it in {code!r}])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["collect_scheduler", "collect_worker"], done.stderr


def test_an_address_is_no_file() -> None:
    assert is_address("tcp://scheduler:8786")
    assert is_address("tls://10.0.0.1:8786")
    assert not is_address("dump.msgpack.gz")
    assert not is_address(str(Path("folder") / "tcp:" / "x"))


@pytest.fixture
def mute() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


def said_of(address: str, time_limit_s: float = 0.4) -> str:
    with pytest.raises(DumpError) as caught:
        read_cluster(address, time_limit_s)
    return str(caught.value).removeprefix(f"{address}: ")


def test_a_scheduler_that_is_silent(mute: str) -> None:
    assert said_of(mute) == "the scheduler did not answer within 0.2 s"


def test_an_address_that_nobody_has() -> None:
    assert said_of("tcp://127.0.0.1:1").startswith("the scheduler did not answer within")
    assert said_of("odd://x:1").startswith("unknown address scheme 'odd'")


def test_keys_come_back_as_they_were() -> None:
    assert as_key(["x", 0, ["y", 1]]) == ("x", 0, ("y", 1))
    assert as_key("x") == "x"


@pytest.mark.slow
def test_a_real_cluster_is_read_and_not_changed(tmp_path: Path) -> None:
    """Two processes; one copies what cannot be read. Later, that one does not answer."""
    program = Path(hanging_cluster.__file__)
    command = [sys.executable, str(program), str(tmp_path)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, **pipes) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        address, worker, pid = running.stdout.readline().split()
        live = diagnosed(read_cluster(address), 1.0)
        for name in ("dump.msgpack.gz", "dump.yaml"):
            dumped = diagnosed(load(tmp_path / name), 1.0)
            assert dumped.groups[0].chain.links == live.groups[0].chain.links
            assert [candidate.case for candidate in dumped.candidates] == [
                candidate.case for candidate in live.candidates
            ]
        assert live.groups[0].wanted == ("user",)
        assert live.groups[0].roots == ("('bad', 0)",)
        assert [case.case is not None for case in worker_cases(live)] == [True]
        running.stdin.write("and now?\n")
        running.stdin.flush()
        assert running.stdout.readline() == "pending 2\n"  # with fire-and-forget
        os.kill(int(pid), signal.SIGSTOP)
        try:
            silent = read_cluster(address, 4.0).silent
        finally:
            os.kill(int(pid), signal.SIGCONT)
            running.stdin.close()
    assert silent == {worker: "no answer in time"}
