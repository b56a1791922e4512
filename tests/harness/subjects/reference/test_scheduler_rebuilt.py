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


def rebuild(it: Lively) -> None:
    """The scheduler is lost, with all mail; another one asks the workers, who connect anew."""
    it.mail.clear()
    it.told.clear()
    for process in it.cluster.processes.values():
        process.confirmations = Confirmations()
    it.cluster.scheduler = SchedulerState()
    workers = {name: process.worker.worker for name, process in it.cluster.processes.items()}
    it.handle_request(messages.Rebuild(workers=workers), client="")


def let_go_of_what_was_found(it: Lively) -> None:
    it.handle_request(client_requests.Release(keys=tuple(it.cluster.keys())), client=FINDER)


def test_what_runs_goes_on_and_is_not_started_again() -> None:
    it = Lively(2)
    graph = submit("a", "b", "c(a,b)", want="c")
    it.handle_request(graph)
    it.end("w0", "a")
    rebuild(it)
    assert it.states() == {"a": "memory", "b": "processing"}
    it.handle_request(graph)
    let_go_of_what_was_found(it)
    it.end("w1", "b")
    it.copy()
    it.end("w0", "c")
    assert it.told == {"c": "finished"}
    it.handle_request(client_requests.Release(keys=("c",)))
    assert list(it.cluster.residue()) == []


def test_a_result_that_the_lost_scheduler_never_heard_of_counts() -> None:
    it = Lively(1)
    it.handle_request(submit("a", want="a"))
    execute = it.running.pop(("w0", "a"))
    it.take(
        it.cluster.handle_event(
            "w0", events.ExecuteSuccess(key="a", run_id=execute.run_id, value=1)
        )
    )
    rebuild(it)
    it.handle_request(submit("a", want="a"))
    assert it.told == {"a": "finished"}


def test_a_task_that_left_its_slot_is_known_to_have() -> None:
    it = Lively(1)
    it.handle_request(submit("a", want="a"))
    it.take(
        it.cluster.handle_event("w0", events.Secede(key="a", run_id=it.running["w0", "a"].run_id))
    )
    rebuild(it)
    assert it.cluster.scheduler.tasks["a"].seceded


def test_a_failure_is_tried_again_because_nobody_remembers_it() -> None:
    it = Lively(1)
    it.handle_request(submit("a", want="a"))
    execute = it.running.pop(("w0", "a"))
    it.take(it.cluster.handle_event("w0", events.ExecuteFailure(key="a", run_id=execute.run_id)))
    rebuild(it)
    assert it.states() == {"a": "processing"}
    assert it.running["w0", "a"].run_id > execute.run_id


def test_what_no_client_submits_again_is_forgotten() -> None:
    it = Lively(1)
    it.handle_request(submit("a", "b(a)", want="b"))
    it.end("w0", "a")
    rebuild(it)
    let_go_of_what_was_found(it)
    it.end("w0", "b")
    assert list(it.cluster.residue()) == []


def test_a_value_of_unknown_content_gets_it_from_who_submits_it() -> None:
    it = Lively(2)
    on_w1 = {"b": client_requests.Options(workers=("w1",))}
    graph = client_requests.Submit(specs=(spec("a"), spec("b(a)")), wanted=("b",), options=on_w1)
    it.handle_request(graph)
    it.end("w0", "a")
    it.copy()
    it.take(it.cluster.remove_worker("w0"))
    rebuild(it)  # only the copy on w1 is left, and who was asked to compute a is gone
    assert it.cluster.scheduler.tasks["a"].spec is None
    it.handle_request(graph)
    assert it.cluster.scheduler.tasks["a"].spec == spec("a")


def test_what_an_earlier_worker_still_believes_is_taken_back() -> None:
    it = Lively(2)
    it.handle_request(submit("a", want="a"))
    it.take(it.cluster.handle_event("w0", events.Reschedule(key="a", run_id=1)))
    it.mail.clear()  # and w1 was asked since
    task = it.cluster.scheduler.tasks["a"]
    request = events.Request(run_id=9, priority=task.priority)
    it.take(it.cluster.handle_event("w1", events.ComputeTask(spec=spec("a"), request=request)))
    workers = {name: process.worker.worker for name, process in it.cluster.processes.items()}
    said = handle_message(SchedulerState(), "", messages.Rebuild(workers=workers))
    freed = [letter.receiver for letter in said if isinstance(letter.message, events.FreeKeys)]
    assert freed == ["w0"]
