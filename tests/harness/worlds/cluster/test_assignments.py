"""Bugs of a scheduler that show in what it sends, by few steps each."""

import pytest

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse

FIRST = "deliver c0->scheduler|deliver scheduler->w0"
SHOWN = {
    "slot-that-is-left-stays-empty": (
        f"submit c0 f-0 f-1 f-2 f-3 f-4 f-5 want f-0,f-1,f-2,f-3,f-4,f-5|{FIRST}|secede w0 f-0"
        "|deliver w0->scheduler",
        "room_is_not_left_idle",
    ),
    "tries-never-end": (
        f"submit c0 a[retries=1] want a|{FIRST}|fail w0 a|deliver w0->scheduler|deliver scheduler->w0"
        "|fail w0 a|deliver w0->scheduler",
        "tries_are_counted",
    ),
    "word-of-a-pause-is-lost": (
        "pause w0|deliver w0->scheduler|submit c0 a want a|deliver c0->scheduler",
        "paused_workers_are_given_nothing",
    ),
    "inputs-are-not-tried-again": (
        f"submit c0 a b(a) want b|{FIRST}|fail w0 a|deliver w0->scheduler"
        "|deliver scheduler->c0|retry c0 b",
        "failed_inputs_are_tried_again",
    ),
    "notices-do-not-say-what-they-answer": (
        "submit c0 a want a|deliver c0->scheduler|cancel c0 a|submit c0 a want a",
        "late_answers_end_nothing",
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_mutant_is_caught_by_the_property_that_is_about_it(name: str) -> None:
    lines, property_name = SHOWN[name]
    config = ClusterRunConfig(ClusterConfig(workers=1))
    steps = [parse(line, BY_WORD) for line in lines.split("|")]
    assert violation_of(ClusterWorld(get_cluster("reference"), config), steps) is None
    with named(name).planted():
        found = violation_of(ClusterWorld(get_cluster("reference"), config), steps)
    assert found is not None
    assert found.property == property_name


#: What d rests on is lost with w0, so that d is given up; a, which was made for it, is not used then.
GIVEN_UP = (
    "submit c0 a want a|scatter c0 b@w0|deliver c0->scheduler|submit c0 a c(a,b) d(c) want d"
    "|release c0 a|deliver c0->scheduler|deliver c0->scheduler|join w1|dies w0|notice w0"
)


def test_a_task_that_was_made_for_what_is_lost_is_a_new_one_once_it_is_submitted_again() -> None:
    """So another death counts as its first one."""
    config = ClusterRunConfig(ClusterConfig(workers=1, allowed_failures=1))
    world = ClusterWorld(get_cluster("reference"), config)
    lines = f"{GIVEN_UP}|submit c0 a want a|deliver c0->scheduler|dies w1|notice w1|join w2"
    for line in lines.split("|"):
        world.apply(parse(line, BY_WORD))
    assert world.assignments.deaths == {"a": 1}


#: g fails, which is made of b, and that of a; b stays in memory.
BEHIND_MEMORY = (
    f"submit c0 a b(a) g(b) want b,g|{FIRST}|succeed w0 a|deliver w0->scheduler"
    "|deliver scheduler->w0|succeed w0 b|deliver w0->scheduler|deliver scheduler->w0"
    "|fail w0 g|deliver w0->scheduler|deliver w0->scheduler|deliver scheduler->w0"
    "|deliver scheduler->c0"
)
#: The same, and nobody needs b.
BEHIND_RELEASED = BEHIND_MEMORY.replace("want b,g", "want g")
#: Then a is asked for, is computed once more, and fails.
FAILS_SINCE = (
    f"|submit c0 a want a|{FIRST}|fail w0 a|deliver w0->scheduler|deliver w0->scheduler"
    "|deliver scheduler->c0"
)


@pytest.mark.parametrize("lines", [BEHIND_RELEASED, BEHIND_MEMORY])
def test_what_failed_since_behind_an_input_is_tried_again_where_it_is_needed(lines: str) -> None:
    config = ClusterRunConfig(ClusterConfig(workers=1))
    world = ClusterWorld(get_cluster("reference"), config)
    for line in f"{lines}{FAILS_SINCE}|retry c0 g".split("|"):
        world.apply(parse(line, BY_WORD))
    world.finish()


def test_what_a_worker_tells_while_it_is_to_leave_counts_once_it_is_not() -> None:
    """Source: distributed 2026.8.0, scheduler.py, Scheduler.handle_worker_status_change."""
    pytest.importorskip("distributed")
    told = "retire w1|pause w1|deliver w1->scheduler|unpause w1|deliver w1->scheduler|unretire w1"
    lines = f"pause w0|deliver w0->scheduler|{told}|submit c0 a want a|deliver c0->scheduler"
    config = ClusterRunConfig(ClusterConfig(workers=2))
    steps = [parse(line, BY_WORD) for line in lines.split("|")]
    assert violation_of(ClusterWorld(get_cluster("dask"), config), steps) is None


def test_what_a_worker_told_before_it_was_to_leave_need_not_count_once_it_is_not() -> None:
    """The scheduler waits for the answer to its own message."""
    told = "pause w1|unpause w1|retire w1|deliver w1->scheduler|deliver w1->scheduler|unretire w1"
    lines = f"retire w0|{told}|submit c0 a want a|deliver c0->scheduler"
    config = ClusterRunConfig(ClusterConfig(workers=2))
    world = ClusterWorld(get_cluster("reference"), config)
    for line in lines.split("|"):
        world.apply(parse(line, BY_WORD))
    assert not world.assignments.surely_running()["w1"]
    for line in (*["deliver scheduler->w1"] * 2, *["deliver w1->scheduler"] * 2):
        world.apply(parse(line, BY_WORD))
    assert world.assignments.surely_running() == {"w0": False, "w1": True}
    world.finish()


def test_a_queued_task_that_is_released_and_needed_again_may_pass_the_queue() -> None:
    """It is placed like any that becomes runnable while a worker has room."""
    lines = "submit c0 a b c(a) d e g(b) want c,d,e,g|deliver c0->scheduler|recompute d b"
    config = ClusterRunConfig(ClusterConfig(workers=1))
    steps = [parse(line, BY_WORD) for line in lines.split("|")]
    assert violation_of(ClusterWorld(get_cluster("reference"), config), steps) is None
