"""Clients whose connection ends with requests under way, and that connect again."""

import pytest

from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse

TO_W0, FROM_W0 = f"deliver {SCHEDULER}->w0", f"deliver w0->{SCHEDULER}"
OF_C0, OF_C1 = f"deliver c0->{SCHEDULER}", f"deliver c1->{SCHEDULER}"


def world_after(*lines: str, subject: str = "reference") -> ClusterWorld:
    world = ClusterWorld(get_cluster(subject), ClusterRunConfig(ClusterConfig(workers=1)))
    for line in lines:
        world.apply(parse(line, BY_WORD))
    return world


@pytest.fixture(params=["reference", "dask"])
def subject(request: pytest.FixtureRequest) -> str:
    if request.param == "dask":
        pytest.importorskip("distributed")
    return str(request.param)


def finish(world: ClusterWorld, subject: str) -> None:
    """Bring a world to rest, but for one of Dask: it leaves durations of what never ran, a known bug."""
    if subject != "dask":
        world.finish()
    world.close()


def test_what_a_removed_client_wanted_is_released(subject: str) -> None:
    world = world_after("submit c0 a want a", OF_C0, TO_W0, "disconnect c0", subject=subject)
    assert world.cluster.state("a") == "processing"  # the scheduler does not know yet
    world.apply(parse("disconnected c0", BY_WORD))
    assert world.cluster.state("a") != "processing"
    finish(world, subject)


def test_what_another_client_wants_goes_on(subject: str) -> None:
    lines = ("submit c0 a b(a) want b", OF_C0, "submit c1 a want a", OF_C1, "disconnect c0")
    world = world_after(*lines, "disconnected c0", subject=subject)
    assert world.cluster.state("a") == "processing"
    assert world.cluster.state("b") in {None, "released", "forgotten"}
    world.finish()


def test_requests_under_way_arrive_or_are_lost(subject: str) -> None:
    world = world_after(
        "submit c0 a want a", "submit c0 b want b", "disconnect c0", subject=subject
    )
    world.apply(parse(OF_C0, BY_WORD))
    assert world.cluster.state("a") == "processing"
    world.apply(parse("disconnected c0", BY_WORD))
    assert world.cluster.state("b") is None
    assert not world.mail.get(("c0", SCHEDULER))
    finish(world, subject)


def test_a_client_that_comes_back_is_new(subject: str) -> None:
    world = world_after("submit c0 a want a", OF_C0, TO_W0, "disconnect c0", subject=subject)
    assert "c0" not in world.clients
    with pytest.raises(ImpossibleStep, match="there is no client c0"):
        world.apply(parse("submit c0 a want a", BY_WORD))
    with pytest.raises(ImpossibleStep, match="connect is not possible for c0 now"):
        world.apply(parse("connect c0", BY_WORD))
    for line in ("disconnected c0", "connect c0", "submit c0 a want a"):
        world.apply(parse(line, BY_WORD))
    assert list(world.wants["c0"]) == ["a"]
    world.finish()


def test_nobody_is_told_who_has_left(subject: str) -> None:
    lines = ("submit c0 a want a", OF_C0, TO_W0, "disconnect c0")
    world = world_after(*lines, subject=subject)
    ends = ["succeed w0 a", FROM_W0]
    if subject == "dask":
        ends.insert(0, "begin w0 a")
    for line in ends:
        world.apply(parse(line, BY_WORD))
    assert (SCHEDULER, "c0") not in world.mail
    world.finish()


def test_a_client_that_changes_what_the_scheduler_knows_stays() -> None:
    world = world_after("submit c0 a want a", OF_C0, "release c0 a", "submit c0 a#1 want a")
    with pytest.raises(ImpossibleStep, match="disconnect is not possible for c0 now"):
        world.apply(parse("disconnect c0", BY_WORD))


def test_what_a_removed_client_scatters_is_kept_for_nobody(subject: str) -> None:
    lines = ("store c0 a@w0", "disconnect c0", "disconnected c0")
    world = world_after(*lines, subject=subject)
    with pytest.raises(ImpossibleStep, match="connect is not possible for c0 now"):
        world.apply(parse("connect c0", BY_WORD))  # a request of its own is under way
    scattered = parse("scattered c0 a@w0", BY_WORD)
    if subject == "dask":
        with pytest.raises(Violation, match="c0 was removed, and keeps a, which is memory"):
            world.apply(scattered)
        return
    world.apply(scattered)
    world.finish()


def test_copies_are_equal_and_differ_by_who_is_gone() -> None:
    world = world_after("submit c0 a want a", OF_C0, "disconnect c0")
    copy = world.copy()
    assert copy.fingerprint() == world.fingerprint()
    world.apply(parse("disconnected c0", BY_WORD))
    assert copy.fingerprint() != world.fingerprint()
    copy.apply(parse("disconnected c0", BY_WORD))
    assert copy.fingerprint() == world.fingerprint()
    copy.finish()


@pytest.mark.parametrize(
    "lines",
    [
        (
            "scatter c0 d@w0", "submit c1 a want a", OF_C1, "release c0 d", OF_C0, "disconnect c1",
            "submit c0 a b(a) want b", OF_C0, "submit c0 a c(b) e(d) want c", OF_C0, "disconnect c0",
            "disconnected c1",
        ),
        (
            "store c0 c@w0", "store c0 c@w1", "scattered c0 c@w0", "release c0 c", "disconnect c0",
            "scattered c0 c@w1", OF_C0,
        ),
    ],
)  # fmt: skip
def test_what_a_client_that_is_not_removed_yet_wants_may_be_in_use(lines: tuple[str, ...]) -> None:
    """A graph of which a scheduler refuses a part, and a scatter that overtakes a release."""
    world = ClusterWorld(get_cluster("reference"), ClusterRunConfig(ClusterConfig(workers=2)))
    for line in lines:
        world.apply(parse(line, BY_WORD))
    world.finish()
