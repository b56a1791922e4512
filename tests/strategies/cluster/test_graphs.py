"""Drawing of graphs: each run has habits, and its graphs show them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.statemachine.scheduler.client_requests import NO_OPTIONS
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.choosers import Enumeration, RandomChooser
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.cluster.submit import Submit
from workerfuzz.strategies.cluster.task import GraphTask
from workerfuzz.strategies.cluster.workload_profile import (
    OPTIONS,
    TIMES,
    WITH_RESOURCES,
    WITHOUT,
    ClusterWorkloadProfile,
    draw_workload,
    happens,
)
from workerfuzz.strategies.worker import parse

WITH_CPU = ClusterConfig(worker=WorkerConfig(resources={"cpu": 1.0}))


def drawn(workload: ClusterWorkloadProfile, *before: str) -> Iterator[Submit]:
    """Graphs of some runs, after what happened before."""
    run_config = ClusterRunConfig(WITH_CPU, ("a", "b", "c"), ("c0",), workload=workload)
    world = ClusterWorld(get_cluster("reference"), run_config)
    for line in before:
        world.apply(parse(line, BY_WORD))
    try:
        yield from (Submit.draw(world, RandomChooser(seed)) for seed in range(100))
    finally:
        world.close()


def tasks(workload: ClusterWorkloadProfile, *before: str) -> list[GraphTask]:
    return [task for graph in drawn(workload, *before) for task in graph.tasks]


@pytest.mark.parametrize("habit", ["resources", "workers", "retries", "priority"])
def test_a_task_is_submitted_with_what_is_the_habit(habit: str) -> None:
    for task in tasks(ClusterWorkloadProfile(options=(habit,))):
        assert getattr(task.options, habit) != getattr(NO_OPTIONS, habit)


def test_habits_come_together() -> None:
    for task in tasks(ClusterWorkloadProfile(options=("workers resources",))):
        assert task.options.workers
        assert task.options.resources == {"cpu": 1.0}


@pytest.mark.parametrize(("fewest", "most"), [(0, 0), (1, 1), (0, 1)])
def test_a_task_needs_as_many_inputs_as_is_the_habit(fewest: int, most: int) -> None:
    for task in tasks(ClusterWorkloadProfile(needs=(fewest, most))):
        if task.key != "a":  # which has nothing before it
            assert fewest <= len(task.needs) <= most


def test_a_graph_is_for_as_many_keys_as_is_the_habit() -> None:
    assert {len(graph.tasks) for graph in drawn(ClusterWorkloadProfile(goals=1, needs=(0, 0)))} == {
        1
    }
    assert {len(graph.tasks) for graph in drawn(ClusterWorkloadProfile(goals=3, needs=(0, 0)))} == {
        1,
        2,
        3,
    }


def test_the_faithful_submit_again_what_they_let_go() -> None:
    before = ("submit c0 b#2[cpu=1] want b", "release c0 b", "deliver c0->scheduler")
    faithful = ClusterWorkloadProfile(faithful=TIMES, goals=1, contents=(0,))
    assert {str(graph) for graph in drawn(replace(faithful, options=("",)), *before)} == {
        "submit c0 b#2 want b"
    }
    assert all(
        task.content == 0 for task in tasks(replace(faithful, faithful=0, contents=(0,)), *before)
    )


def test_only_the_keys_of_actors_are_actors() -> None:
    made = tasks(ClusterWorkloadProfile(actors=("b",)))
    assert {task.key for task in made if task.actor} == {"b"}
    assert all(task.actor for task in made if task.key == "b")


def test_a_task_often_runs_where_an_input_still_does() -> None:
    before = (
        "submit c0 a[on=w1] want a",
        "deliver c0->scheduler",
        "deliver scheduler->w1",
    )
    made = [
        task.options.workers
        for task in tasks(ClusterWorkloadProfile(options=("workers",), needs=(1, 1)), *before)
        if task.needs == ("a",)
    ]
    assert made.count(("w1",)) > len(made) / 2 > 10


def test_a_task_often_runs_where_its_last_thread_does_not() -> None:
    before = (
        "submit c0 a[on=w1] want a",
        "deliver c0->scheduler",
        "deliver scheduler->w1",
        "release c0 a",
    )
    made = [
        task.options.workers
        for task in tasks(ClusterWorkloadProfile(options=("workers",)), *before)
        if task.key == "a"
    ]
    assert made.count(("w0",)) > len(made) / 2 > 10


@pytest.mark.parametrize("times", range(TIMES + 1))
def test_what_happens_so_often_does(times: int) -> None:
    found = [happens(times, chooser) for chooser in Enumeration()]
    assert found.count(True) / len(found) == times / TIMES


@pytest.mark.parametrize(("resources", "habits"), [((), WITHOUT), (("cpu",), WITH_RESOURCES)])
def test_habits_fit_what_workers_have(resources: tuple[str, ...], habits: tuple[str, ...]) -> None:
    chosen = {
        draw_workload(("a", "b"), resources, RandomChooser(seed)).options for seed in range(100)
    }
    assert chosen == {OPTIONS[habit] for habit in habits}
