"""Every state and every transition has a place of its own, the same each time."""

import pytest

from workerfuzz.harness.report.diagram.layout import POSITIONS, layout, state_boxes
from workerfuzz.harness.report.diagram.machine import MEANINGS, DaskTables, machine

PARTICIPANTS = ("worker", "scheduler")


@pytest.mark.parametrize("participant", PARTICIPANTS)
def test_every_state_of_the_reference_is_placed_by_hand(participant: str) -> None:
    assert {*POSITIONS[participant]} == {*MEANINGS[participant]}


@pytest.mark.parametrize("participant", PARTICIPANTS)
def test_no_state_hides_another(participant: str) -> None:
    boxes = list(state_boxes(machine(participant)).values())
    assert not any(
        one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place]
    )


@pytest.mark.parametrize("participant", PARTICIPANTS)
def test_every_transition_is_a_line_or_ends_at_once(participant: str) -> None:
    made = machine(participant)
    map_ = layout(made)
    shown = [line.transition for line in (*map_.lines, *map_.stubs)]
    assert sorted(map(str, shown)) == sorted(map(str, made.transitions))
    assert {stub.transition.finish for stub in map_.stubs} == {"released"}
    assert all(edge.transition.finish != "released" for edge in map_.lines)


def test_lines_lead_from_their_start_to_their_finish() -> None:
    map_ = layout(machine("worker"))
    for edge in map_.lines:
        start, finish = map_.boxes[edge.transition.start], map_.boxes[edge.transition.finish]
        assert start.contains(edge.curve.start, 3)
        assert finish.contains(edge.curve.end, 4)


@pytest.mark.parametrize("participant", PARTICIPANTS)
def test_no_line_goes_through_a_state(participant: str) -> None:
    map_ = layout(machine(participant))
    through = [
        (edge.transition.description, state)
        for edge in map_.lines
        for state, box in map_.boxes.items()
        if state not in (edge.transition.start, edge.transition.finish)
        and any(box.contains(point) for point in edge.curve.points())
    ]
    assert through == []


def test_the_map_is_the_same_each_time() -> None:
    assert layout(machine("scheduler")) == layout(machine("scheduler"))


def test_where_few_lead_to_each_state_every_transition_is_a_line() -> None:
    few = machine("worker")
    few = type(few)("worker", few.states, few.transitions[:5])
    assert layout(few).stubs == ()


def test_counts_have_a_place_where_there_are_some() -> None:
    map_ = layout(machine("scheduler", None, {"scheduler released -> waiting": 5}))
    labelled = [edge.transition.number for edge in map_.lines if edge.label is not None]
    assert labelled == ["5"]


def test_states_that_nobody_placed_stand_below_the_others() -> None:
    strange = DaskTables("1", {"scheduler": [("memory", "spilled"), ("spilled", "lost")]})
    boxes = state_boxes(machine("scheduler", strange))
    assert boxes["spilled"].y == boxes["lost"].y
    assert boxes["spilled"].y > max(boxes[state].y for state in MEANINGS["scheduler"])
    assert not boxes["spilled"].overlaps(boxes["lost"])
