"""Requests that overtake the mailboxes: scatters and copies by request; and what a plugin releases."""

from collections.abc import Sequence

import pytest

from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.statemachine.scheduler.client_requests import NoticeStatus
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse


def world_after(*lines: str, subject: str = "reference") -> ClusterWorld:
    world = ClusterWorld(get_cluster(subject), ClusterRunConfig(ClusterConfig()))
    for line in lines:
        world.apply(parse(line, BY_WORD))
    return world


#: c0 has released what it scattered; worker w0 is told to free it, and does not know yet.
RELEASED = ("scatter c0 a@w0", "release c0 a", f"deliver c0->{SCHEDULER}")

#: A computed value is on w1.
COMPUTED = (
    "submit c0 a[on=w1] want a",
    f"deliver c0->{SCHEDULER}",
    f"deliver {SCHEDULER}->w1",
    "succeed w1 a",
    f"deliver w1->{SCHEDULER}",
)


@pytest.mark.parametrize(
    "lines",
    [
        ("scatter c0 a@w0", "release c0 a", "scatter c0 a@w0"),
        ("scatter c0 a@w0", "cancel c0 a", "scatter c0 a@w0"),
        ("scatter c0 a@w0", "release c0 a", "scatter c0 a@w1", "scatter c0 a@w0"),
        ("scatter c0 a@w0", "cancel c0 a", "store c0 a@w0", "scattered c0 a@w0"),
        (*RELEASED, "scatter c1 a@w0"),
        (*RELEASED, "store c1 a@w0", f"deliver {SCHEDULER}->w0"),
        (*RELEASED, "store c1 a@w0", f"deliver {SCHEDULER}->w0", f"deliver w0->{SCHEDULER}"),
        (*RELEASED, "store c1 a@w0", f"deliver {SCHEDULER}->w0", "scattered c1 a@w0"),
        (*RELEASED, "store c1 a@w0", "scattered c1 a@w0", f"deliver {SCHEDULER}->w0"),
        (*RELEASED, "store c0 a@w0", "store c1 a@w0", "scattered c0 a@w0", "release c0 a"),
        ("scatter c0 a@w0", "scatter c1 a@w1", "drop a w0", "store c1 a@w0"),
        ("scatter c0 a@w0", "scatter c1 a@w1", "drop a w0", f"deliver {SCHEDULER}->w0",
         "scatter c1 a@w0", f"deliver w0->{SCHEDULER}"),
    ],
    ids="; ".join,
)  # fmt: skip
def test_a_scattered_value_is_there_whatever_is_said_of_a_former_one(lines: Sequence[str]) -> None:
    world = world_after(*lines)
    world.finish()
    assert not world.cluster.keys()


def test_the_value_is_there_before_the_scheduler_knows() -> None:
    world = world_after("store c0 a@w0")
    assert world.cluster.worker("w0").data() == {"a": "a scattered"}
    assert world.cluster.state("a") is None
    assert not world.wants["c0"]
    world.apply(parse("scattered c0 a@w0", BY_WORD))
    assert list(world.cluster.holders("a")) == ["w0"]
    assert world.client_model.statuses["c0"] == {"a": NoticeStatus.FINISHED}
    with pytest.raises(ImpossibleStep, match="scattered c0 a@w0 is not possible now"):
        world.apply(parse("scattered c0 a@w0", BY_WORD))


def test_a_value_whose_worker_is_gone_when_the_scheduler_hears_of_it_is_lost() -> None:
    world = world_after("store c0 a@w0", "dies w0", "notice w0", "scattered c0 a@w0")
    world.apply(parse(f"deliver {SCHEDULER}->c0", BY_WORD))
    assert world.client_model.statuses["c0"] == {"a": NoticeStatus.CANCELLED}
    world.finish()


def test_only_data_is_scattered_again() -> None:
    world = world_after("scatter c0 a@w0", "submit c0 b(a) want b")
    assert "a" in world.scatterable
    with pytest.raises(ImpossibleStep, match="b is in use already"):
        world.apply(parse("scatter c1 b@w0", BY_WORD))


@pytest.mark.parametrize("before", [("scatter c0 a@w1",), COMPUTED], ids=["data", "result"])
@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("gathered a w0",),
        ("release c0 a", f"deliver c0->{SCHEDULER}"),
        ("release c0 a", f"deliver c0->{SCHEDULER}", f"deliver {SCHEDULER}->w0"),
        ("dies w1", "notice w1"),
        ("dies w0", "notice w0"),
    ],
    ids=lambda lines: "; ".join(lines) or "rest",
)
def test_a_copy_by_request_is_known_or_freed(before: Sequence[str], lines: Sequence[str]) -> None:
    world = world_after(*before, "gather-on-worker a w0")
    assert "a" in world.cluster.worker("w0").data()
    assert "w0" not in world.cluster.holders("a")
    for line in lines:
        world.apply(parse(line, BY_WORD))
    world.finish()
    assert not world.cluster.keys()


def test_a_plugin_has_a_result_computed_anew() -> None:
    world = world_after(*COMPUTED, f"deliver {SCHEDULER}->c0", "recompute a")
    assert world.cluster.state("a") == "processing"
    world.apply(parse(f"deliver {SCHEDULER}->c0", BY_WORD))
    assert world.client_model.statuses["c0"] == {"a": NoticeStatus.LOST}
    world.finish()


def test_a_plugin_does_not_touch_data_or_actors() -> None:
    world = world_after("scatter c0 a@w0", "submit c0 b(a) c[actor] want b,c")
    world.apply(parse(f"deliver c0->{SCHEDULER}", BY_WORD))
    with pytest.raises(ImpossibleStep, match="a was never submitted"):
        world.apply(parse("recompute a", BY_WORD))
    on = world.cluster.processing("w0"), world.cluster.processing("w1")
    world.apply(parse("recompute c", BY_WORD))
    assert (world.cluster.processing("w0"), world.cluster.processing("w1")) == on
    world.finish()


def test_a_copy_that_cannot_be_stored_is_tried_again_elsewhere() -> None:
    world = world_after(
        *COMPUTED, "submit c0 b(a)[on=w0] want b", f"deliver c0->{SCHEDULER}",
        f"deliver {SCHEDULER}->w0", "serve w0 w1", "overflow w0 w1",
    )  # fmt: skip
    assert "a" not in world.cluster.worker("w0").data()
    world.finish()


#: What distributed 2026.8.0 makes of the same; see ``regressions/known``.
BROKEN = {
    ("scatter c0 a@w0", "release c0 a", "scatter c0 a@w0"): "finished_keys_have_the_right_value",
    (*RELEASED, "scatter c1 a@w0"): "nothing_is_cancelled_by_itself",
    ("store c0 a@w0", "dies w0", "notice w0"): "no_handler_raises",
    ("scatter c0 a@w0", "gather-on-worker a w1", "release c0 a"): "holders_are_agreed_on",
}


@pytest.mark.parametrize("lines", BROKEN, ids="; ".join)
def test_dask_meets_what_overtakes(lines: Sequence[str]) -> None:
    if pytest.importorskip("distributed").__version__ != "2026.8.0":
        pytest.skip("another release may do better")
    with pytest.raises(Violation) as broken:
        world_after(*lines, subject="dask").finish()
    assert broken.value.property == BROKEN[lines]


@pytest.mark.parametrize("lines", [
    ("store c0 a@w0", "scattered c0 a@w0", "gather-on-worker a w1", "gathered a w1"),
    ("submit c0 a want a", f"deliver c0->{SCHEDULER}", "recompute a"),
], ids="; ".join)  # fmt: skip
def test_dask_does_what_the_steps_say(lines: Sequence[str]) -> None:
    pytest.importorskip("distributed")
    world_after(*lines, subject="dask").finish()
