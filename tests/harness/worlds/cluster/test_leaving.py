"""Workers that retire, and workers that join where another one has died."""

from collections.abc import Sequence

import pytest

from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse


def world_after(*lines: str, subject: str = "reference") -> ClusterWorld:
    config = ClusterConfig(allowed_failures=0)
    world = ClusterWorld(get_cluster(subject), ClusterRunConfig(config))
    for line in lines:
        world.apply(parse(line, BY_WORD))
    return world


TO_W0, TO_W1 = f"deliver {SCHEDULER}->w0", f"deliver {SCHEDULER}->w1"
FROM_W0, FROM_W1 = f"deliver w0->{SCHEDULER}", f"deliver w1->{SCHEDULER}"
SUBJECTS = ("reference", "dask")


@pytest.fixture(params=SUBJECTS)
def subject(request: pytest.FixtureRequest) -> str:
    if request.param == "dask":
        pytest.importorskip("distributed")
    return str(request.param)


def test_a_worker_that_retires_gets_nothing_and_begins_nothing(subject: str) -> None:
    world = world_after("retire w0", "submit c0 a b want a,b", subject=subject)
    world.apply(parse(f"deliver c0->{SCHEDULER}", BY_WORD))
    assert not list(world.cluster.processing("w0"))
    world.apply(parse(TO_W0, BY_WORD))
    assert list(world.paused) == ["w0"]
    with pytest.raises(ImpossibleStep, match="unpause is not possible for w0 now"):
        world.apply(parse("unpause w0", BY_WORD))
    world.finish()
    assert not world.retiring
    assert not world.paused


def test_a_worker_leaves_once_its_values_are_elsewhere(subject: str) -> None:
    world = world_after("scatter c0 a@w0", "retire w0", TO_W0, FROM_W0, subject=subject)
    with pytest.raises(ImpossibleStep, match="retired is not possible for w0 now"):
        world.apply(parse("retired w0", BY_WORD))
    for line in ("manage-memory", TO_W1, "serve w1 w0", "receive w1 w0", FROM_W1, "retired w0"):
        world.apply(parse(line, BY_WORD))
    assert list(world.present) == ["w1"]
    assert list(world.cluster.holders("a")) == ["w1"]
    world.finish()


def test_a_task_of_a_worker_that_retires_is_not_suspected(subject: str) -> None:
    lines = ("submit c0 a want a", f"deliver c0->{SCHEDULER}", "retire w0", "retired w0")
    world = world_after(*lines, subject=subject)
    assert world.cluster.state("a") == "processing"
    assert list(world.cluster.processing("w1")) == ["a"]
    world.finish()


def test_a_worker_that_is_kept_runs_again(subject: str) -> None:
    lines = ("retire w0", "unretire w0", TO_W0, TO_W0, FROM_W0, FROM_W0)
    world = world_after(*lines, subject=subject)
    assert not world.paused
    assert sorted(world.retirable) == ["w0", "w1"]
    world.finish()


def test_surplus_replicas_are_dropped(subject: str) -> None:
    world = world_after("scatter c0 a@w0", "scatter c0 a@w1", "manage-memory", subject=subject)
    assert len(world.cluster.holders("a")) == 1
    world.finish()


def test_which_copy_goes_does_not_depend_on_where_policies_lie_in_memory() -> None:
    """Dask keeps them in a set, and they have no hash of their own."""
    pytest.importorskip("distributed")
    lines = ("scatter c0 a@w0", "scatter c0 a@w1", "join w2", "retire w0", "retire w1")
    kept: list[object] = []
    left = set()
    for count in range(12):
        kept.append([object() for _ in range(count)])
        world = world_after(*lines, "manage-memory", subject="dask")
        left.add(tuple(world.cluster.holders("a")))
        world.finish()
    assert len(left) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ("dies w0", "notice w0", "join w0"),
        ("submit c0 a[on=w0] want a", f"deliver c0->{SCHEDULER}", TO_W0, "dies w0", "notice w0",
         "join w0"),
        ("scatter c0 a@w0", "submit c0 b(a)[on=w1] want b", f"deliver c0->{SCHEDULER}", TO_W1,
         "dies w0", "notice w0", "join w0", "scatter c0 a@w0"),
        ("scatter c0 a@w0", "replicate a w1", TO_W1, "serve w1 w0", "dies w0", "notice w0", "join w0",
         "receive w1 w0"),
    ],
    ids="; ".join,
)  # fmt: skip
def test_a_worker_joins_where_another_one_has_died(lines: Sequence[str]) -> None:
    world = world_after(*lines)
    assert sorted(world.present) == ["w0", "w1"]
    world.finish()


def test_a_new_worker_has_a_new_name_whoever_came_back() -> None:
    world = world_after("dies w0", "notice w0", "join w0")
    assert list(world.joining) == ["w2"]
    world.apply(parse("join w2", BY_WORD))
    assert not world.joining


LATE_SCATTER = ("store c0 a@w0", "dies w0", "notice w0", "join w0", "scattered c0 a@w0")


def test_a_value_of_a_dead_worker_is_not_that_of_the_next_one() -> None:
    world = world_after(*LATE_SCATTER)
    assert world.cluster.state("a") is None
    world.finish()


def test_dask_takes_the_next_worker_for_the_dead_one() -> None:
    if pytest.importorskip("distributed").__version__ != "2026.8.0":
        pytest.skip("another release may do better")
    with pytest.raises(Violation) as broken:
        world_after(*LATE_SCATTER, subject="dask").finish()
    assert broken.value.property == "finished_keys_have_the_right_value"
