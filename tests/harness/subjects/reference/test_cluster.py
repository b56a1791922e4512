"""Our scheduler over our workers: whole ways from a graph to its values, and back to nothing."""

import pytest
from examples.desk import spec
from examples.lively import Lively

from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, ClusterSubject, Envelope
from workerfuzz.harness.subjects.protocol import SubjectRaised
from workerfuzz.harness.subjects.reference.cluster import ReferenceCluster, ReferenceClusterSystem
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.scheduler import messages as letters
from workerfuzz.statemachine.scheduler.confirmations import Confirmations
from workerfuzz.statemachine.scheduler.handlers.decisions import spare_holders, takers, thieves
from workerfuzz.statemachine.scheduler.possible_decisions import PossibleDecisions
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig, draw_cluster
from workerfuzz.strategies.worker import parse

RELEASED = (
    "scatter c0 a@w0", "release c0 a", "deliver c0->scheduler", "deliver scheduler->w0",
)  # fmt: skip


def submit(*texts: str, want: str) -> client_requests.Submit:
    return client_requests.Submit(specs=tuple(map(spec, texts)), wanted=tuple(want.split()))


def test_a_graph_runs_on_two_workers_and_leaves_nothing() -> None:
    lively = Lively()
    lively.handle_request(submit("a", "b", "c(a,b)", want="c"))
    lively.end("w0", "a", 1)
    lively.end("w1", "b", 2)
    lively.copy()
    assert lively.running["w0", "c"].inputs == {"a": 1, "b": 2}
    lively.end("w0", "c", 3)
    assert lively.told == {"c": "finished"}
    assert lively.cluster.get_data("w0", ("c", "z")) == {"c": 3}
    lively.handle_request(client_requests.Release(keys=("c",)))
    assert list(lively.cluster.residue()) == []


def test_what_is_left_is_said() -> None:
    lively = Lively(1)
    lively.handle_request(submit("a", want="a"))
    assert list(lively.cluster.residue()) == [
        "a is processing on the scheduler",
        "a is in processing of w0 on the scheduler",
        "me wants a on the scheduler",
        "a is executing on w0",
    ]


def test_a_result_that_cannot_be_stored_is_a_failure() -> None:
    lively = Lively(1)
    lively.handle_request(submit("a", want="a"))
    execute, _ = lively.cluster.begin("w0", "a")
    assert execute is not None
    lively.take(lively.cluster.fail_to_store("w0", "a", execute.run_id))
    lively.deliver()
    assert lively.told == {"a": "erred"}


def test_a_thread_that_runs_when_its_task_is_wanted_again_serves_it() -> None:
    lively = Lively()
    lively.handle_request(submit("a", want="a"))
    lively.handle_request(client_requests.Release(keys=("a",)))
    assert lively.states() == {"a": "released"}  # w0 cannot confirm while its thread runs
    lively.handle_request(submit("a", want="a"))
    lively.end("w0", "a")  # started once: R28
    assert lively.told == {"a": "finished"}


def test_a_thread_of_former_content_ends_before_the_next_is_begun() -> None:
    lively = Lively(1)
    lively.handle_request(submit("a", want="a"))
    lively.handle_request(client_requests.Release(keys=("a",)))
    lively.handle_request(submit("a#1", want="a"))
    assert lively.states() == {"a": "waiting"}
    lively.end("w0", "a", "former")
    assert lively.running["w0", "a"].spec == spec("a#1")
    lively.end("w0", "a", "latter")
    assert lively.cluster.get_data("w0", ("a",)) == {"a": "latter"}


def test_a_thread_with_former_inputs_does_not_serve_who_has_others() -> None:
    lively = Lively(1)
    lively.handle_request(submit("a", "b(a)", want="b"))
    lively.end("w0", "a", "former a")
    lively.handle_request(client_requests.Release(keys=("b",)))
    lively.handle_request(submit("a#1", "b(a)", want="b"))
    lively.end("w0", "b", "former b")  # had its slot until now
    lively.end("w0", "a", "latter a")
    assert lively.running["w0", "b"].inputs == {"a": "latter a"}


def test_a_transfer_of_former_content_brings_nothing() -> None:
    lively = Lively(2)
    on_w1 = {"b": client_requests.Options(workers=("w1",))}
    graph, other = (spec("a"), spec("b(a)")), (spec("a#1"), spec("b(a)"))
    lively.handle_request(client_requests.Submit(specs=graph, wanted=("b",), options=on_w1))
    lively.end("w0", "a", "former")
    former = lively.open.pop(("w1", "w0"))
    lively.handle_request(client_requests.Release(keys=("b",)))
    lively.handle_request(client_requests.Submit(specs=other, wanted=("b",), options=on_w1))
    assert lively.states() == {"a": "waiting", "b": "waiting"}  # w1 is still copying
    values = dict.fromkeys(former.keys, "former")
    lively.take(
        lively.cluster.handle_event("w1", events.GatherDepSuccess(worker="w0", values=values))
    )
    lively.deliver()
    lively.end("w0", "a", "latter")
    lively.copy()
    assert lively.running["w1", "b"].inputs == {"a": "latter"}


def test_a_paused_worker_tells_the_scheduler() -> None:
    lively = Lively(1)
    lively.take(lively.cluster.handle_event("w0", events.Pause()))
    lively.deliver()
    lively.handle_request(submit("a", want="a"))
    assert lively.states() == {"a": "no-worker"}
    assert list(lively.cluster.without_worker()) == ["a"]
    lively.take(lively.cluster.handle_event("w0", events.Unpause()))
    lively.deliver()
    assert lively.states() == {"a": "processing"}


def test_a_task_for_a_worker_that_is_not_there_is_not_held_against_the_cluster() -> None:
    lively = Lively(1)
    options = {"a": client_requests.Options(workers=("w7",))}
    lively.handle_request(
        client_requests.Submit(specs=(spec("a"),), wanted=("a",), options=options)
    )
    assert list(lively.cluster.without_worker()) == ["a"]


def test_decisions_are_offered_and_taken() -> None:
    lively = Lively(2)
    lively.handle_request(submit("a", "b", "c", want="a b c"))
    assert list(lively.cluster.stealable()) == [("a", "w1"), ("b", "w0"), ("c", "w1")]
    lively.take(lively.cluster.steal("c", "w1"))
    lively.deliver()
    lively.end("w1", "b")
    lively.end("w1", "c")
    assert list(lively.cluster.replicable()) == [("b", "w0"), ("c", "w0")]
    lively.take(lively.cluster.replicate("c", "w0"))
    lively.deliver()
    lively.copy()
    assert list(lively.cluster.droppable()) == [("c", "w0"), ("c", "w1")]
    lively.take(lively.cluster.drop("c", "w1"))
    lively.deliver()
    assert list(lively.cluster.holders("c")) == ["w0"]


def test_what_the_subject_raises_is_told_from_what_the_harness_does() -> None:
    lively = Lively(1)
    with pytest.raises(SubjectRaised, match="InvalidEvent: w9 cannot steal a now"):
        lively.cluster.steal("a", "w9")
    with pytest.raises(SubjectRaised, match="InvalidEvent: a is not running"):
        lively.cluster.handle_event("w0", events.Secede(key="a", run_id=1))


def test_messages_are_said_in_a_few_words() -> None:
    cluster = Lively(1).cluster
    messages = (
        events.FreeKeys(keys=("a", "b")),
        events.RemoveWorker(worker="w1"),
        letters.Confirm(number=7, forgotten=("a",)),
        letters.Running(running=False),
        do.TaskFinished(key="a", run_id=3, nbytes=1),
        client_requests.ClientNotice("a", client_requests.NoticeStatus.LOST),
    )
    assert cluster.message_texts(Envelope(SCHEDULER, "w0", messages)) == [
        "free-keys a b",
        "remove-worker w1",
        "confirm a",
        "running no",
        "task-finished a",
        "told a lost",
    ]


def test_moves_name_the_party() -> None:
    lively = Lively(1)
    lively.cluster.handle_request("me", submit("a", want="a"))
    assert [tuple(move) for move in lively.cluster.transitions()] == [
        (SCHEDULER, "a", "released", "waiting"),
        (SCHEDULER, "a", "waiting", "processing"),
    ]


def test_the_maker_says_what_it_makes() -> None:
    maker = ReferenceClusterSystem()
    assert maker.name == "reference"
    assert maker.version()
    assert list(maker.cannot()) == ["begin"]
    cluster: ClusterSubject = maker.cluster(ClusterConfig())
    assert not cluster.begins_later
    cluster.close()


@pytest.mark.parametrize("seed", range(20))
def test_what_could_be_decided_is_up_to_date(seed: int) -> None:
    chooser = RandomChooser(f"decide {seed}")
    world = ClusterWorld(ReferenceClusterSystem(), draw_cluster(chooser))
    cluster = world.cluster
    assert isinstance(cluster, ReferenceCluster)
    offered = {
        thieves: cluster.stealable(), takers: cluster.replicable(), spare_holders: cluster.droppable()
    }  # fmt: skip
    for _ in range(80):
        world.apply(world.draw(chooser.pick(world.possible()), chooser))
        for workers, pairs in offered.items():
            found = [
                (key, worker)
                for key in cluster.scheduler.tasks
                for worker in workers(cluster.scheduler, key)
            ]
            assert list(pairs) == sorted(found)
            assert len(pairs) == len(found)
            assert bool(pairs) is bool(found)
            assert all(pair in pairs for pair in found)
            assert ("a", "w9") not in pairs


def test_everything_that_a_batch_was_about_is_checked() -> None:
    """A batch is delivered as a whole: what its first message breaks must show behind its last one."""
    lively = Lively(1)
    lively.handle_request(submit("a", "b", want="a b"))
    scheduler = lively.cluster.scheduler
    messages = (do.Reschedule(key="a", run_id=1), do.Reschedule(key="b", run_id=2))
    lively.cluster.deliver(Envelope("w0", SCHEDULER, messages))
    scheduler.tasks["a"].processing_on = None
    assert "processing_has_a_worker" in {
        item.name for item, _ in lively.cluster.check(SCHEDULER, thoroughly=False)
    }


@pytest.mark.parametrize("seed", range(20))
def test_random_runs_are_clean(seed: int) -> None:
    chooser = RandomChooser(seed)
    world = ClusterWorld(ReferenceClusterSystem(), draw_cluster(chooser))
    for _ in range(60):
        world.apply(world.draw(chooser.pick(world.possible()), chooser))
    world.finish()


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Confirmations, "ask"),
        (Confirmations, "heeded"),
        (Confirmations, "due"),
        (PossibleDecisions, "renew"),
    ],
)
def test_whatever_of_the_model_raises_is_a_violation(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    """And no failure of the harness."""

    def raises(*_: object) -> None:
        raise KeyError("g")

    world = ClusterWorld(get_cluster("reference"), ClusterRunConfig(ClusterConfig(workers=1)))
    monkeypatch.setattr(owner, name, raises)
    violation = violation_of(world, [parse(line, BY_WORD) for line in RELEASED])
    assert violation is not None
    assert violation.property == "no_handler_raises"
    assert "KeyError" in violation.counterexample
