"""The scheduler of a run is lost at its end: another one goes on with what workers report."""

import pytest

from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.scheduler_loss import can_lose_scheduler
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.scheduler.handlers import rebuild
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.task import SchedulerTask
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse

BEGUN = ("submit c0 a b c(a,b) want c", "deliver c0->scheduler")
AT_WORK = (*BEGUN, "deliver scheduler->w0", "deliver scheduler->w1", "succeed w0 a")
COPYING = (*AT_WORK, "succeed w1 b", "deliver w0->scheduler", "deliver w1->scheduler")
#: A worker has failed with resources of a request that was taken back, which it has not heard yet.
FORMER_REQUEST = (
    "submit c0 a[cpu=2,on=w1] b(a) want b", "deliver c0->scheduler", "release c0 b",
    "deliver c0->scheduler", "submit c0 a[cpu=1,on=w0] want a", "deliver c0->scheduler",
    "deliver scheduler->w1", "fail w1 a",
)  # fmt: skip


def record_without_holder(scheduler: SchedulerState, name: str, worker: object, key: str) -> None:
    scheduler.tasks.setdefault(key, SchedulerTask(key)).known_to[name] = None


def world_after(*lines: str, suspicious_limit: int = 1) -> ClusterWorld:
    worker = WorkerConfig(suspicious_limit=suspicious_limit, resources={"cpu": 2})
    world = ClusterWorld(
        get_cluster("reference"), ClusterRunConfig(ClusterConfig(workers=2, worker=worker))
    )
    for line in lines:
        world.apply(parse(line, BY_WORD))
    return world


@pytest.mark.parametrize(
    "lines",
    [
        (),
        BEGUN,
        AT_WORK,
        COPYING,
        (*AT_WORK, "secede w1 b", "pause w1"),
        ("scatter c0 a@w0", "submit c0 b(a) want b", "deliver c0->scheduler"),
        (*AT_WORK, "fail w1 b"),
        (*BEGUN, "dies w0"),
        FORMER_REQUEST,
    ],
)
def test_everything_resolves_with_another_scheduler(lines: tuple[str, ...]) -> None:
    world = world_after(*lines)
    assert can_lose_scheduler(world)
    world.finish()


def test_nothing_of_the_run_itself_is_different() -> None:
    ordinary, losing = (world_after(*AT_WORK, suspicious_limit=limit) for limit in (2, 1))
    ordinary.finish()
    losing.finish()
    assert ordinary.call_count == losing.call_count
    assert ordinary.step_count == losing.step_count


def test_content_of_former_submissions_cannot_be_told_apart() -> None:
    lines = ("release c0 c", "submit c0 a#1 want a", "deliver c0->scheduler")
    assert not can_lose_scheduler(world_after(*AT_WORK, *lines))


@pytest.mark.parametrize(
    ("name", "replacement"),
    [
        ("find", record_without_holder),
        ("take_over", lambda scheduler, assignment: None),
        ("go_on", lambda scheduler, workers, task, assignment: None),
    ],
)
def test_work_that_is_begun_again_is_noticed(
    monkeypatch: pytest.MonkeyPatch, name: str, replacement: object
) -> None:
    monkeypatch.setattr(rebuild, name, replacement)
    with pytest.raises(Violation) as found:
        world_after(*AT_WORK).finish()
    assert found.value.property == "work_survives_its_scheduler"


#: A worker keeps the record of an input for its reader: it has to leave that first.
READ = (
    "submit c0 a b(a) c(a,b)[on=w1|w2] want c", "deliver c0->scheduler", "deliver scheduler->w0",
    "succeed w0 a", "submit c0 a b(a) c(a,b) want c", "deliver w0->scheduler",
    "deliver scheduler->w0", "succeed w0 b", "deliver c0->scheduler", "deliver w0->scheduler",
    "recompute b", "recompute a", "deliver scheduler->w1", "deliver scheduler->w0",
    "deliver scheduler->w0",
)  # fmt: skip


def test_a_worker_is_told_to_leave_readers_before_their_inputs() -> None:
    worker = WorkerConfig(suspicious_limit=1, transfer_message_nbytes=1)
    config = ClusterRunConfig(ClusterConfig(worker=worker))
    with ClusterWorld(get_cluster("reference"), config) as world:
        for line in READ:
            world.apply(parse(line, BY_WORD))
        world.finish()
