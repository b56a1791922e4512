"""R21: a scheduler that was lost is rebuilt from what workers report, and goes on with them."""

from examples.desk import spec
from examples.lively import Lively

from workerfuzz.statemachine.scheduler import client_requests, messages
from workerfuzz.statemachine.scheduler.confirmations import Confirmations
from workerfuzz.statemachine.scheduler.machine import handle_message
from workerfuzz.statemachine.scheduler.scheduler_state import FINDER, SchedulerState
from workerfuzz.statemachine.worker import events


def submit(*texts: str, want: str) -> client_requests.Submit:
    return client_requests.Submit(specs=tuple(map(spec, texts)), wanted=tuple(want.split()))


def rebuild(lively: Lively) -> None:
    """The scheduler is lost, with all mail; another one asks the workers, who connect anew."""
    lively.mail.clear()
    lively.told.clear()
    for process in lively.cluster.processes.values():
        process.confirmations = Confirmations()
    lively.cluster.scheduler = SchedulerState()
    workers = {name: process.worker.worker for name, process in lively.cluster.processes.items()}
    lively.handle_request(messages.Rebuild(workers=workers), client="")


def let_go_of_what_was_found(lively: Lively) -> None:
    lively.handle_request(client_requests.Release(keys=tuple(lively.cluster.keys())), client=FINDER)


def test_what_runs_goes_on_and_is_not_started_again() -> None:
    lively = Lively(2)
    graph = submit("a", "b", "c(a,b)", want="c")
    lively.handle_request(graph)
    lively.end("w0", "a")
    rebuild(lively)
    assert lively.states() == {"a": "memory", "b": "processing"}
    lively.handle_request(graph)
    let_go_of_what_was_found(lively)
    lively.end("w1", "b")
    lively.copy()
    lively.end("w0", "c")
    assert lively.told == {"c": "finished"}
    lively.handle_request(client_requests.Release(keys=("c",)))
    assert list(lively.cluster.residue()) == []


def test_a_result_that_the_lost_scheduler_never_heard_of_counts() -> None:
    lively = Lively(1)
    lively.handle_request(submit("a", want="a"))
    execute = lively.running.pop(("w0", "a"))
    lively.take(
        lively.cluster.handle_event(
            "w0", events.ExecuteSuccess(key="a", run_id=execute.run_id, value=1)
        )
    )
    rebuild(lively)
    lively.handle_request(submit("a", want="a"))
    assert lively.told == {"a": "finished"}


def test_a_task_that_left_its_slot_is_known_to_have() -> None:
    lively = Lively(1)
    lively.handle_request(submit("a", want="a"))
    lively.take(
        lively.cluster.handle_event(
            "w0", events.Secede(key="a", run_id=lively.running["w0", "a"].run_id)
        )
    )
    rebuild(lively)
    assert lively.cluster.scheduler.tasks["a"].seceded


def test_a_failure_is_tried_again_because_nobody_remembers_it() -> None:
    lively = Lively(1)
    lively.handle_request(submit("a", want="a"))
    execute = lively.running.pop(("w0", "a"))
    lively.take(
        lively.cluster.handle_event("w0", events.ExecuteFailure(key="a", run_id=execute.run_id))
    )
    rebuild(lively)
    assert lively.states() == {"a": "processing"}
    assert lively.running["w0", "a"].run_id > execute.run_id


def test_what_no_client_submits_again_is_forgotten() -> None:
    lively = Lively(1)
    lively.handle_request(submit("a", "b(a)", want="b"))
    lively.end("w0", "a")
    rebuild(lively)
    let_go_of_what_was_found(lively)
    lively.end("w0", "b")
    assert list(lively.cluster.residue()) == []


def test_a_value_of_unknown_content_gets_it_from_who_submits_it() -> None:
    lively = Lively(2)
    on_w1 = {"b": client_requests.Options(workers=("w1",))}
    graph = client_requests.Submit(specs=(spec("a"), spec("b(a)")), wanted=("b",), options=on_w1)
    lively.handle_request(graph)
    lively.end("w0", "a")
    lively.copy()
    lively.take(lively.cluster.remove_worker("w0"))
    rebuild(lively)  # only the copy on w1 is left, and who was asked to compute a is gone
    assert lively.cluster.scheduler.tasks["a"].spec is None
    lively.handle_request(graph)
    assert lively.cluster.scheduler.tasks["a"].spec == spec("a")


def test_what_an_earlier_worker_still_believes_is_taken_back() -> None:
    lively = Lively(2)
    lively.handle_request(submit("a", want="a"))
    lively.take(lively.cluster.handle_event("w0", events.Reschedule(key="a", run_id=1)))
    lively.mail.clear()  # and w1 was asked since
    task = lively.cluster.scheduler.tasks["a"]
    request = events.Request(run_id=9, priority=task.priority)
    lively.take(
        lively.cluster.handle_event("w1", events.ComputeTask(spec=spec("a"), request=request))
    )
    workers = {name: process.worker.worker for name, process in lively.cluster.processes.items()}
    answers = handle_message(SchedulerState(), "", messages.Rebuild(workers=workers))
    freed = [letter.receiver for letter in answers if isinstance(letter.message, events.FreeKeys)]
    assert freed == ["w0"]
