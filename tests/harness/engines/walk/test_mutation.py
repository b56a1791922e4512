"""Mutation: what grows from a stem is made of steps of stems, and names nothing that is not there."""

import pytest

from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.engines.walk import mutation
from workerfuzz.harness.engines.walk.mutation import MutatedRun, grow
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.worker import Step, parse
from workerfuzz.strategies.worker.run_config import RunConfig, WorkloadProfile

LINES = ("compute-task x", "free-keys x", "pause", "update-data y", "unpause", "remove-worker a")
STEPS = tuple(map(parse, LINES))
OTHER = tuple(map(parse, ("find-missing", "steal-request z", "remove-worker c", "free-keys u")))
STEM = CorpusEntry(RunConfig(keys=("x", "y", "z"), peers=("a", "b")), STEPS)
CORPUS = (STEM, CorpusEntry(RunConfig(), OTHER))
FRESH = RunConfig(WorkerConfig(nthreads=2, suspicious_limit=1))


def grown(change: str, seed: int) -> MutatedRun:
    growth = MutatedRun(STEM.run_config, list(STEPS))
    getattr(mutation, change)(growth, CORPUS, FRESH, RandomChooser(seed))
    return growth


def lines(change: str) -> set[tuple[str, ...]]:
    """Return every plan that a mutation can make of the corpus entry."""
    return {tuple(map(str, grown(change, seed).plan)) for seed in range(200)}


def test_cutting_leaves_a_beginning() -> None:
    assert lines("cut") == {LINES[:end] for end in range(len(LINES) + 1)}


def test_deleting_takes_a_few_neighbours_away() -> None:
    for rest in lines("delete"):
        gone = len(LINES) - len(rest)
        assert 1 <= gone <= mutation.MOST_AT_ONCE
        assert any(rest == LINES[:at] + LINES[at + gone :] for at in range(len(LINES)))


def test_doubled_steps_come_again_in_their_order() -> None:
    for more in lines("duplicate"):
        again = len(more) - len(LINES)
        assert 1 <= again <= mutation.MOST_AT_ONCE
        assert any(more[:at] + more[at + again :] == LINES for at in range(len(more)))


def test_moving_changes_nothing_but_the_order() -> None:
    for moved in lines("move"):
        assert sorted(moved) == sorted(LINES)
    swapped = (LINES[1], LINES[0], *LINES[2:])
    assert swapped in lines("move")


def test_a_step_to_draw_anew_is_of_the_same_kind() -> None:
    kinds = [type(step) for step in STEPS]
    for seed in range(20):
        plan = grown("redraw", seed).plan
        drawn = [entry for entry in plan if not isinstance(entry, Step)]
        assert len(drawn) == 1
        assert [type(entry) if isinstance(entry, Step) else entry for entry in plan] == kinds


def test_the_end_of_another_stem_comes_without_what_is_not_there() -> None:
    spliced = lines("splice")
    assert (*LINES[:2], "find-missing", "steal-request z") in spliced
    assert not any("remove-worker c" in plan or "free-keys u" in plan for plan in spliced)


def test_one_option_is_taken_from_another_universe() -> None:
    configs = [grown("reconfigure", seed).run_config.config for seed in range(20)]
    assert WorkerConfig(nthreads=2) in configs
    assert WorkerConfig(suspicious_limit=1) in configs
    assert FRESH.config not in configs
    assert grown("reconfigure", 0).run_config.keys == STEM.run_config.keys


def test_nothing_to_take_from_an_equal_universe() -> None:
    growth = MutatedRun(STEM.run_config, [])
    mutation.reconfigure(growth, CORPUS, RunConfig(), RandomChooser(0))
    assert growth.run_config == STEM.run_config


@pytest.mark.parametrize(
    ("line", "is_at_home"),
    [
        ("submit c0 a want a", True),
        ("submit c1 a want a", False),
        ("submit c0 b want b", False),
        ("deliver scheduler->w3", True),  # it may join
    ],
)
def test_a_cluster_knows_its_clients_and_keys(line: str, *, is_at_home: bool) -> None:
    run_config = ClusterRunConfig(keys=("a",), clients=("c0",))
    assert mutation.is_at_home(parse(line, BY_WORD), run_config) is is_at_home


def test_an_empty_stem_grows_all_the_same() -> None:
    for seed in range(50):
        growth = grow(CorpusEntry(RunConfig(), ()), CORPUS, FRESH, RandomChooser(seed))
        assert all(entry in OTHER + STEPS for entry in growth.plan if isinstance(entry, Step))


def test_what_grows_from_a_stem_has_habits_of_its_own() -> None:
    fresh = RunConfig(workload=WorkloadProfile(sizes=(40,)))
    for seed in range(20):
        run_config = grow(STEM, CORPUS, fresh, RandomChooser(seed)).run_config
        assert run_config.workload == fresh.workload
        assert run_config.keys == STEM.run_config.keys
