"""Messages that cross each other between a scheduler and its workers do no harm."""

import pytest
from examples.desk import Desk, spec

from workerfuzz.statemachine.scheduler import client_requests, messages
from workerfuzz.statemachine.scheduler.client_requests import Options
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.errors import InvalidEvent

# Stealing


def steal(desk: Desk, key: str, thief: str, state: str | None) -> None:
    """A worker is asked to give a task away, and answers."""
    victim = desk.task(key).processing_on
    assert victim is not None
    (request,) = [
        envelope.message for envelope in desk.say("", messages.Steal(key=key, thief=thief))
    ]
    assert isinstance(request, events.StealRequest)
    answer = do.StealResponse(key=key, state=state, stimulus_id=request.stimulus_id)
    desk.say(victim, answer)


@pytest.mark.parametrize("state", ["waiting", "ready", "constrained"])
def test_a_granted_steal_moves_the_task_to_the_thief(state: str) -> None:
    desk = Desk(3)
    desk.submit("a", want="a")
    steal(desk, "a", "w2", state)
    assert desk.computes() == {"a": "w2"}


@pytest.mark.parametrize("state", [None, "executing", "memory", "released", "resumed"])
def test_a_refused_steal_leaves_the_task_where_it_is(state: str | None) -> None:
    desk = Desk(2)
    desk.submit("a", want="a")
    steal(desk, "a", "w1", state)
    assert desk.states() == {"a": "processing@w0"}
    assert desk.task("a").theft is None


def test_an_answer_to_an_earlier_steal_does_not_count() -> None:
    desk = Desk(2)
    desk.submit("a", want="a")
    (request,) = [
        envelope.message for envelope in desk.say("", messages.Steal(key="a", thief="w1"))
    ]
    assert isinstance(request, events.StealRequest)
    desk.say("w0", do.Reschedule(key="a", run_id=desk.task("a").run_id))
    assert desk.states() == {"a": "processing@w0"}
    desk.say("", messages.Steal(key="a", thief="w1"))
    desk.say("w0", do.StealResponse(key="a", state="ready", stimulus_id=request.stimulus_id))
    assert desk.states() == {"a": "processing@w0"}


def test_a_thief_that_died_meanwhile_gets_nothing() -> None:
    desk = Desk(3)
    desk.submit("a", want="a")
    (request,) = [
        envelope.message for envelope in desk.say("", messages.Steal(key="a", thief="w1"))
    ]
    assert isinstance(request, events.StealRequest)
    desk.say("w1", messages.Lose())
    desk.say("w0", do.StealResponse(key="a", state="ready", stimulus_id=request.stimulus_id))
    assert desk.states()["a"] in ("processing@w0", "processing@w2")


def test_nobody_steals_what_is_not_there_to_be_stolen() -> None:
    desk = Desk(2)
    with pytest.raises(InvalidEvent, match="w1 cannot steal a now"):
        desk.say("", messages.Steal(key="a", thief="w1"))


# Runs


def test_a_result_of_an_earlier_run_does_not_count() -> None:
    desk = Desk(1)
    desk.submit("a", want="a")
    former = desk.task("a").run_id
    desk.say("w0", do.Reschedule(key="a", run_id=former))
    desk.say("w0", do.TaskFinished(key="a", run_id=former, nbytes=1))
    desk.say("w0", do.TaskErred(key="a", run_id=former, exception="late"))
    desk.say("w0", do.LongRunning(key="a", run_id=former, compute_duration_s=0.0))
    assert desk.states() == {"a": "processing@w0"}
    assert not desk.task("a").seceded


def test_a_result_counts_under_the_run_it_was_last_asked_for() -> None:
    desk = Desk(1)
    desk.submit("a", want="a")
    desk.release("a")
    desk.submit("a", want="a")  # the thread may still run, of the same content: R28
    assert desk.states() == {"a": "processing@w0"}
    desk.confirm("w0")
    desk.finish("a")
    assert desk.told() == ["a finished"]


def test_a_value_found_elsewhere_ends_the_run() -> None:
    desk = Desk(2)
    desk.submit("a", want="a")
    desk.say("w1", do.AddKeys(keys=("a",)))
    assert desk.states() == {"a": "memory"}
    assert desk.messages("w0") == [events.FreeKeys(keys=("a",))]


def test_a_value_that_nobody_needs_is_freed() -> None:
    desk = Desk(2)
    desk.submit("a", "b(a)", want="b")
    desk.finish("a", "b")
    assert desk.states() == {"a": "released", "b": "memory"}
    desk.say("w1", do.AddKeys(keys=("a",)))
    assert desk.messages("w1") == [events.FreeKeys(keys=("a",))]
    assert desk.states() == {"a": "released", "b": "memory"}


def test_a_run_that_an_input_went_from_under_begins_again() -> None:
    desk = Desk(2)
    desk.submit("a", "b(a)", want="b", a=Options(workers=("w1",), loose=True))
    desk.finish("a")
    desk.submit("c", "d", "e", want="c d e")
    desk.say("w1", messages.Lose())
    assert desk.states()["a"] == "processing@w0"
    assert desk.states()["b"] == "waiting"


# What a worker says before it has heard


def test_what_a_worker_says_before_it_has_confirmed_is_of_the_past() -> None:
    desk = Desk(1)
    desk.submit("a", "b(a)", want="b")
    desk.finish("a", "b")
    desk.submit("a", want="a")
    desk.say("w0", do.AddKeys(keys=("a",)))  # crossed FreeKeys
    assert desk.states() == {"a": "processing@w0", "b": "memory"}
    desk.confirm("w0")
    desk.say("w0", do.AddKeys(keys=("a",)))
    assert desk.states() == {"a": "memory", "b": "memory"}


def test_other_content_waits_until_the_former_is_gone_everywhere() -> None:
    desk = Desk(2)
    desk.submit("a", want="a")
    desk.finish("a")
    desk.say("", messages.Replicate(key="a", worker="w1"))
    desk.release("a")
    desk.submit("a#1", want="a")
    assert desk.states() == {"a": "waiting"}
    desk.confirm("w0")
    assert desk.states() == {"a": "waiting"}
    desk.confirm("w1")
    assert desk.computes() == {"a": "w0"}
    assert desk.task("a").spec == spec("a#1")


def test_a_task_whose_input_has_other_content_is_another_one_itself() -> None:
    desk = Desk(1)
    desk.submit("a", "b(a)", want="b")
    desk.finish("a")
    desk.release("b")
    desk.submit("a#1", "b(a)", want="b")
    assert desk.task("b").renewed
    desk.confirm()
    assert not desk.task("b").renewed


def test_a_worker_that_dies_has_nothing_to_confirm() -> None:
    desk = Desk(2)
    desk.submit("a", want="a")
    desk.release("a")
    desk.submit("a#1", want="a")
    desk.say("w0", messages.Lose())
    assert desk.states() == {"a": "processing@w1"}


# Replicas


def test_a_copy_is_asked_for_and_dropped() -> None:
    desk = Desk(2)
    desk.submit("a", want="a")
    desk.finish("a")
    desk.say("", messages.Replicate(key="a", worker="w1"))
    assert desk.messages("w1") == [events.AcquireReplicas(who_has={"a": ("w0",)}, nbytes={"a": 1})]
    desk.say("w1", do.AddKeys(keys=("a",)))
    desk.say("", messages.Drop(key="a", worker="w0"))
    assert desk.messages("w0") == [events.RemoveReplicas(keys=("a",))]
    assert list(desk.task("a").who_has) == ["w1"]


def test_the_last_copy_is_never_dropped_whatever_crosses() -> None:
    desk = Desk(2)
    desk.say("me", client_requests.Scattered(who_has={"x": ("w0", "w1")}))
    desk.say("", messages.Drop(key="x", worker="w0"))
    desk.say("w0", do.AddKeys(keys=("x",)))  # of its scattering
    with pytest.raises(InvalidEvent, match="w1 cannot drop x now"):
        desk.say("", messages.Drop(key="x", worker="w1"))


def test_a_worker_that_refuses_to_drop_is_a_holder_again() -> None:
    desk = Desk(2)
    desk.say("me", client_requests.Scattered(who_has={"x": ("w0", "w1")}))
    desk.say("", messages.Drop(key="x", worker="w0"))
    desk.confirm("w0")
    desk.say("w0", do.AddKeys(keys=("x",)))
    assert sorted(desk.task("x").who_has) == ["w0", "w1"]


def test_a_value_whose_last_copy_went_is_made_again() -> None:
    desk = Desk(1)
    desk.submit("a", want="a")
    desk.finish("a")
    desk.say("w0", do.ReleaseWorkerData(key="a"))
    assert desk.told() == ["a lost"]
    assert desk.states() == {"a": "processing@w0"}


# Who has what


def test_a_worker_is_told_who_holds_what_it_misses() -> None:
    desk = Desk(3)
    desk.submit("a", want="a")
    desk.finish("a")
    desk.say("w2", do.RequestRefreshWhoHas(keys=("a",)))
    assert desk.messages("w2") == [events.RefreshWhoHas(who_has={"a": ("w0",)})]


def test_a_worker_need_not_look_for_what_is_unknown_or_held_by_nobody() -> None:
    desk = Desk(2)
    desk.submit("a", want="a")
    desk.say("w1", do.RequestRefreshWhoHas(keys=("a", "z")))
    assert desk.messages("w1") == [
        events.RefreshWhoHas(who_has={"a": (), "z": ()}),
        events.ForgetKeys(keys=("z",)),
        events.FreeKeys(keys=("a",)),
    ]
    desk.say("w1", do.RequestRefreshWhoHas(keys=("a",)))
    assert desk.messages("w1") == [events.RefreshWhoHas(who_has={"a": ()})]  # told already


# Deaths


def test_the_others_hear_of_a_death_and_tasks_are_assigned_anew() -> None:
    desk = Desk(3)
    desk.submit("a", want="a")
    desk.say("w0", messages.Lose())
    assert desk.messages("w2") == [events.RemoveWorker(worker="w0")]
    assert desk.computes() == {"a": "w1"}
    assert desk.task("a").suspicion == 1


def test_a_task_that_kills_too_many_workers_fails() -> None:
    desk = Desk(2, allowed_failures=1)
    desk.submit("a", want="a")
    desk.say("w0", messages.Lose())
    desk.say("w1", messages.Lose())
    assert desk.messages("me") == [
        client_requests.ClientNotice(
            "a",
            client_requests.NoticeStatus.ERRED,
            "2 workers died while they had it",
            requests=(1, 0),
        )
    ]


def test_values_of_a_dead_worker_are_made_again_where_they_are_needed() -> None:
    desk = Desk(2)
    desk.submit("a", "b(a)", "c(b)", want="c")
    desk.finish("a", "b")
    assert desk.states() == {"a": "released", "b": "memory", "c": "processing@w0"}
    desk.say("w0", messages.Lose())
    assert desk.states() == {"a": "processing@w1", "b": "waiting", "c": "waiting"}


def test_the_last_words_of_a_dead_worker_are_not_heard() -> None:
    desk = Desk(2)
    desk.submit("a", want="a")
    run_id = desk.task("a").run_id
    desk.say("w0", messages.Lose())
    assert desk.say("w0", do.TaskFinished(key="a", run_id=run_id, nbytes=1)) == []


def test_an_actor_dies_with_its_worker() -> None:
    desk = Desk(2)
    actor = spec("a")
    request = client_requests.Submit(
        specs=(type(actor)(key="a", run_spec=0, actor=True), spec("b(a)")), wanted=("a", "b")
    )
    desk.say("me", request)
    desk.finish("a")
    desk.say("w1", do.AddKeys(keys=("a",)))  # what is copied is no actor
    desk.say("w0", messages.Lose())
    assert sorted(desk.told()) == ["a erred", "b erred"]
    assert desk.messages("w1")[-1] == events.FreeKeys(keys=("a",))


# Requests that overtake others


def test_a_release_that_a_scatter_has_overtaken_releases_nothing() -> None:
    desk = Desk(1)
    desk.say("me", client_requests.Scattered(who_has={"x": ("w0",)}))
    desk.say("me", client_requests.Scattered(who_has={"x": ("w0",)}, streamed=1))
    desk.say("me", client_requests.Release(keys=("x",)))
    assert desk.states() == {"x": "memory"}
    desk.say("me", client_requests.Release(keys=("x",)))
    desk.confirm()
    assert desk.states() == {}


def test_what_a_worker_said_of_a_former_value_is_outdated() -> None:
    desk = Desk(2)
    desk.say("me", client_requests.Scattered(who_has={"x": ("w0",)}))
    desk.say("w0", do.ReleaseWorkerData(key="x"))
    assert list(desk.task("x").who_has) == ["w0"]
    desk.confirm("w0")
    desk.say("w0", do.ReleaseWorkerData(key="x"))
    assert desk.told() == ["x cancelled"]


def test_a_copy_by_request_counts_until_its_worker_is_told_to_let_go() -> None:
    desk = Desk(2)
    desk.submit("a", want="a")
    desk.finish("a")
    desk.say("", messages.GatherOnWorker(key="a", worker="w1"))
    with pytest.raises(InvalidEvent, match="w1 cannot copy a now"):
        desk.say("", messages.GatherOnWorker(key="a", worker="w1"))
    desk.release("a")
    desk.say("", messages.Gathered(key="a", worker="w1"))
    desk.confirm()
    assert desk.states() == {}
