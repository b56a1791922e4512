"""A cluster in one thread: what arrives when, what dies with whom, and what is judged at rest."""

import socket
import threading
import time

import pytest

from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER
from workerfuzz.harness.worlds import time_limit
from workerfuzz.harness.worlds.cluster.drain import settle
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.scopes import CLUSTER
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.statemachine.properties.crashes import every_call_returns
from workerfuzz.statemachine.scheduler.client_requests import NoticeStatus
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse

REFERENCE = get_cluster("reference")


def world_after(*lines: str, workers: int = 2) -> ClusterWorld:
    world = ClusterWorld(REFERENCE, ClusterRunConfig(ClusterConfig(workers=workers)))
    for line in lines:
        world.apply(parse(line, BY_WORD))
    return world


def test_messages_wait_in_the_order_sent() -> None:
    world = world_after("submit c0 a want a", "release c0 a")
    assert len(world.mail["c0", SCHEDULER]) == 2
    world.apply(parse("deliver c0->scheduler", BY_WORD))
    assert world.cluster.state("a") == "processing"


def test_a_graph_is_computed_and_its_client_told() -> None:
    world = world_after("submit c0 a b(a) want b")
    settle(world)
    assert not world.mail
    assert world.client_model.statuses["c0"] == {"b": NoticeStatus.FINISHED}
    world.finish()
    assert not world.cluster.keys()


def test_a_dead_worker_takes_its_mail_and_its_threads_with_it() -> None:
    world = world_after(
        "submit c0 a want a", "deliver c0->scheduler", "deliver scheduler->w0", workers=1
    )
    assert ("w0", "a") in world.running
    world.apply(parse("dies w0", BY_WORD))
    assert not world.running
    assert list(world.unnoticed) == ["w0"]
    world.apply(parse("notice w0", BY_WORD))
    assert world.cluster.state("a") == "no-worker"
    world.finish()


def test_another_try_reaches_an_input_that_failed_once_nobody_needed_it() -> None:
    config = ClusterConfig(workers=2, allowed_failures=0)
    world = ClusterWorld(REFERENCE, ClusterRunConfig(config))
    for line in (
        "submit c0 a b c(b) d(a,c) want b,d",
        "deliver c0->scheduler",
        "dies w1",
        "notice w1",  # with a: d fails, and nobody needs c any more
        "dies w0",
        "notice w0",  # with b
        "deliver scheduler->c0",
    ):
        world.apply(parse(line, BY_WORD))
    assert {key: world.cluster.state(key) for key in "bcd"} == {
        "b": "erred", "c": "released", "d": "erred",
    }  # fmt: skip
    world.apply(parse("retry c0 d", BY_WORD))
    assert world.cluster.state("b") == "no-worker"
    world.finish()


def test_an_actor_is_not_stored_and_so_cannot_be_spoilt() -> None:
    lines = ("submit c0 a[actor] want a", "deliver c0->scheduler", "deliver scheduler->w0")
    world = world_after(*lines, workers=1)
    assert ("w0", "a") in world.running
    with pytest.raises(ImpossibleStep, match="spoil w0 a is not possible now"):
        world.apply(parse("spoil w0 a", BY_WORD))
    world.finish()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("deliver w0->scheduler", "there is no message from w0 for scheduler"),
        ("begin w0 a", "a task runs with the inputs that it was started with"),
        ("succeed w0 a", "succeed w0 a is not possible now"),
        ("notice w0", "notice is not possible for w0 now"),
        ("submit c0 b(a) want b", "b needs a, which c0 does not know"),
        ("submit c7 a want a", "there is no client c7"),
    ],
)
def test_what_cannot_happen_is_told_and_changes_nothing(line: str, why: str) -> None:
    world = world_after()
    with pytest.raises(ImpossibleStep, match=why):
        world.apply(parse(line, BY_WORD))
    assert world.steps == []


def test_content_in_use_cannot_change() -> None:
    world = world_after("submit c0 a want a")
    with pytest.raises(ImpossibleStep, match="a is in use with other content"):
        world.apply(parse("submit c0 a#1 want a", BY_WORD))


def test_a_call_that_does_not_end_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_after()

    def loop(*_: object) -> None:
        while True:
            pass

    monkeypatch.setattr(world.cluster, "handle_request", loop)
    monkeypatch.setattr("workerfuzz.harness.worlds.base.STEP_S", 1)
    world.apply(parse("submit c0 a want a", BY_WORD))
    with pytest.raises(Violation) as broken:
        world.apply(parse("deliver c0->scheduler", BY_WORD))
    assert broken.value.property == every_call_returns.name
    assert len(broken.value.steps) == 2


def test_a_world_counts_the_time_of_its_steps_alone() -> None:
    time_limit.TIME_LIMIT.seconds = 3
    world_after("submit c0 a want a")
    assert (time_limit.TIME_LIMIT.seconds, time_limit.TIME_LIMIT.limit) == (0, 0)


def test_a_run_needs_no_socket_no_thread_and_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "bind", forbidden)
    monkeypatch.setattr(threading.Thread, "start", forbidden)
    monkeypatch.setattr(time, "sleep", forbidden)
    for seed in range(20):
        walk(REFERENCE, f"{seed}", None, CLUSTER)


def test_same_seed_same_run() -> None:
    runs = [walk(REFERENCE, "7", None, CLUSTER) for _ in range(2)]
    assert [str(step) for step in runs[0].steps] == [str(step) for step in runs[1].steps]


@pytest.mark.parametrize("seed", range(100, 160))
def test_the_healthy_model_passes(seed: int) -> None:
    walk(REFERENCE, f"{seed}", None, CLUSTER)


def test_news_of_what_a_client_let_go_is_not_of_what_it_asks_for_now() -> None:
    world = world_after(
        "submit c0 a want a",
        "deliver c0->scheduler",
        "deliver scheduler->w0",
        "fail w0 a",
        "deliver w0->scheduler",
        "release c0 a",
        "submit c0 a#1[on=w1] want a",
        "dies w1",
    )
    world.finish()
    assert world.client_model.statuses["c0"] == {}
    assert not world.cluster.keys()
