"""One step looked at closely: tables after it, and what it changed."""

from examples.lane_cases import ALONE, CLUSTER, played

from workerfuzz.harness.cases.swimlanes.step_detail import changed_by, changes, of_row
from workerfuzz.harness.cases.swimlanes.text_drawing import plain


def test_every_table_after_a_step_is_told() -> None:
    chart = played(ALONE, tables=True)
    assert [*plain([*of_row(chart, chart.rows[1])])] == [
        "after step 1 of 2: compute-task y needs x@b",
        "worker",
        "  tasks",
        "    x: flight who_has=b coming_from=b needed_by=y",
        "    y: waiting intent=compute spec=y#0(x) request=run 1",
        "  has_what",
        "    b: x",
        "  in_flight: x",
        "  incoming_nbytes: 1",
        "  paused: no",
        "  transfers",
        "    b: x",
    ]


def test_what_a_step_changed_is_told() -> None:
    chart = played(ALONE, tables=True)
    assert [*plain([*changed_by(chart, chart.rows[2])])] == [
        "step 2 of 2: gather-dep-network-failure b",
        "  worker tasks",
        "    - x: flight who_has=b coming_from=b needed_by=y",
        "    + x: missing needed_by=y",
        "  worker has_what",
        "    - b: x",
        "  worker in_flight",
        "    - x",
        "  worker incoming_nbytes",
        "    - 1",
        "    + 0",
        "  worker transfers",
        "    - b: x",
        "  worker missing",
        "    + x",
    ]


def test_a_step_that_changes_nothing_says_so() -> None:
    chart = played(ALONE.replace("gather-dep-network-failure b", "find-missing"), tables=True)
    assert [*plain([*changed_by(chart, chart.rows[2])])][1:] == ["  nothing"]


def test_of_a_cluster_mailboxes_and_transfers_are_told_too() -> None:
    chart = played(CLUSTER, tables=True)
    lines = [*plain([*of_row(chart, chart.rows[2])])]
    assert "    scheduler->w0: compute-task a" in lines
    after = [*plain([*changed_by(chart, chart.rows[10])])]
    assert "    + w0 from w1: asked for b; b under way" in after


def test_all_steps_are_told_one_after_the_other() -> None:
    chart = played(ALONE, tables=True)
    lines = [*plain([*changes(chart)])]
    assert sum(line.startswith("step ") for line in lines) == 2
    assert any(line.startswith("3, at rest: ") for line in lines)
