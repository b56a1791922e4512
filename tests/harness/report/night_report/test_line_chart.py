"""Curves over the time of shards, and how they are drawn."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from examples.accounts import account, tally

from workerfuzz.harness.campaigns.shard.result import Point, Reading, ShardResult
from workerfuzz.harness.report.groups import groups
from workerfuzz.harness.report.night_report.line_chart import (
    HEIGHT,
    LETTER,
    MOMENTS,
    TOP,
    WIDTH,
    ChartCurve,
    Curves,
    apart,
    chart,
    curves,
    step_of,
)


def shard(seed: int, *points: tuple[float, int, int], tactic: str = "swarm") -> ShardResult:
    """Told at those seconds: so many edges, so many violations."""
    curve = [Point(at, {tactic: Reading(1, 1, edges, 2, found)}) for at, edges, found in points]
    return account(seed, seconds=points[-1][0], curve=curve, counters={tactic: tally()})


def drawn(*shards: ShardResult) -> dict[str, Curves]:
    (group,) = groups(shards)
    return {curve.name: curve for curve in curves(group)}


def test_curves_tell_what_was_reached_by_each_moment() -> None:
    edges = drawn(shard(1, (1.0, 3, 0), (79.0, 9, 1)))["transitions"]
    assert edges.moments == tuple(float(second) for second in range(MOMENTS))
    (line,) = edges.lines
    assert line.values == (0, *[3] * 78, 9)
    assert edges.highest == 9


def test_shards_are_taken_together() -> None:
    both = drawn(shard(1, (1.0, 3, 5), (79.0, 9, 6)), shard(2, (2.0, 7, 1)))
    (edges,) = both["transitions"].lines
    assert edges.values[:4] == (0, 3, 7, 7)
    assert edges.values[-1] == 9
    (findings,) = both["findings"].lines
    assert findings.values[:4] == (0, 5, 6, 6)
    assert findings.values[-1] == 7
    assert both["findings"].description.endswith("all shards together")


def test_tactics_have_lines_of_their_own() -> None:
    lines = drawn(shard(1, (9.0, 3, 0)), shard(2, (9.0, 5, 0), tactic="uniform"))[
        "transitions"
    ].lines
    assert [(line.tactic, line.values[-1]) for line in lines] == [("swarm", 3), ("uniform", 5)]


def test_a_shard_that_told_nothing_has_reached_nothing() -> None:
    assert drawn(account(curve=[]))["transitions"].highest == 0


def test_drawing_is_whole_and_says_what_it_shows() -> None:
    text = chart(drawn(shard(1, (1.0, 3, 0), (79.0, 9, 1)))["transitions"], "c")
    root = ET.fromstring(text)
    assert [root.findtext(name) for name in ("title", "desc")] == [
        "different transitions taken",
        "after 1:19: swarm 9",
    ]
    assert root.get("aria-labelledby") == "c-title c-desc"
    assert {*re.findall(r'id="([^"]+)"', text)} == {"c-title", "c-desc"}


def test_names_are_text_whatever_they_say() -> None:
    text = chart(Curves("transitions", "<b>", (0.0, 1.0), (ChartCurve('<script>"', (0, 1)),)), "c")
    assert "<script>" not in text
    assert "<b>" not in text
    assert '<script>"' in "".join(ET.fromstring(text).itertext())


def test_line_stays_within_the_drawing() -> None:
    steep = ChartCurve("swarm", tuple(range(80)))
    text = chart(Curves("transitions", "", tuple(map(float, range(80))), (steep,)), "c")
    (path,) = re.findall(r'class="line line0" d="([^"]+)"', text)
    across = [float(number) for number in re.findall(r"H([\d.]+)", path)]
    up = [float(number) for number in re.findall(r"V([\d.]+)", path)]
    assert across == sorted(across)
    assert up == sorted(up, reverse=True)
    assert 0 < min(across) <= max(across) < WIDTH
    assert min(up) >= TOP
    assert max(up) < HEIGHT


@pytest.mark.parametrize(
    "wanted", [[], [50.0], [100.0] * 8, [12.0, 12.0, 186.0, 186.0], [90, 60, 88]]
)
def test_names_do_not_overlap(wanted: list[float]) -> None:
    placed = apart(wanted)
    assert len(placed) == len(wanted)
    assert all(TOP - LETTER < height <= HEIGHT for height in placed)
    assert all(second - first >= LETTER - 1e-9 for first, second in pairwise(sorted(placed)))
    assert [x for _, x in sorted(zip(wanted, placed, strict=True))] == sorted(placed)


def test_marks_are_round() -> None:
    assert [step_of(high) for high in (0, 1, 4, 5, 9, 30, 54, 900, 12_345)] == [
        1,
        1,
        1,
        2,
        5,
        10,
        20,
        500,
        5000,
    ]


def test_a_name_that_is_long_is_shortened_where_it_stands() -> None:
    text = chart(
        Curves("transitions", "", (0.0, 1.0), (ChartCurve("a-very-long-name", (0, 1)),)), "c"
    )
    assert ">a-very-lon…<" in text
    assert "a-very-long-name 1" in text
