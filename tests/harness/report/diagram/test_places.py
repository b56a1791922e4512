"""Every state and every transition has a place of its own, the same each time."""

import pytest

from workerfuzz.harness.report.diagram.machine import MEANINGS, Theirs, machine
from workerfuzz.harness.report.diagram.places import PLACES, boxes_of, placed

PARTIES = ("worker", "scheduler")


@pytest.mark.parametrize("party", PARTIES)
def test_every_state_of_the_reference_is_placed_by_hand(party: str) -> None:
    assert {*PLACES[party]} == {*MEANINGS[party]}


@pytest.mark.parametrize("party", PARTIES)
def test_no_state_hides_another(party: str) -> None:
    boxes = list(boxes_of(machine(party)).values())
    assert not any(one.meets(other) for place, one in enumerate(boxes) for other in boxes[:place])


@pytest.mark.parametrize("party", PARTIES)
def test_every_transition_is_a_line_or_ends_at_once(party: str) -> None:
    made = machine(party)
    map_ = placed(made)
    shown = [it.arc for it in (*map_.lines, *map_.stubs)]
    assert sorted(map(str, shown)) == sorted(map(str, made.arcs))
    assert {it.arc.finish for it in map_.stubs} == {"released"}
    assert all(it.arc.finish != "released" for it in map_.lines)


def test_lines_lead_from_their_start_to_their_finish() -> None:
    map_ = placed(machine("worker"))
    for it in map_.lines:
        start, finish = map_.boxes[it.arc.start], map_.boxes[it.arc.finish]
        assert start.holds(it.curve.start, 3)
        assert finish.holds(it.curve.end, 4)


@pytest.mark.parametrize("party", PARTIES)
def test_no_line_goes_through_a_state(party: str) -> None:
    map_ = placed(machine(party))
    through = [
        (it.arc.told, state)
        for it in map_.lines
        for state, box in map_.boxes.items()
        if state not in (it.arc.start, it.arc.finish)
        and any(box.holds(spot) for spot in it.curve.points())
    ]
    assert through == []


def test_the_map_is_the_same_each_time() -> None:
    assert placed(machine("scheduler")) == placed(machine("scheduler"))


def test_where_few_lead_to_each_state_every_transition_is_a_line() -> None:
    few = machine("worker")
    few = type(few)("worker", few.states, few.arcs[:5])
    assert placed(few).stubs == ()


def test_counts_have_a_place_where_there_are_some() -> None:
    map_ = placed(machine("scheduler", None, {"scheduler released -> waiting": 5}))
    labelled = [it.arc.number for it in map_.lines if it.label is not None]
    assert labelled == ["5"]


def test_states_that_nobody_placed_stand_below_the_others() -> None:
    strange = Theirs("1", {"scheduler": [("memory", "spilled"), ("spilled", "lost")]})
    boxes = boxes_of(machine("scheduler", strange))
    assert boxes["spilled"].y == boxes["lost"].y
    assert boxes["spilled"].y > max(boxes[state].y for state in MEANINGS["scheduler"])
    assert not boxes["spilled"].meets(boxes["lost"])
