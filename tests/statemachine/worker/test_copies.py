"""A copy shares nothing that changes with what it was made from."""

import pytest
from examples.desk import Desk
from examples.events_of import random_run
from examples.owned import changing
from examples.snapshots import LEFT_OUT, snapshot

from workerfuzz.statemachine.scheduler import messages
from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.worker_state import WorkerState


def own(worker: WorkerState) -> dict[int, object]:
    """Return the mutable parts of a worker. The resources of a thread belong to its request."""
    threads = [task.execution for task in worker.tasks.values()]
    return changing(
        worker,
        [worker.last, *(execution.resources for execution in threads if execution is not None)],
    )


@pytest.mark.parametrize("seed", range(25))
def test_a_copy_of_a_worker_shares_nothing_that_changes(seed: int) -> None:
    config, happened = random_run(seed)
    worker = WorkerState(config)
    for event in happened:
        handle_stimulus(worker, event)
        copy = worker.copy()
        assert vars(copy).keys() == vars(worker).keys()
        assert snapshot(copy) == snapshot(worker)
        for name in LEFT_OUT - {"journal", "last"}:
            assert getattr(copy, name) == getattr(worker, name)
        assert not own(copy).keys() & own(worker).keys()


def test_a_copy_of_a_scheduler_shares_nothing_that_changes() -> None:
    desk = Desk(2, saturation=1.0)
    desk.submit("a", "b", "c(a,b)", "d", "e", want="c d e")
    desk.finish("d")
    desk.say("w1", messages.Lose())
    desk.release("d")
    assert desk.scheduler.queued
    assert desk.scheduler.outbox
    assert desk.task("d").unconfirmed
    copy = desk.scheduler.copy()
    assert vars(copy).keys() == vars(desk.scheduler).keys()
    assert repr(plain(copy)) == repr(plain(desk.scheduler))
    assert not changing(copy).keys() & changing(desk.scheduler).keys()


def plain(value: object) -> object:
    """Every attribute, down to the last."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return [(key, plain(value)) for key, value in value.items()]
    names = [*getattr(value, "__dict__", ()), *getattr(type(value), "__slots__", ())]
    return [(name, plain(getattr(value, name))) for name in names] if names else value
