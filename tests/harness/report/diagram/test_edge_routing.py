"""Lines go around what is in their way, end where a box begins, and let words be read."""

from math import hypot

import pytest

from workerfuzz.harness.report.diagram.edge_routing import (
    BENDS,
    BezierCurve,
    Box,
    EdgeRouter,
    chord_midpoint,
)

LEFT, RIGHT = Box(50, 100, 60, 30), Box(350, 100, 60, 30)
FRAME = Box(200, 100, 400, 200)


def bend(curve: BezierCurve) -> float:
    """Return the distance of a curve's middle from the middle of a straight line."""
    return hypot(*(a - b for a, b in zip(curve.at(0.5), chord_midpoint(curve), strict=True)))


def test_a_line_with_nothing_in_its_way_is_straight() -> None:
    curve = EdgeRouter([LEFT, RIGHT], FRAME).line(LEFT, RIGHT)
    assert bend(curve) == pytest.approx(0)


def test_a_line_begins_and_ends_at_the_borders() -> None:
    curve = EdgeRouter([LEFT, RIGHT], FRAME).line(LEFT, RIGHT)
    assert curve.start == pytest.approx((81, 100), abs=0.5)
    assert curve.end == pytest.approx((318, 100), abs=0.5)


def test_a_line_goes_around_a_box() -> None:
    interpolate = Box(200, 100, 60, 30)
    curve = EdgeRouter([LEFT, interpolate, RIGHT], FRAME).line(LEFT, RIGHT)
    assert not any(interpolate.contains(point) for point in curve.points())


def test_the_way_back_is_another_line() -> None:
    canvas = EdgeRouter([LEFT, RIGHT], FRAME)
    there, back = canvas.line(LEFT, RIGHT), canvas.line(RIGHT, LEFT)
    assert bend(there) == pytest.approx(0)
    assert bend(back) > 5


def test_a_line_stays_in_the_frame() -> None:
    interpolate = Box(200, 120, 60, 60)
    above = Box(200, 100, 400, 160)  # no room below
    curve = EdgeRouter([LEFT, interpolate, RIGHT], above).line(LEFT, RIGHT)
    assert all(above.contains(point) for point in curve.points())
    assert not any(interpolate.contains(point) for point in curve.points())


def test_a_part_of_a_line_lies_on_it() -> None:
    curve = BezierCurve((0, 0), (50, 80), (100, 0))
    part = curve.segment(0.25, 0.75)
    assert part.at(0) == pytest.approx(curve.at(0.25))
    assert part.at(0.5) == pytest.approx(curve.at(0.5))
    assert part.at(1) == pytest.approx(curve.at(0.75))


def test_boxes_that_overlap_have_no_line_that_is_turned_around() -> None:
    near = Box(60, 100, 60, 30)
    curve = EdgeRouter([LEFT, near], FRAME).line(LEFT, near)
    assert curve.start[0] <= curve.end[0]


def test_words_stand_on_their_line_and_hide_no_others() -> None:
    canvas = EdgeRouter([LEFT, RIGHT], FRAME)
    curve = canvas.line(LEFT, RIGHT)
    labels = [canvas.label(curve, 30, 14) for _ in range(4)]
    assert labels[0] == Box(*curve.at(0.5), 30, 14)
    assert not any(
        one.overlaps(other) for place, one in enumerate(labels) for other in labels[:place]
    )


def test_bends_come_in_pairs_after_none() -> None:
    assert BENDS[0] == 0
    assert {-bend for bend in BENDS} == {*BENDS}
    assert sorted(BENDS, key=abs) == [*BENDS]
