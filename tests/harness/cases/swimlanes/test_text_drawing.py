"""Swimlanes as text: what is drawn of a case, letter by letter."""

import pytest
from examples.lane_cases import ALONE, CLUSTER, IMPOSSIBLE, played

from workerfuzz.harness.cases.swimlanes.listing import listed, stories, verdict
from workerfuzz.harness.cases.swimlanes.text_drawing import Drawn, StyledLine, draw, fits, plain

WHOLE = """\
     c0             scheduler            w0                w1
      │ c needs both.   │                 │                 │
  1   ● submit a b c(a,b) want c          │                 │
      ├╮  c pending     │                 │                 │
  2   │╰───────────────▶● submit a b c(a,b) want c          │
      │                 ├┬╮ a processing  │                 │
      │                 │││ b processing  │                 │
      │                 │││  c waiting    │                 │
  3   │                 │╰┼compute-task a▶●                 │
      │                 │ │               ┃  a executing    │
  4   │                 │ ╰─────────compute-task b─────────▶●
      │                 │                 ┃                 ┃  b executing
  5   │                 │                 ┃                ╭● succeed b
      │                 │                 ┃                ││  b memory
  6   │                 │                ╭● succeed a      ││
      │                 │                ││  a memory      ││
  7   │                 │ task-finished a │                ││
      │                 ●◀───────────────╯│                ││
      │                 │  a memory       │                ││
  8   │                 ●◀─────────task-finished b─────────╯│
      │                 ├╮  b memory      │                 │
      │                 ││  c processing  │                 │
  9   │                 │╰─compute-task c▶●╮                │
      │                 │                 │┊  b flight      │
      │                 │                 │┊  c waiting     │
 10   │                 │                 │╰╌╌gather-dep b╌▶●
      │                 │                 │                ╭┤
 11   │                 │                 │                ┊✗ dies
 12   │                 │                ╭●◀╌╌╌╌╌data b╌╌╌╌╯
      │                 │                │┃  b memory
      │                 │                │┃  c executing
 13   │                 ● notice w1      │┃
      │                 ├╮ b processing  │┃
      │                 ││  c waiting    │┃
      │                 │⋮               ⋮┃
"""

CUT = """\
     scheduler         w0                w1
  ⋮   │ 9 more          │┊                │
 10   │                 │╰╌╌gather-dep b╌▶●
      │                 │                ╭┤
 11   │                 │                ┊✗ dies
 12   │                ╭●◀╌╌╌╌╌data b╌╌╌╌╯
      │                │┃  b memory
      │                │┃  c executing
 13   ● notice w1      │┃
      ├╮ b processing  │┃
      ││  c waiting    │┃
      │⋮               ⋮┃
"""

PLAIN = """\
     scheduler             worker                     b
  1   *---------------------->* compute-task y needs x@b
      |                       *------gather-dep x---->*
      |                       |  x flight             |
      |                       |  y waiting            |
  2   |                       * gather-dep-network-failure b
      |                       |                       |x lost
      |                       |  x missing            |
"""

BROKEN = """\
     scheduler             worker                     b
  1   ●──────────────────────▶● compute-task y needs x@b
      │                       ●╌╌╌╌╌╌gather-dep x╌╌╌╌▶●
      │                       │  x flight             │
      │                       │  y waiting            │
  2✗  │ ✗ secede y: impossible│                       │
✗ in step 2: impossible
  A step could not be taken.
  y is not running

the story of y
  1  compute-task y needs x@b  worker: - -> waiting
  2  secede y
"""

LISTED = """\
  ⋮ 8 more
  9 deliver scheduler->w0
    scheduler->w0: compute-task c, since 8
    w0 b: - -> flight
    w0 c: - -> waiting
 10 serve w0 w1
    w0->w1: gather-dep b, since 9
 11 dies w1
    w1 b: memory -> -
 12 receive w0 w1
    w1->w0: data b, since 10
    w0 b: flight -> memory
    w0 c: waiting -> executing
 13 notice w1
    scheduler b: memory -> processing
    scheduler c: processing -> waiting
"""


def text(lines: list[Drawn], *, ascii_only: bool = False) -> str:
    return "".join(f"{line}\n" for line in plain(lines, ascii_only=ascii_only))


def test_a_case_is_drawn_from_its_first_step_to_its_last() -> None:
    assert text(draw(played(CLUSTER), 80)) == WHOLE


def test_of_a_long_case_the_end_is_drawn_with_what_was_under_way_before() -> None:
    assert text(draw(played(CLUSTER), 60, last=4)) == CUT


def test_a_terminal_of_few_letters_gets_a_drawing_of_these() -> None:
    drawn = text(draw(played(ALONE), 80), ascii_only=True)
    assert drawn == PLAIN
    assert drawn.isascii()


def test_the_step_that_breaks_something_is_marked_and_the_key_has_its_story() -> None:
    chart = played(IMPOSSIBLE)
    assert text([*draw(chart, 80), *verdict(chart), *stories(chart)]) == BROKEN


def test_without_room_for_lanes_there_is_a_list() -> None:
    assert fits(played(CLUSTER), 45)
    assert not fits(played(CLUSTER), 44)
    assert text([*listed(played(CLUSTER), last=5)]) == LISTED


@pytest.mark.parametrize("width", [45, 60, 80, 200])
def test_no_line_is_wider_than_it_may_be(width: int) -> None:
    lines = [*plain(draw(played(CLUSTER), width))]
    assert max(map(len, lines)) <= width


def test_every_arrow_has_its_head_in_the_row_in_which_it_arrives() -> None:
    chart = played(CLUSTER)
    heads: dict[int, int] = {}
    number = 0
    for line in plain(draw(chart, 80)):
        number = int(line[:3]) if line[:3].strip().isdigit() else number
        heads[number] = heads.get(number, 0) + line.count("▶") + line.count("◀")
    arrived = [arrow.ended for arrow in chart.arrows if not chart.rows[arrow.ended or 0].at_rest]
    assert {row: count for row, count in heads.items() if count} == {
        row: arrived.count(row) for row in sorted({ended for ended in arrived if ended is not None})
    }


def test_what_has_no_room_ends_in_dots() -> None:
    line = StyledLine(5)
    line.put(2, "long")
    line.put(9, "beyond")
    assert [*plain([line.drawn()])] == ["  lo…"]


def test_a_line_that_crosses_another_shows_it() -> None:
    line = StyledLine(5)
    line.put(2, "│", "lane")
    line.across(0, 4, "─", "message")
    assert line.drawn() == [("──┼──", "message")]
