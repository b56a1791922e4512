"""A property that raises met a state that cannot be: that is a violation, with the property's name."""

from collections.abc import Collection

import pytest

from workerfuzz.harness.cases.triage.signature import signature
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.properties.any_worker import RestObservation
from workerfuzz.statemachine.properties.property import (
    CHECKS,
    always,
    at_rest,
    state_can_be_read,
)
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.worker_state import WorkerState
from workerfuzz.strategies.worker import parse


@always("It reads what is not there.")
def reads_a_missing_record(observation: dict[str, int]) -> list[str]:
    return [str(observation["x"])]


@at_rest("It reads what is not there.")
def reads_a_missing_value(rest: RestObservation) -> list[str]:
    return [str(rest.view.data()["x"])]


class ForgetfulWorker(ReferenceWorker):
    """Loses its table of transfers, or the sum of their sizes, behind everybody's back."""

    def touched(self) -> Collection[str]:
        if isinstance(self._event, events.Pause):
            del self.worker.transfers
        if isinstance(self._event, events.RemoveReplicas):
            del self.worker.incoming_nbytes
        return [*self.worker.touched, *self.worker.tasks]


class Forgetful(ReferenceSubject):
    def worker(self, config: WorkerConfig) -> ForgetfulWorker:
        return ForgetfulWorker(WorkerState(config))


def violation_by(*steps: str) -> Violation:
    found = violation_of(WorkerWorld(Forgetful()), [parse(step) for step in steps])
    assert found is not None
    return found


def test_a_property_that_raises_is_broken() -> None:
    assert list(CHECKS.broken((((reads_a_missing_record,), {}),))) == [
        (state_can_be_read, "reads_a_missing_record raised KeyError: 'x'")
    ]


def test_a_property_at_rest_that_raises_is_broken() -> None:
    with WorkerWorld(ReferenceSubject()) as world, pytest.raises(Violation) as raised:
        world.demand(reads_a_missing_value, RestObservation(world.view))
    assert raised.value.property == "state_can_be_read"
    assert raised.value.counterexample == "reads_a_missing_value raised KeyError: 'x'"


@pytest.mark.parametrize(
    ("last", "reader"),
    [("pause", "reading the records"), ("remove-replicas y", "incoming_bytes_are_conserved")],
)
def test_what_cannot_be_read_is_a_violation_of_the_run(last: str, reader: str) -> None:
    violation = violation_by("compute-task y needs x@a", last)
    assert violation.property == "state_can_be_read"
    assert violation.counterexample.startswith(f"{reader} raised AttributeError: ")
    assert reader in signature(violation).about


def test_what_raises_outside_of_properties_and_subject_is_no_violation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(WorkerWorld, "_net_changes", lambda *_: 1 / 0)
    with WorkerWorld(ReferenceSubject()) as world, pytest.raises(ZeroDivisionError):
        world.apply(parse("pause"))
