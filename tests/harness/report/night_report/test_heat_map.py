"""The heat map: what was taken, what never was, and what nobody knew of."""

import pytest
from examples.accounts import account, tally

from workerfuzz.harness.report.groups import TransitionCounts, groups
from workerfuzz.harness.report.night_report.heat_map import (
    CellKind,
    HeatMap,
    HeatMapCell,
    heat_map,
    in_order,
    short,
)


def of(edges: TransitionCounts) -> tuple[HeatMap, dict[tuple[str, str], HeatMapCell]]:
    """The map, and its cells by their states."""
    made = heat_map(edges)
    cells = {
        (start, finish): cell
        for start, row in made.rows
        for finish, cell in zip(made.finishes, row, strict=True)
    }
    return made, cells


KNOWN = ("worker waiting -> ready", "worker ready -> executing", "worker executing -> memory")


def test_rows_start_and_columns_finish() -> None:
    (group,) = groups([account()])
    made, cells = of(group.edges("worker"))
    assert [start for start, _ in made.rows] == ["waiting", "ready", "executing"]
    assert made.finishes == ("ready", "executing", "memory", "error")
    assert cells["waiting", "ready"].count == 1200
    assert cells["waiting", "ready"].text == "1.2k"
    assert cells["executing", "error"].kind is CellKind.NEVER


def test_cells_say_what_they_are() -> None:
    counts = {"worker waiting -> ready": 12, "worker memory -> flight": 3}
    _, cells = of(TransitionCounts("worker", KNOWN, counts))
    taken, never, extra, none = (
        cells[edge]
        for edge in (
            ("waiting", "ready"),
            ("ready", "executing"),
            ("memory", "flight"),
            ("waiting", "executing"),
        )
    )
    assert (taken.kind, taken.shade, taken.text) == (CellKind.TAKEN, 2, "12")
    assert taken.description == "waiting to ready: 12 times (all dependencies are here)"
    assert (never.kind, never.shade, never.text) == (CellKind.NEVER, 0, "0")
    assert never.description == "ready to executing: never reached (a thread is free)"
    assert (extra.kind, extra.shade) == (CellKind.EXTRA, 1)
    assert extra.description == "memory to flight: 3 times, and in no table"
    assert (none.kind, none.text, none.description) == (CellKind.NONE, "", "")


def test_nothing_is_extra_where_nobody_knows_what_there_is() -> None:
    _, cells = of(TransitionCounts("worker", (), {"worker a -> b": 1}))
    assert [cell.kind for cell in cells.values()] == [CellKind.TAKEN]


def test_states_that_we_do_not_know_come_last() -> None:
    assert in_order("worker", ["odd", "memory", "absent", "waiting"]) == (
        "waiting",
        "memory",
        "absent",
        "odd",
    )
    assert in_order("nobody", ["b", "a"]) == ("a", "b")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.0k"),
        (9949, "9.9k"),
        (9951, "10k"),
        (999_499, "999k"),
        (999_500, "1.0M"),
        (34_000_000, "34M"),
        (5_600_000_000, "5.6G"),
        (7 * 10**15, "7000T"),
    ],
)
def test_counts_are_short(count: int, text: str) -> None:
    assert short(count) == text


def test_every_count_has_a_shade() -> None:
    shades = [
        of(TransitionCounts("worker", KNOWN, {KNOWN[0]: count}))[1]["waiting", "ready"].shade
        for count in (1, 9, 10, 99, 100, 1_000, 10_000, 99_999, 100_000, 10**9)
    ]
    assert shades == [1, 1, 2, 2, 3, 4, 5, 5, 6, 6]


def test_counts_of_all_shards_add_up() -> None:
    two = [
        account(seed, counters={"x": tally(edges={"worker waiting -> ready": 7})})
        for seed in (1, 2)
    ]
    (group,) = groups(two)
    assert of(group.edges("worker"))[1]["waiting", "ready"].count == 14
