"""The scheduler with graphs, clients and workers, one message at a time."""

import pytest
from examples.desk import Desk, spec

from workerfuzz.statemachine.scheduler import client_requests, machine, messages
from workerfuzz.statemachine.scheduler.client_requests import Options
from workerfuzz.statemachine.scheduler.machine import handle_message
from workerfuzz.statemachine.scheduler.outcome import SchedulerRecommendation
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import MEANING, SchedulerTaskState
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.errors import (
    InvalidEvent,
    InvalidTransition,
    TransitionsDoNotEnd,
)

# Graphs


def test_a_graph_is_computed_from_its_roots_and_the_client_is_told() -> None:
    desk = Desk(1)
    desk.submit("a", "b(a)", want="b")
    assert desk.states() == {"a": "processing@w0", "b": "waiting"}
    assert desk.finish("a") != []
    assert desk.messages("w0") == [
        events.ComputeTask(
            spec=spec("b(a)"),
            request=desk_request(desk, "b"),
            who_has={"a": ()},
            nbytes={"a": 1},
        )
    ]
    desk.finish("b")
    assert desk.told() == ["b finished"]
    assert desk.messages("w0") == [events.FreeKeys(keys=("a",))]
    assert desk.states() == {"a": "released", "b": "memory"}


def desk_request(desk: Desk, key: str) -> object:
    task = desk.task(key)
    return events.Request(run_id=task.run_id, priority=task.priority)


def test_what_nobody_wants_is_not_computed_and_goes() -> None:
    desk = Desk(1)
    desk.submit("a", "b", want="b")
    assert desk.states() == {"b": "processing@w0"}


def test_a_worker_is_told_who_holds_inputs_but_not_itself() -> None:
    desk = Desk(2)
    desk.submit("a", "b", "c(a,b)", want="c")
    desk.finish("a", "b")
    (compute,) = desk.messages("w0")
    assert isinstance(compute, events.ComputeTask)
    assert compute.who_has == {"a": (), "b": ("w1",)}


def test_two_clients_share_a_task_and_it_stays_until_both_let_go() -> None:
    desk = Desk(1)
    desk.submit("a", want="a", client="one")
    desk.submit("a", want="a", client="two")
    desk.finish("a")
    assert desk.told("one") == desk.told("two") == ["a finished"]
    desk.release("a", client="one")
    assert desk.states() == {"a": "memory"}
    desk.release("a", client="two")
    assert desk.messages("w0") == [events.ForgetKeys(keys=("a",))]
    assert desk.states() == {"a": "released"}
    desk.confirm("w0")
    assert desk.states() == {}


def test_who_comes_late_is_told_at_once() -> None:
    desk = Desk(1)
    desk.submit("a", "b", want="a b", client="one")
    desk.finish("a")
    desk.fail("b")
    desk.submit("a", "b", want="a b", client="two")
    assert desk.told("two") == ["a finished", "b erred"]


def test_a_graph_with_an_unknown_input_is_given_up() -> None:
    desk = Desk(1)
    desk.submit("b(a)", "c(b)", "d", want="b c d")
    assert desk.told() == ["b cancelled", "c cancelled"]
    assert desk.states() == {"d": "processing@w0"}


def test_content_in_use_stays_as_it_is() -> None:
    desk = Desk(1)
    desk.submit("a#1", "b(a)", want="b")
    desk.submit("a#2", want="a", client="other")
    assert desk.task("a").spec == spec("a#1")


# Assignment


def test_the_least_loaded_worker_is_asked_and_ties_go_by_name() -> None:
    desk = Desk(3)
    desk.submit("a", "b", "c", "d", want="a b c d")
    assert desk.computes() == {"a": "w0", "b": "w1", "c": "w2", "d": "w0"}


def test_a_holder_of_inputs_is_preferred() -> None:
    desk = Desk(2)
    desk.submit("a", "b", want="a b")
    desk.finish("a", "b")
    desk.submit("c(b)", want="c")
    assert desk.states()["c"] == "processing@w1"


def test_restrictions_hold_unless_they_are_loose() -> None:
    desk = Desk(2)
    only, rather = Options(workers=("w1", "w7")), Options(workers=("w7",), loose=True)
    desk.submit("a", "b", "c", want="a b c", a=only, b=only, c=rather)
    assert desk.states() == {"a": "processing@w1", "b": "processing@w1", "c": "processing@w0"}


def test_a_task_that_no_worker_may_do_waits_for_one_that_may() -> None:
    desk = Desk(1)
    desk.submit("a", want="a", a=Options(workers=("w7",)))
    assert desk.states() == {"a": "no-worker"}
    desk.say("w7", messages.Join(config=WorkerConfig()))
    assert desk.states() == {"a": "processing@w7"}


def test_resources_say_which_workers_are_possible() -> None:
    desk = Desk(1)
    desk.submit("a", want="a", a=Options(resources={"gpu": 1}))
    desk.say("big", messages.Join(config=WorkerConfig(resources={"gpu": 2})))
    assert desk.computes() == {"a": "big"}
    (compute,) = desk.messages("big")
    assert isinstance(compute, events.ComputeTask)
    assert compute.request.resources == {"gpu": 1}


def test_a_paused_worker_gets_nothing_new_and_keeps_what_it_has() -> None:
    desk = Desk(1)
    desk.submit("a", want="a")
    desk.say("w0", messages.Running(running=False))
    desk.submit("b", want="b")
    assert desk.states() == {"a": "processing@w0", "b": "no-worker"}
    desk.say("w0", messages.Running(running=True))
    assert desk.states() == {"a": "processing@w0", "b": "processing@w0"}


def test_the_priority_of_the_user_comes_first_then_the_order_of_submission() -> None:
    desk = Desk(1)
    desk.submit("a", "b", want="a b", b=Options(priority=1))
    desk.submit("c", want="c")
    a, b, c = (desk.task(key).priority for key in "abc")
    assert sorted([a, b, c]) == [b, a, c]


# The queue


def test_roots_beyond_saturation_are_queued_and_leave_by_priority() -> None:
    desk = Desk(1, saturation=1.1, worker=WorkerConfig(nthreads=2))
    keys = list("abcde")
    desk.submit(*keys, want=" ".join(keys), e=Options(priority=1))
    assert list(desk.states().values()) == ["processing@w0"] * 3 + ["queued"] * 2
    desk.finish("a")
    assert desk.states()["e"] == "processing@w0"
    assert desk.states()["d"] == "queued"


def test_tasks_with_inputs_or_restrictions_are_not_queued() -> None:
    desk = Desk(1, saturation=1.0)
    desk.submit("a", want="a")
    desk.finish("a")
    desk.submit("b(a)", "c(a)", "d", want="b c d", d=Options(workers=("w0",)))
    assert set(list(desk.states().values())[1:]) == {"processing@w0"}


def test_a_task_that_left_its_slot_makes_room() -> None:
    desk = Desk(1, saturation=1.0)
    desk.submit("a", "b", want="a b")
    assert desk.states() == {"a": "processing@w0", "b": "queued"}
    run_id = desk.task("a").run_id
    desk.say("w0", do.LongRunning(key="a", run_id=run_id, compute_duration_s=0.0))
    assert desk.states() == {"a": "processing@w0", "b": "processing@w0"}


def test_a_worker_that_joins_takes_from_the_queue() -> None:
    desk = Desk(1, saturation=1.0)
    desk.submit("a", "b", want="a b")
    desk.say("w1", messages.Join(config=WorkerConfig()))
    assert desk.computes() == {"b": "w1"}


# Failures


def test_a_failure_takes_what_waits_for_it_along_and_keeps_its_cause() -> None:
    desk = Desk(1)
    desk.submit("a", "b(a)", "c(b)", want="c")
    desk.fail("a")
    assert desk.states() == {"a": "erred", "b": "erred", "c": "erred"}
    assert desk.messages("me") == [
        client_requests.ClientNotice(
            "c", client_requests.NoticeStatus.ERRED, "boom", requests=(1, 0)
        )
    ]
    assert desk.task("c").failure is not None
    assert desk.task("c").failure.blamed == "a"


def test_a_task_is_retried_as_often_as_it_may() -> None:
    desk = Desk(1)
    desk.submit("a", want="a", a=Options(retries=1))
    desk.fail("a")
    assert desk.states() == {"a": "processing@w0"}
    assert [type(message) for message in desk.messages("w0")] == [
        events.FreeKeys,
        events.ComputeTask,
    ]
    desk.fail("a")
    assert desk.told() == ["a erred"]


def test_a_client_may_ask_for_another_try_of_all_that_failed_below() -> None:
    desk = Desk(1)
    desk.submit("a", "b(a)", want="b")
    desk.fail("a")
    desk.say("me", client_requests.Retry(keys=("b",)))
    assert desk.told() == ["b pending"]
    assert desk.states() == {"a": "processing@w0", "b": "waiting"}


def test_an_input_that_cannot_be_copied_is_tried_again_but_not_for_ever() -> None:
    desk = Desk(1)
    desk.submit("a", "b(a)", want="b")
    desk.finish("a")
    limit = desk.scheduler.config.allowed_input_failures
    for _ in range(limit):
        desk.fail("b", cause="a")
        assert desk.states() == {"a": "memory", "b": "processing@w0"}
    desk.fail("b", cause="a")
    assert desk.told() == ["b erred"]
    assert desk.task("b").failure is not None
    assert desk.task("b").failure.blamed == "a"


def test_a_copy_that_failed_leads_to_nothing_by_itself() -> None:
    desk = Desk(2)
    desk.submit("a", want="a")
    desk.finish("a")
    desk.say("w1", do.TaskErred(key="a", run_id=None, exception="could not be copied"))
    assert desk.sent == []


def test_a_task_that_asks_to_be_run_elsewhere_is_assigned_anew() -> None:
    desk = Desk(1)
    desk.submit("a", want="a")
    former = desk.task("a").run_id
    desk.say("w0", do.Reschedule(key="a", run_id=former))
    assert [type(message) for message in desk.messages("w0")] == [
        events.FreeKeys,
        events.ComputeTask,
    ]
    assert desk.task("a").run_id > former


# Letting go


def test_cancelling_gives_up_what_depends_on_it() -> None:
    desk = Desk(1)
    desk.submit("a", "b(a)", want="a b")
    desk.say("me", client_requests.Cancel(keys=("a",)))
    assert desk.told() == ["a cancelled", "b cancelled"]
    desk.confirm()
    assert desk.states() == {}


@pytest.mark.parametrize("force", [False, True])
def test_cancelling_leaves_other_clients_alone_unless_forced(force: bool) -> None:
    desk = Desk(1)
    desk.submit("a", want="a")
    desk.submit("b(a)", want="b", client="other")
    desk.say("me", client_requests.Cancel(keys=("a",), force=force))
    assert desk.told("other") == (["b cancelled"] if force else [])
    assert ("b" in desk.scheduler.tasks) is not force


def test_a_chain_is_forgotten_from_its_end() -> None:
    desk = Desk(1)
    desk.submit("a", "b(a)", "c(b)", want="c")
    desk.finish("a", "b", "c")
    desk.confirm()
    desk.release("c")
    assert desk.messages("w0") == [
        events.ForgetKeys(keys=("c",)),
        events.ForgetKeys(keys=("b",)),
        events.ForgetKeys(keys=("a",)),
    ]
    desk.confirm()
    assert desk.states() == {}


def test_a_task_that_was_never_begun_is_forgotten_at_once() -> None:
    desk = Desk(0)
    desk.submit("a", want="a")
    desk.release("a")
    assert desk.states() == {}


# Data that clients bring


def test_scattered_data_is_there_for_whoever_depends_on_it() -> None:
    desk = Desk(2)
    desk.say("me", client_requests.Scattered(who_has={"x": ("w1",)}))
    desk.submit("b(x)", want="b")
    assert desk.computes() == {"b": "w1"}
    desk.release("x")
    desk.finish("b")
    assert desk.states() == {"b": "memory", "x": "memory"}  # b may have to be made again
    desk.release("b")
    desk.confirm()
    assert desk.states() == {}


def test_lost_data_is_given_up_with_what_waits_for_it() -> None:
    desk = Desk(2)
    desk.say("me", client_requests.Scattered(who_has={"x": ("w0",)}))
    desk.submit("b(x)", "c(b)", "d", want="b c d")
    desk.say("w0", messages.Lose())
    assert sorted(desk.told()) == ["b cancelled", "c cancelled", "x cancelled"]
    assert desk.states() == {"d": "processing@w1"}


def test_what_was_made_of_lost_data_stays_until_it_is_lost_itself() -> None:
    desk = Desk(2)
    desk.say("me", client_requests.Scattered(who_has={"x": ("w0",)}))
    desk.submit("b(x)", want="b", b=Options(workers=("w1",)))
    desk.finish("b")
    desk.say("w0", messages.Lose())
    assert desk.states() == {"b": "memory", "x": "released"}
    desk.submit("c(x)", want="c")
    assert desk.told() == ["c cancelled"]
    desk.say("w1", messages.Lose())
    assert desk.told() == ["b lost", "b cancelled"]
    assert desk.states() == {}


def test_data_scattered_to_a_worker_that_is_gone_is_lost() -> None:
    desk = Desk(1)
    desk.say("me", client_requests.Scattered(who_has={"x": ("w7",)}))
    assert desk.told() == ["x cancelled"]
    assert desk.states() == {}


def test_a_key_that_nobody_spoke_of_yet_is_left_alone() -> None:
    desk = Desk(1)
    assert desk.say("w0", do.AddKeys(keys=("x",))) == []  # its client will say so


# The scheduler itself


def test_a_scheduler_refuses_what_it_does_not_know() -> None:
    with pytest.raises(InvalidEvent, match="a scheduler does not know what str is"):
        handle_message(SchedulerState(), "me", "hello")


def test_a_transition_without_a_row_is_an_error() -> None:
    desk = Desk(1)
    desk.submit("a", want="a")
    desk.finish("a")
    with pytest.raises(InvalidTransition, match="a cannot go from memory to queued"):
        machine.transition(
            desk.scheduler, desk.task("a"), SchedulerRecommendation(SchedulerTaskState.QUEUED)
        )


def test_transitions_that_do_not_end_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "TRANSITIONS_PER_TASK", 0)
    with pytest.raises(TransitionsDoNotEnd, match="Submit: still going to waiting with a"):
        Desk(1).submit("a", want="a")


def test_every_state_has_a_meaning() -> None:
    assert set(MEANING) == set(SchedulerTaskState)


def test_the_story_of_a_key_names_what_led_to_it() -> None:
    desk = Desk(1)
    desk.submit("a", want="a")
    desk.finish("a")
    assert [(line.message, str(line.finish)) for line in desk.scheduler.story("a")] == [
        ("Submit", "waiting"),
        ("Submit", "processing"),
        ("TaskFinished", "memory"),
    ]
    assert desk.scheduler.story("z") == ()
