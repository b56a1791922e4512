"""The table: its size, and the lists that the requirements ask for."""

import pytest
from examples.events_of import compute
from examples.snapshots import snapshot

from workerfuzz.statemachine.worker import machine
from workerfuzz.statemachine.worker.edges import COMPOUND, DETOURS, EDGES
from workerfuzz.statemachine.worker.errors import InvalidTransition
from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.states import MEANING, State
from workerfuzz.statemachine.worker.transitions.outcome import Outcome, Recommendation
from workerfuzz.statemachine.worker.worker_state import WorkerState


def test_number_of_edges_is_known() -> None:
    """R24: a change here is a change of the design."""
    assert (len(EDGES), len(DETOURS), len(COMPOUND)) == (54, 19, 10)


def entered_from(finish: State) -> set[str]:
    return {str(start) for start, end in EDGES if end is finish}


def test_edges_into_memory_are_few() -> None:
    """R2; and R1, R23: neither ready nor fetch is among them."""
    expected = {"released", "executing", "long-running", "flight", "resumed"}
    assert entered_from(State.MEMORY) == expected


def test_edges_into_error_are_few_and_lead_out_through_released() -> None:
    """R49."""
    assert entered_from(State.ERROR) == {"waiting", "executing", "long-running", "flight"}
    assert [finish for start, finish in EDGES if start is State.ERROR] == [State.RELEASED]


def test_edges_out_of_holding_states_never_lead_to_released_with_something_held() -> None:
    """R33, R30: a thread or a transfer is never aborted; only cancelled and resumed wait for it."""
    for start in (State.EXECUTING, State.LONG_RUNNING, State.FLIGHT):
        assert (start, State.RELEASED) not in EDGES


@pytest.mark.parametrize(("start", "finish"), DETOURS)
def test_detour_has_two_halves_and_no_edge(start: State, finish: State) -> None:
    """R16."""
    assert (start, State.RELEASED) in EDGES
    assert (State.RELEASED, finish) in EDGES
    assert (start, finish) not in EDGES


def test_every_state_is_explained_and_can_be_reached() -> None:
    assert set(MEANING) == set(State)
    assert {finish for _, finish in EDGES} == set(State)


def recommending(key: str, finish: State) -> Outcome:
    return Outcome(recommend={key: Recommendation(finish)})


def test_pair_without_edge_or_detour_is_an_error_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R16, D5: executing holds a thread, so it cannot go through released."""
    worker = WorkerState()
    handle_stimulus(worker, compute("x", 1))
    before = snapshot(worker)
    handlers = dict(machine.HANDLERS)
    event = compute("x", 2)
    handlers[type(event)] = lambda _worker, _event: recommending("x", State.FETCH)
    monkeypatch.setattr(machine, "HANDLERS", handlers)
    with pytest.raises(InvalidTransition, match="x cannot go from executing to fetch"):
        handle_stimulus(worker, event)
    assert snapshot(worker) == before


def test_a_key_without_a_record_has_no_story() -> None:
    assert WorkerState().story("a") == ()
