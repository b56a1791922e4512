"""The schedule: properties that are due after an event, and for a record."""

from examples.events_of import compute

from workerfuzz.statemachine.properties import any_worker, utilization
from workerfuzz.statemachine.properties.any_worker import AFTER_EVENT
from workerfuzz.statemachine.properties.property import AnyProperty, properties_in
from workerfuzz.statemachine.properties.schedule import DUE_AFTER, due_in_any_worker, judged
from workerfuzz.statemachine.properties.utilization import UTILIZATION
from workerfuzz.statemachine.properties.worker import (
    after_dispatch,
    after_execution,
    after_scheduler_message,
    after_transfer,
    after_transition,
    history,
    records,
    relations,
    reporting,
    totals,
)
from workerfuzz.statemachine.properties.worker.after_dispatch import STARTED
from workerfuzz.statemachine.properties.worker.after_execution import ENDED
from workerfuzz.statemachine.properties.worker.after_scheduler_message import ASKED
from workerfuzz.statemachine.properties.worker.after_transfer import COPIED
from workerfuzz.statemachine.properties.worker.after_transition import MOVED
from workerfuzz.statemachine.properties.worker.history import PROGRESS
from workerfuzz.statemachine.properties.worker.record_features import RecordFeatures
from workerfuzz.statemachine.properties.worker.records import INVARIANTS
from workerfuzz.statemachine.properties.worker.relations import CAN_BREAK
from workerfuzz.statemachine.properties.worker.reporting import MESSAGES
from workerfuzz.statemachine.properties.worker.totals import COUNTS, TOTALS
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.states import Intent, State
from workerfuzz.statemachine.worker.worker_state import WorkerState


def names(properties: tuple[AnyProperty, ...]) -> set[str]:
    return {item.name for item in properties}


def shape(worker: WorkerState, key: str) -> RecordFeatures:
    return RecordFeatures.of(worker, worker.tasks[key])


def test_an_event_is_judged_by_what_is_about_it() -> None:
    due = names(DUE_AFTER[events.UpdateData])
    assert "scattered_value_is_kept" in due
    assert "request_is_written_down" not in due
    assert "suspects_travel_alone" in names(DUE_AFTER[do.GatherDep])


def test_every_property_of_what_happened_is_due_after_something() -> None:
    due = {item for some in DUE_AFTER.values() for item in some}
    assert due == {*ASKED, *COPIED, *ENDED, *STARTED, *MOVED}


def test_every_property_between_records_is_due_for_some() -> None:
    assert list(CAN_BREAK) == list(properties_in(vars(relations)))


def test_a_healthy_record_breaks_nothing_and_may_break_what_it_has_to_do_with() -> None:
    worker = WorkerState()
    handle_stimulus(worker, compute("x", 1), compute("y", 2, v=""))
    assert judged(shape(worker, "x")) == ((), ())
    broken, about_others = judged(shape(worker, "y"))
    assert broken == ()
    assert names(about_others) == {
        "needs_are_known", "waits_for_something", "dependencies_are_cared_for",
    }  # fmt: skip


def test_a_broken_record_breaks_what_says_so() -> None:
    worker = WorkerState()
    handle_stimulus(worker, compute("x", 1))
    healthy = shape(worker, "x")
    broken, _ = judged(healthy._replace(intent=Intent.FETCH, executing=False))
    assert names(broken) == {"role_fits_state", "state_fits_intent", "slots_are_taken_by_threads"}
    broken, _ = judged(healthy._replace(stored=1, ended=State.READY))
    assert names(broken) == {"memory_has_a_value", "story_is_contiguous"}


def test_every_property_of_the_models_and_of_any_worker_is_scheduled() -> None:
    """Nothing is written that nobody checks."""
    scheduled: set[str] = {item.name for item in (*AFTER_EVENT, *UTILIZATION)}
    for group in (DUE_AFTER.values(), (INVARIANTS, CAN_BREAK, MESSAGES, PROGRESS, TOTALS, COUNTS)):
        scheduled |= {item.name for some in group for item in some}
    modules = (
        after_dispatch, after_execution, after_scheduler_message, after_transfer, after_transition,
        any_worker, history, records, relations, reporting, totals, utilization,
    )  # fmt: skip
    written = {
        item.name
        for module in modules
        for item in properties_in(vars(module))
        if item.kind == "always"
    }
    assert written == scheduled


def test_those_that_a_subject_does_not_promise_are_not_due() -> None:
    due = due_in_any_worker(frozenset({"sizes_are_those_told"}), events.Unpause, do.GatherDep)
    assert any_worker.sizes_are_those_told not in due.after_event
    assert any_worker.one_action_per_key in due.after_event
    assert utilization.no_thread_is_idle in due.utilization


def test_those_that_nothing_can_break_are_not_due() -> None:
    due = due_in_any_worker(frozenset(), events.Pause).after_event
    assert any_worker.stores_what_is_in_memory in due
    assert any_worker.one_action_per_key not in due
    assert utilization.no_thread_is_idle in due_in_any_worker(frozenset(), State.READY).utilization
    due = due_in_any_worker(frozenset(), events.Unpause, do.Execute).after_event
    assert any_worker.one_action_per_key in due
