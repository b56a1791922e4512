"""A cluster takes from its process what it needs, and leaves nothing behind."""

import dataclasses
import gc
import importlib.util
import itertools
import logging
import os
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from types import FrameType
from typing import Any, NoReturn

import pytest
from examples.dask_clusters import Surroundings, config, graph, walked

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER
from workerfuzz.harness.subjects.dask.cluster.cluster import DaskCluster, DaskClusterSystem
from workerfuzz.harness.subjects.dask.cluster.embedding import Patches
from workerfuzz.harness.subjects.dask.cluster.releases import installed_cluster
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.worker.events import FindMissing

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason='needs distributed: pip install "workerfuzz[dask]"',
)


def state_of_the_process() -> list[Any]:
    import distributed.scheduler
    import distributed.stealing
    import distributed.utils
    import distributed.worker_state_machine

    logger = logging.getLogger("distributed")
    return [
        dict(vars(distributed.scheduler)),
        dict(vars(distributed.stealing)),
        dict(vars(distributed.worker_state_machine)),
        dict(vars(distributed.utils._LogErrors)),
        distributed.scheduler.TaskState._run_id_iterator
        if hasattr(distributed.scheduler.TaskState, "_run_id_iterator")
        else None,
        (logger.level, list(logger.handlers), logger.propagate),
        list(sys.path),
        threading.active_count(),
    ]


def test_everything_is_as_before_once_it_is_closed() -> None:
    DaskClusterSystem().cluster(config()).close()
    before = state_of_the_process()
    cluster = DaskClusterSystem().cluster(config())
    run = Surroundings(cluster, "w0")
    run.handle_request(graph("a want a"))
    run.finish()
    assert state_of_the_process() == before
    cluster.close()
    assert state_of_the_process() == before


def test_a_busy_machine_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker tells the scheduler how long it took to store a value, where that was long."""
    seconds = itertools.count().__next__
    monkeypatch.setattr("distributed.worker_state_machine.time", seconds)
    run = Surroundings(DaskClusterSystem().cluster(config()), "w0")
    run.handle_request(graph("a want a"))
    run.finish()
    run.cluster.close()
    assert seconds() == 0
    assert run.last_told() == {"a": "finished"}


def test_two_clusters_do_not_disturb_each_other() -> None:
    alone, *together = (Surroundings(DaskClusterSystem().cluster(config()), "w0") for _ in range(3))
    for runs in ([alone], together):
        for request in ("a b(a) want b", "c(b) want c"):
            for run in runs:
                run.handle_request(graph(request))
            for run in runs:
                run.finish()
    together[0].cluster.close()
    together[1].handle_request(graph("d want d"))
    together[1].finish()
    alone.handle_request(graph("d want d"))
    alone.finish()
    assert together[1].log == alone.log
    for run in (alone, together[1]):
        run.cluster.close()


def test_no_socket_no_thread_no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object, **named: object) -> NoReturn:
        raise AssertionError("not here")

    monkeypatch.setattr(socket.socket, "bind", refused)
    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(threading.Thread, "start", refused)
    monkeypatch.setattr(time, "sleep", refused)
    assert len([*walked(1)]) > 100


def alive() -> list[Any]:
    kinds = ("EmbeddedScheduler", "RecordingState", "DaskCluster", "WorkStealing")
    return [instance for instance in gc.get_objects() if type(instance).__name__ in kinds]


def test_nothing_of_a_cluster_stays_alive() -> None:
    for seed in range(20):
        [*walked(seed, 12)]
    gc.collect()
    of_other_tests = alive()
    tracemalloc.start()
    traced = []
    for _ in range(5):
        for _ in range(50):
            cluster = DaskClusterSystem().cluster(config())
            run = Surroundings(cluster, "w0", "w1")
            run.handle_request(graph("a b(a) want b"))
            run.remove_worker("w1")
            cluster.close()
        del cluster, run
        gc.collect()
        traced.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert [
        instance for instance in alive() if not any(instance is other for other in of_other_tests)
    ] == []
    # A table of the interpreter that grows once, such as that of interned strings, is in one of
    # the differences; what a cluster leaves is in each. Bytes; a scheduler has 150,000.
    assert min(after - before for before, after in itertools.pairwise(traced)) < 50 * 200


def test_what_dask_logs_in_a_call_is_heard_and_goes_no_further(
    caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    logger = logging.getLogger("distributed.scheduler")

    def talkative(**about: object) -> None:
        logger.error("it broke: %s", "x")
        logger.warning("never mind")

    cluster = DaskClusterSystem().cluster(config())
    cluster.handle_request("client", client_requests.Release(keys=()))
    parent = logging.getLogger("distributed")
    level = parent.level
    request.addfinalizer(lambda: parent.setLevel(level))
    parent.setLevel(logging.CRITICAL)
    cluster.scheduler.client_releases_keys = talkative
    cluster.handle_request("client", client_requests.Release(keys=()))
    assert [(item.name, text) for item, text in cluster.check(SCHEDULER, thoroughly=False)] == [
        ("nothing_is_logged_as_error", "it broke: %s")
    ]
    assert [*cluster.check(SCHEDULER, thoroughly=False)] == []
    assert parent.level == logging.CRITICAL
    parent.setLevel(level)
    assert caplog.records == []
    logger.error("between two calls")
    assert [*cluster.check(SCHEDULER, thoroughly=False)] == []
    cluster.close()


class Interrupted(BaseException):
    """Like Ctrl-C, or a time limit."""


@pytest.mark.parametrize("raised", [ValueError, Interrupted])
@pytest.mark.parametrize("kind", ["scheduler", "worker", "construction"])
def test_patches_end_with_the_call_however_it_ends(
    kind: str, raised: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state_of_the_process()
    during: list[bool] = []

    def broken(*args: object, **named: object) -> NoReturn:
        during.append(state_of_the_process() != before)
        raise raised

    if kind == "construction":
        release = dataclasses.replace(installed_cluster(), kind=broken)
        with pytest.raises(raised):
            DaskCluster(release, config())
    else:
        cluster = DaskClusterSystem().cluster(config())
        cluster.add_worker("w0")
        if kind == "scheduler":
            cluster.scheduler.client_releases_keys = broken
            with pytest.raises(raised):
                cluster.handle_request("client", client_requests.Release(keys=()))
        else:
            monkeypatch.setattr(cluster.worker("w0"), "handle_event", broken)
            with pytest.raises(raised):
                cluster.handle_event("w0", FindMissing())
    assert during == [True]
    assert state_of_the_process() == before


@pytest.mark.parametrize("kind", ["scheduler", "worker"])
def test_ctrl_c_while_replacing_or_restoring_leaves_nothing_behind(kind: str) -> None:
    """Interrupted at each line that replaces or restores something, in turn."""
    cluster = DaskClusterSystem().cluster(config())
    cluster.add_worker("w0")
    before = state_of_the_process()
    place = 0
    while interrupted_at(place, cluster, kind):
        assert state_of_the_process() == before, place
        assert Patches._turn.acquire(blocking=False)
        Patches._turn.release()
        place += 1
    cluster.close()
    assert place > 20


def interrupted_at(place: int, cluster: DaskCluster, kind: str) -> bool:
    """Interrupt the line of that number in ``Patches``; return whether there are so many."""
    lines = itertools.count()
    codes = {method.__code__ for method in (Patches._replace, Patches._restore)}

    def interrupt(frame: FrameType, what: str, _: object) -> Any:
        if frame.f_code not in codes:
            return None
        if what == "line" and next(lines) == place:
            sys.settrace(None)
            raise KeyboardInterrupt
        return interrupt

    sys.settrace(interrupt)
    try:
        if kind == "scheduler":
            cluster.handle_request("client", client_requests.Release(keys=()))
        else:
            cluster.handle_event("w0", FindMissing())
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


def test_the_same_run_is_the_same_in_every_process() -> None:
    program = (
        "import hashlib\nfrom examples.dask_clusters import walked\n"
        "lines = [line for seed in range(12) for line in walked(seed)]\n"
        "print(len(lines), hashlib.sha256('\\n'.join(lines).encode()).hexdigest())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1
    assert int(outputs.pop().split()[0]) > 1_000
