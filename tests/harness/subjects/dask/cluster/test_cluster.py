"""Behaviour of Dask's cluster: calls of clients, messages, and events of workers."""

import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from examples.dask_clusters import Surroundings, config, graph

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, Envelope
from workerfuzz.harness.subjects.dask.cluster.cluster import DaskCluster, DaskClusterSystem
from workerfuzz.harness.subjects.dask.instrumentation import named
from workerfuzz.harness.subjects.protocol import SubjectRaised
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.worker import events as ev
from workerfuzz.statemachine.worker.task import TaskSpec

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason='needs distributed: pip install "workerfuzz[dask]"',
)

Start = Callable[..., Surroundings]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts clusters of workers w0, w1, ... and closes them."""
    started: list[DaskCluster] = []

    def make(workers: int = 2, **options: Any) -> Surroundings:
        started.append(DaskClusterSystem().cluster(config(**options)))
        return Surroundings(started[-1], *(f"w{number}" for number in range(workers)))

    yield make
    for cluster in started:
        cluster.close()


def test_a_graph_is_computed_and_the_client_is_told(start: Start) -> None:
    run = start()
    run.handle_request(graph("a b(a) c(a,b) want a c"))
    run.finish()
    assert run.last_told() == {"a": "finished", "c": "finished"}
    [holder] = run.cluster.holders("c")
    value = ("c", ("a",), ("b", ("a",)))
    assert run.cluster.worker(holder).data()["c"] == value
    assert run.cluster.state("c") == "memory"
    assert sorted(run.cluster.keys()) == ["a", "b", "c"]
    assert run.broken == []


def test_a_thread_finds_our_spec_and_its_inputs(start: Start) -> None:
    run = start(1)
    spec = TaskSpec(key="b", dependencies=("a",), run_spec="content")
    run.handle_request(client_requests.Submit(specs=(TaskSpec(key="a"), spec), wanted=("b",)))
    run.finish("a")
    [(_, found)] = run.threads
    assert found.spec == spec
    assert found.inputs == {"a": ("a",)}


def test_inputs_are_copied_from_a_peer(start: Start) -> None:
    run = start()
    run.handle_request(graph("a b want a b"))
    run.finish()
    assert {*run.cluster.holders("a"), *run.cluster.holders("b")} == {"w0", "w1"}
    run.handle_request(graph("c(a,b) want c"))
    run.finish()
    assert run.last_told()["c"] == "finished"
    assert any("GatherDep" in line for line in run.log)
    assert len(run.cluster.holders("a")) + len(run.cluster.holders("b")) == 3


def test_a_failure_is_told_with_its_reason_after_the_last_retry(start: Start) -> None:
    run = start()
    run.handle_request(graph("a b(a) want b", a=client_requests.Options(retries=1)))
    run.fail("a")
    assert run.told == []
    run.fail("a")
    assert run.told == [
        client_requests.ClientNotice(
            "b", client_requests.NoticeStatus.ERRED, "RuntimeError: no luck"
        )
    ]
    run.handle_request(client_requests.Retry(keys=("b",)))
    run.finish()
    assert run.last_told() == {"b": "finished"}
    assert run.broken == []


def test_what_is_cancelled_is_told_and_forgotten(start: Start) -> None:
    run = start()
    run.handle_request(graph("a b(a) want a b"))
    run.act()
    run.handle_request(client_requests.Cancel(keys=("a",)))
    assert run.last_told() == {"a": "cancelled", "b": "cancelled"}
    run.finish()
    assert run.cluster.keys() == []


def test_a_graph_on_lost_data_is_cancelled(start: Start) -> None:
    run = start()
    run.handle_request(graph("b(gone) want b"))
    assert run.last_told()["b"] == "cancelled"
    assert run.cluster.keys() == []


def test_what_a_dead_worker_had_is_computed_again(start: Start) -> None:
    run = start()
    run.handle_request(graph("a want a"))
    run.finish()
    [holder] = run.cluster.holders("a")
    run.remove_worker(holder)
    assert run.last_told() == {"a": "lost"}
    run.finish()
    assert run.last_told() == {"a": "finished"}
    assert run.cluster.holders("a") == [{"w0": "w1", "w1": "w0"}[holder]]
    assert run.broken == []


def test_a_task_that_kills_workers_fails_and_that_is_no_violation(start: Start) -> None:
    run = start(allowed_failures=0)
    run.handle_request(graph("a want a"))
    run.act()
    run.remove_worker(run.threads[0][0])
    assert run.last_told() == {"a": "erred"}
    assert "KilledWorker" in run.told[-1].reason
    assert run.broken == []


def test_scattered_values_are_used_and_may_be_lost(start: Start) -> None:
    run = start()
    run.handle_event("w0", ev.UpdateData(values={"s": 7}))
    run.handle_request(client_requests.Scattered(who_has={"s": ("w0",)}))
    run.handle_request(graph("a(s) want a"))
    run.finish()
    assert run.last_told() == {"s": "finished", "a": "finished"}
    assert run.cluster.worker("w0").data()["a"] == ("a", 7)
    run.remove_worker("w0")
    assert run.last_told()["s"] == "cancelled"
    assert run.broken == []


def test_a_task_is_stolen_if_its_worker_agrees(start: Start) -> None:
    run = start(2, saturation=float("inf"))
    run.handle_event("w1", ev.Pause())
    run.deliver_all()
    run.handle_request(graph("a b c d want a b c d"))
    run.act()
    assert run.cluster.stealable() == []
    run.handle_event("w1", ev.Unpause())
    run.deliver_all()
    key, thief = run.cluster.stealable()[-1]
    assert thief == "w1"
    run.see(run.cluster.steal(key, thief))
    assert (key, thief) not in run.cluster.stealable()
    run.finish()
    assert run.cluster.holders(key) == ["w1"]
    assert run.broken == []


def test_copies_are_made_and_dropped(start: Start) -> None:
    run = start(2)
    run.handle_request(graph("a want a"))
    run.finish()
    [(key, worker)] = run.cluster.replicable()
    assert run.cluster.droppable() == []
    run.see(run.cluster.replicate(key, worker))
    run.act()
    assert run.cluster.holders("a") == ["w0", "w1"]
    assert run.cluster.replicable() == []
    assert run.cluster.droppable() == [("a", "w0"), ("a", "w1")]
    run.see(run.cluster.drop("a", "w0"))
    run.act()
    assert run.cluster.holders("a") == ["w1"]
    assert run.cluster.worker("w0").data() == {}


def test_nothing_is_given_to_a_paused_worker(start: Start) -> None:
    run = start(1)
    run.handle_event("w0", ev.Pause())
    run.deliver_all()
    assert run.cluster.worker("w0").paused()
    run.handle_request(graph("a want a"))
    assert run.cluster.state("a") == "no-worker"
    assert list(run.cluster.without_worker()) == ["a"]
    run.handle_event("w0", ev.Unpause())
    run.finish()
    assert run.last_told() == {"a": "finished"}


@pytest.mark.parametrize("saturation", [1.1, float("inf")])
def test_saturation_decides_what_is_queued(start: Start, saturation: float) -> None:
    run = start(1, saturation=saturation)
    if not hasattr(run.cluster.scheduler, "WORKER_SATURATION"):
        pytest.skip("before 2022.9.1 nothing is queued")
    keys = " ".join(f"f-{number}" for number in range(6))
    run.handle_request(graph(f"{keys} want {keys}"))
    states = [run.cluster.state(key) for key in keys.split()]
    assert states.count("queued") == (0 if saturation > 2 else 4)
    run.finish()
    assert set(run.last_told().values()) == {"finished"}
    assert run.broken == []


@pytest.mark.parametrize(
    "options",
    [client_requests.Options(workers=("w7",)), client_requests.Options(resources={"gpu": 1.0})],
    ids=["worker", "resource"],
)
def test_a_task_waits_for_a_worker_that_is_not_there(
    start: Start, options: client_requests.Options
) -> None:
    run = start(2, resources={"cpu": 1.0})
    run.handle_request(graph("a want a", a=options))
    run.finish()
    assert run.cluster.state("a") == "no-worker"
    assert list(run.cluster.without_worker()) == ["a"]


def test_a_task_runs_where_it_may(start: Start) -> None:
    run = start(3)
    run.handle_request(graph("a want a", a=client_requests.Options(workers=("w2",))))
    run.handle_request(graph("b want b", b=client_requests.Options(workers=("w7",), loose=True)))
    run.finish()
    assert run.cluster.holders("a") == ["w2"]
    assert run.last_told() == {"a": "finished", "b": "finished"}


def test_the_user_decides_what_runs_first(start: Start) -> None:
    run = start(1, saturation=float("inf"))
    run.handle_request(graph("a b c want a b c", c=client_requests.Options(priority=5)))
    run.act()
    assert [thread.key for _, thread in run.threads] == ["c"]


def test_a_task_that_seceded_makes_room(start: Start) -> None:
    run = start(1)
    run.handle_request(graph("a b want a b"))
    run.act()
    [(_, thread)] = run.threads
    run.handle_event("w0", ev.Secede(key=thread.key, run_id=thread.run_id, compute_duration_s=0.5))
    run.act()
    assert len(run.threads) == 2
    run.finish()
    assert set(run.last_told().values()) == {"finished"}


def test_an_actor_stays_where_it_is_and_is_served(start: Start) -> None:
    run = start(2)
    run.handle_request(graph("@a b(a) want a b", b=client_requests.Options(workers=("w1",))))
    run.finish()
    assert run.last_told() == {"a": "finished", "b": "finished"}
    [home] = [name for name in ("w0", "w1") if "a" in run.cluster.worker(name).data()][:1]
    assert run.cluster.get_data(home, ["a"]) == {"a": ("a",)}
    assert named("a") in run.cluster.worker(home).machine.actors


def test_a_result_that_cannot_be_stored_is_a_failure(start: Start) -> None:
    run = start(1)
    run.handle_request(graph("a want a"))
    run.act()
    [(worker, thread)] = run.threads
    run.see(run.cluster.fail_to_store(worker, "a", thread.run_id), worker)
    run.act()
    assert run.told == [
        client_requests.ClientNotice(
            "a", client_requests.NoticeStatus.ERRED, "OSError: No space left on device"
        )
    ]


def test_nothing_is_left_when_all_was_let_go(start: Start) -> None:
    run = start(2, resources={"cpu": 1.0})
    run.handle_request(
        graph("a b(a) c(a) d(b,c) want c d", c=client_requests.Options(resources={"cpu": 1.0}))
    )
    run.act()
    left = [*run.cluster.residue()]
    assert any(line.startswith("scheduler: tasks: a b c d") for line in left)
    assert any(line.startswith("w0: executing: a") or "w1: executing: a" in line for line in left)
    run.finish()
    run.handle_request(client_requests.Release(keys=("c", "d")))
    run.act()
    assert [*run.cluster.residue()] == []


def test_transitions_are_seen_of_the_party_that_made_them(start: Start) -> None:
    run = start(1)
    run.handle_request(graph("a want a"))
    assert [
        (transition.participant, transition.start, transition.finish)
        for transition in run.cluster.transitions()
    ] == [
        (SCHEDULER, "released", "waiting"),
        (SCHEDULER, "waiting", "processing"),
    ]
    run.deliver_all()
    assert [tuple(transition) for transition in run.cluster.transitions()][-1] == (
        "w0",
        "a",
        "ready",
        "executing",
    )


def test_messages_are_told_in_words(start: Start) -> None:
    run = start(1)
    run.handle_request(graph("a want a"))
    [envelope] = run.mail[SCHEDULER, "w0"]
    assert run.cluster.message_texts(envelope) == ["compute-task a"]
    run.handle_event("w0", ev.Pause())
    [envelope] = run.mail["w0", SCHEDULER]
    assert run.cluster.message_texts(envelope) == ["worker-status-change status=paused"]


def test_parties_share_no_containers(start: Start) -> None:
    run = start(1, resources={"cpu": 1.0})
    run.handle_request(graph("a want a", a=client_requests.Options(resources={"cpu": 1.0})))
    [envelope] = run.mail[SCHEDULER, "w0"]
    [message] = envelope.messages
    assert isinstance(message, dict)
    task = next(iter(run.cluster.scheduler.tasks.values()))
    assert message["resource_restrictions"] == task.resource_restrictions
    assert message["resource_restrictions"] is not task.resource_restrictions


@pytest.mark.parametrize("receiver", ["w0", "client"])
def test_a_message_that_nobody_knows_is_our_fault(start: Start, receiver: str) -> None:
    run = start(1)
    envelope = Envelope(SCHEDULER, receiver, ({"op": "surprise"},))
    with pytest.raises(ValueError, match="unknown message 'surprise'"):
        run.cluster.notices(envelope) if receiver == "client" else run.cluster.deliver(envelope)


def test_what_dask_raises_is_told_apart(start: Start) -> None:
    run = start(1)
    with pytest.raises(SubjectRaised, match="KeyError in stimulus_retry") as caught:
        run.handle_request(client_requests.Retry(keys=("unknown",)))
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_task_that_cannot_begin_fails_and_is_a_violation(start: Start) -> None:
    """#6893: executing without its input."""
    run = start(1)
    run.handle_request(graph("a b(a) want b"))
    run.finish("a")
    run.cluster.worker("w0").machine.data.clear()
    _, outcome = run.cluster.begin("w0", "b")
    run.see(outcome, "w0")
    broken = "nothing_is_logged_as_error: a thread could not begin: KeyError"
    assert any(line.startswith(broken) for line in run.broken)


def test_without_validation_nothing_of_dasks_is_checked(start: Start) -> None:
    run = start(1, validate=False)
    run.handle_request(graph("a want a"))
    run.finish()
    run.cluster.scheduler.running.clear()
    assert [*run.cluster.check(SCHEDULER, thoroughly=True)] == []
    assert not run.cluster.scheduler.validate
