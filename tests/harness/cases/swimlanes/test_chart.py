"""Contents of a chart beside its arrows: rows, states, spans, the violation."""

from pathlib import Path

import pytest

from workerfuzz.harness.cases.format.case import Case
from workerfuzz.harness.cases.format.casefile import parse
from workerfuzz.harness.cases.swimlanes.chart import (
    ArrowKind,
    Chart,
    Delivery,
    SpanKind,
    keys_in,
    story,
)
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.subjects import get

CLUSTER = """\
workerfuzz-case 1
title: w1 dies with a message under way
scope: cluster
subject: reference
config: workers=2

# Two tasks, one for each worker.
> submit c0 a b want a,b
> deliver c0->scheduler
> deliver scheduler->w0
> dies w1
> notice w1
> succeed w0 a
"""


def chart(text: str, subject: str = "reference") -> Chart:
    return chart_of(parse(text), get(subject))


@pytest.fixture(scope="module")
def cluster() -> Chart:
    return chart(CLUSTER)


def test_lanes_are_the_clients_that_take_part_the_scheduler_and_every_worker(
    cluster: Chart,
) -> None:
    lanes = [(lane.name, str(lane.role), lane.since, lane.until) for lane in cluster.lanes]
    assert lanes == [
        ("c0", "client", 0, None),
        ("scheduler", "scheduler", 0, None),
        ("w0", "worker", 0, None),
        ("w1", "worker", 0, 4),
    ]


def test_rows_say_where_something_happened(cluster: Chart) -> None:
    steps = [(row.number, row.lane, row.step, row.line) for row in cluster.rows[:7]]
    assert steps == [
        (0, "", "the beginning", 0),
        (1, "c0", "submit c0 a b want a,b", 8),
        (2, "scheduler", "deliver c0->scheduler", 9),
        (3, "w0", "deliver scheduler->w0", 10),
        (4, "w1", "dies w1", 11),
        (5, "scheduler", "notice w1", 12),
        (6, "w0", "succeed w0 a", 13),
    ]
    assert cluster.rows[1].remarks == ("Two tasks, one for each worker.",)
    assert cluster.steps == 6


def test_what_happens_at_rest_reads_as_steps_do(cluster: Chart) -> None:
    at_rest = [row for row in cluster.rows if row.at_rest]
    assert [row.step for row in at_rest][:2] == ["deliver scheduler->w0", "deliver w0->scheduler"]
    assert {row.line for row in at_rest} == {0}


def test_states_are_those_after_a_row(cluster: Chart) -> None:
    assert cluster.states(1) == {("c0", "a"): "pending", ("c0", "b"): "pending"}
    after = cluster.states(3)
    assert after["scheduler", "a"] == after["scheduler", "b"] == "processing"
    assert after["w0", "a"] == "executing"
    assert cluster.states(len(cluster.rows) - 1) == {}, "at rest all is let go in the end"


def test_a_message_to_a_worker_that_dies_is_lost_in_that_step(cluster: Chart) -> None:
    (lost,) = (arrow for arrow in cluster.arrows if arrow.fate is Delivery.LOST)
    assert (lost.receiver, lost.words, lost.sent, lost.ended) == ("w1", "compute-task b", 2, 4)
    assert lost in [*cluster.under_way(3)]
    assert lost not in [*cluster.under_way(4)]


def test_a_thread_lasts_from_its_request_to_its_end(cluster: Chart) -> None:
    spans = [(span.lane, span.about, span.since, span.until, span.how) for span in cluster.spans]
    assert spans[0] == ("w0", "a", 3, 6, "succeed")


def test_a_retry_and_a_scatter_are_there_at_once() -> None:
    head, _, _ = CLUSTER.partition("# Two")
    found = chart(f"{head}> scatter c0 a@w0\n")
    calls = [arrow for arrow in found.arrows if arrow.kind is ArrowKind.CALL]
    assert [
        (arrow.sender, arrow.receiver, arrow.words, arrow.sent, arrow.ended) for arrow in calls
    ] == [
        ("c0", "w0", "update-data a", 1, 1),
        ("c0", "scheduler", "scattered a", 1, 1),
    ]


ALONE = """\
workerfuzz-case 1
title: a transfer
scope: worker
subject: reference

> compute-task y needs x@b
> gather-dep-busy b
> pause
"""


def test_one_worker_has_its_scheduler_and_the_peers_that_it_asks() -> None:
    found = chart(ALONE)
    assert [(lane.name, lane.label) for lane in found.lanes][:3] == [
        ("scheduler", "scheduler"),
        ("self", "worker"),
        ("b", "b"),
    ]
    transfer, wait, pause, *_ = found.spans
    assert (transfer.kind, transfer.about, transfer.since, transfer.until) == (
        SpanKind.TRANSFER, "b", 1, 2,
    )  # fmt: skip
    assert (wait.kind, wait.about, wait.since) == (SpanKind.WAIT, "b", 2)
    assert (pause.kind, pause.since) == (SpanKind.PAUSE, 3)


def test_an_impossible_step_is_where_it_ends() -> None:
    found = chart(ALONE + "> secede y\n")
    assert found.breach is not None
    assert (found.breach.property, found.breach.row) == ("", 4)
    assert found.breach.keys == ("y",)
    assert found.rows[4].step == "secede y"


def test_what_breaks_at_rest_when_all_is_over_has_a_row_of_its_own() -> None:
    pytest.importorskip("distributed")
    path = next(Path(__file__).parents[4].glob("regressions/known/0004-*.case"))
    found = chart(path.read_text(encoding="utf-8"), "dask")
    assert found.breach is not None
    assert found.rows[found.breach.row].step == "rest"
    assert found.rows[found.breach.row].at_rest
    assert found.breach.property == "wanted_keys_resolve"
    assert found.breach.keys == ("c",)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("c0 waits for c: c is waiting on the scheduler (inputs: erred)", ("c",)),
        ("a thread could not begin: KeyError in _input: 'a', of a task", ("a",)),
        ("a is 'a#0 fea92f2e' on w1, and should be 'a#2 b3618e25'", ("a",)),
        ("InvalidTransition (key b, start error): conflict for 'a': released", ("b", "a")),
        ("a thread and a transfer", ()),
        ("b starts with a value of a that is not stored", ("b", "a")),
    ],
)
def test_keys_in_question_are_named_and_articles_are_not(text: str, keys: tuple[str, ...]) -> None:
    assert keys_in(text, {"a", "b", "c"}) == keys


def test_a_story_is_all_that_happened_to_a_key(cluster: Chart) -> None:
    told = [
        (event.row.number, event.changes, len(event.arrived), len(event.sent))
        for event in story(cluster, "b")
    ]
    assert told[:5] == [
        (1, ("c0: - -> pending",), 0, 1),
        (2, ("scheduler: - -> processing",), 1, 1),
        (4, (), 1, 0),  # lost
        (5, (), 0, 1),  # to w0
        (7, ("w0: - -> executing",), 1, 0),
    ]


def test_tables_are_noted_where_they_are_asked_for(cluster: Chart) -> None:
    assert not cluster.rows[3].tables
    case: Case = parse(CLUSTER)
    found = chart_of(case, get("reference"), tables=True)
    tables = found.rows[3].tables
    assert tables["w0"]["executing"] == {"": "a"}
    assert tables["scheduler"]["w1 processing"] == {"": "b"}
    assert tables["surroundings"]["mailboxes"] == {"scheduler->w1": "compute-task b"}
    assert tables["surroundings"]["threads"] == {"w0 a": "in its slot"}
    assert tables["c0"]["wants"] == {"a": "pending", "b": "pending"}
