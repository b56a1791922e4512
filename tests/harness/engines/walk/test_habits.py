"""Habits of a run: what is slow, what it is about, what always fails."""

from collections import Counter

from workerfuzz.harness.engines.walk.habits import NO_HABITS, Focus, Habits, draw_habits, laggards
from workerfuzz.harness.engines.walk.tactics import TACTICS
from workerfuzz.harness.engines.walk.walk import wander
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster import CLUSTER_STEPS
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import Step
from workerfuzz.strategies.worker.run_config import RunConfig

CONFIG = ClusterRunConfig(ClusterConfig(workers=2), ("a", "b", "c"), ("c0",))


def steps_with(habits: Habits, runs: int = 40) -> list[Step]:
    """Steps of some runs with these habits, and the same weights."""
    weights = TACTICS["uniform"](RandomChooser(0), CLUSTER_STEPS)
    steps: list[Step] = []
    for seed in range(runs):
        world = ClusterWorld(get_cluster("reference"), CONFIG)
        wander(world, RandomChooser(seed), weights, (100, 100), habits)
        world.close()
        steps += world.steps
    return steps


def test_habits_are_about_parts_of_the_cluster() -> None:
    drawn = [draw_habits(RandomChooser(seed), CONFIG) for seed in range(300)]
    assert {habits.doomed for habits in drawn} == {frozenset(), frozenset("a"), frozenset("b")}
    focuses = {Focus(key, worker) for key in "abc" for worker in ("w0", "w1")}
    assert {habits.focus for habits in drawn} == {None, *focuses}
    assert not any(habits.is_stuck for habits in drawn if habits.focus is None)


def test_a_doomed_task_never_succeeds() -> None:
    ends = Counter((step.word, step.arguments()[1]) for step in steps_with(Habits(doomed=frozenset("a")))
                   if step.word in ("succeed", "fail"))  # fmt: skip
    assert ends["succeed", "a"] == 0 < ends["fail", "a"]
    assert ends["succeed", "b"] > 0


def test_most_steps_are_about_the_focus() -> None:
    def requests(habits: Habits) -> float:
        named = [step.keys() for step in steps_with(habits, 20) if step.keys()]
        return sum("c" in keys for keys in named) / len(named)

    assert requests(Habits(focus=Focus("c", "w1"))) > 1.3 * requests(NO_HABITS)


def test_a_stuck_thread_seldom_ends() -> None:
    focus = Focus("a", "w0")
    ends = {
        is_stuck: sum(
            step.word in ("succeed", "fail", "reschedule", "spoil")
            and step.arguments() == ("w0", "a")
            for step in steps_with(Habits(focus=focus, is_stuck=is_stuck))
        )
        for is_stuck in (False, True)
    }
    assert 0 < ends[True] < ends[False]


def test_laggards_are_parts_of_the_cluster() -> None:
    found = Counter(len(laggards(RandomChooser(seed), CONFIG)) for seed in range(100))
    assert set(found) == {0, 1, 2}
    names = frozenset().union(*(laggards(RandomChooser(seed), CONFIG) for seed in range(300)))
    assert names == {
        "w0", "w1", "a", "b", "c0->scheduler", "w0->scheduler", "w1->scheduler",
        "scheduler->w0", "scheduler->w1",
    }  # fmt: skip


def test_runs_of_one_worker_have_no_habits() -> None:
    assert {draw_habits(RandomChooser(seed), RunConfig()) for seed in range(20)} == {NO_HABITS}


def test_what_is_slow_happens_seldom() -> None:
    steps = steps_with(Habits(slow=frozenset({"scheduler->w0"})))
    taken = Counter(word for step in steps for word in step.arguments())
    assert 0 < taken["scheduler->w0"] < taken["scheduler->w1"] / 2
