"""D1-D5: same worker, same events, same everything."""

import os
import subprocess
import sys

import pytest
from examples.events_of import compute, random_run
from examples.snapshots import snapshot

from workerfuzz.statemachine.worker import events, machine, worker_state
from workerfuzz.statemachine.worker.errors import InvalidEvent, StateMachineError
from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.worker_state import WorkerState

SEEDS = range(25)

DIGEST = """
import hashlib
from examples.blunders import planted_by_environment
from examples.events_of import random_run
from examples.snapshots import snapshot
from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.worker_state import WorkerState
digest = hashlib.sha256()
with planted_by_environment():
    for seed in range(40):
        config, happened = random_run(seed)
        worker = WorkerState(config)
        for event in happened:
            digest.update(repr((event, handle_stimulus(worker, event), snapshot(worker))).encode())
print(digest.hexdigest())
"""


def digest_under(hash_seed: str) -> str:
    """Return the digest of the same seeds in a process with that PYTHONHASHSEED."""
    return subprocess.run(
        [sys.executable, "-c", DIGEST],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_runs_are_the_same_under_every_hash_seed() -> None:
    """D1, and the walk itself: events, instructions and states, byte by byte."""
    assert len({digest_under(seed) for seed in ("0", "1", "4711")}) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_recorded_events_rebuild_the_worker(seed: int) -> None:
    """D2."""
    config, happened = random_run(seed)
    one, other = WorkerState(config), WorkerState(config)
    for event in happened:
        handle_stimulus(one, event)
    handle_stimulus(other, *happened)
    assert snapshot(one, values=False) == snapshot(other, values=False)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_copy_continues_alike(seed: int) -> None:
    """D3."""
    config, happened = random_run(seed)
    original = WorkerState(config)
    middle = len(happened) // 2
    handle_stimulus(original, *happened[:middle])
    copy = original.copy()
    for event in happened[middle:]:
        assert handle_stimulus(copy, event) == handle_stimulus(original, event)
        assert snapshot(copy) == snapshot(original)


@pytest.mark.parametrize("seed", SEEDS)
def test_events_together_do_what_they_do_one_by_one(seed: int) -> None:
    """D4."""
    config, happened = random_run(seed)
    together, apart = WorkerState(config), WorkerState(config)
    for place in range(0, len(happened) - 1, 2):
        pair = happened[place : place + 2]
        issued = [instruction for event in pair for instruction in handle_stimulus(apart, event)]
        assert handle_stimulus(together, *pair) == issued
        assert snapshot(together) == snapshot(apart)


def impossible_after(happened: list[events.Event]) -> list[events.Event]:
    """Events that cannot happen to a worker that came to rest."""
    return [
        events.ExecuteSuccess(key="u", run_id=1, value=1),
        events.Secede(key="v", run_id=2),
        events.GatherDepBusy(worker="a"),
        events.GatherDepSuccess(worker="b", values={"x": 1}),
        events.RetryBusyWorker(worker="c"),
        compute("z", 0),
        events.Event(),
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_invalid_event_changes_nothing(seed: int) -> None:
    """D5, R17: in the middle of a run and at its end."""
    config, happened = random_run(seed)
    subject = WorkerState(config)
    handle_stimulus(subject, *happened)
    before = snapshot(subject)
    for event in impossible_after(happened):
        with pytest.raises(InvalidEvent):
            handle_stimulus(subject, event)
        assert snapshot(subject) == before


@pytest.mark.parametrize("seed", SEEDS)
def test_a_failure_in_the_middle_of_an_event_is_undone(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D5: the model itself fails at some transition of some event; nothing of that event stays."""
    config, happened = random_run(seed)
    subject, control = WorkerState(config), WorkerState(config)
    move = worker_state.WorkerState.move
    countdown = [0]

    def fail_at_last(self: WorkerState, task: worker_state.TaskState, finish: State) -> None:
        move(self, task, finish)
        countdown[0] -= 1
        if countdown[0] == 0:
            raise StateMachineError("planted")

    for place, event in enumerate(happened):
        with monkeypatch.context() as patch:
            patch.setattr(worker_state.WorkerState, "move", fail_at_last)
            countdown[0] = 1 + place % 4
            before = snapshot(subject)
            try:
                machine.handle_stimulus(subject, event)
            except StateMachineError:
                assert snapshot(subject) == before
                handled = False
            else:
                handled = True
        if not handled:
            handle_stimulus(subject, event)
        handle_stimulus(control, event)
        assert snapshot(subject) == snapshot(control)
