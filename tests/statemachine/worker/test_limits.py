"""Limits of transfers, priorities, and what is asked for together."""

from examples.events_of import compute

from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.worker_state import WorkerState


def gathered(worker: WorkerState, *happened: Event) -> list[tuple[str, ...]]:
    """Peer and keys of each transfer that is started."""
    issued = handle_stimulus(worker, *happened)
    return [
        (instruction.worker, *instruction.keys)
        for instruction in issued
        if isinstance(instruction, do.GatherDep)
    ]


def copies(size: int, **held: str) -> events.AcquireReplicas:
    """Copies of keys of one size are wanted."""
    return events.AcquireReplicas(
        who_has={key: tuple(peers) for key, peers in held.items()},
        nbytes=dict.fromkeys(held, size),
    )


def test_one_message_carries_what_fits_and_always_one_key() -> None:
    worker = WorkerState(WorkerConfig(transfer_message_nbytes=100))
    assert gathered(worker, copies(60, x="a", y="a")) == [("a", "x")]
    assert gathered(worker, events.GatherDepSuccess(worker="a", values={"x": 1})) == [("a", "y")]
    assert gathered(worker, copies(500, z="b")) == [("b", "z")]


def test_all_transfers_together_bring_no_more_than_the_worker_takes() -> None:
    worker = WorkerState(WorkerConfig(transfer_incoming_nbytes=150))
    assert gathered(worker, copies(60, x="a", y="b", z="c")) == [("a", "x"), ("b", "y")]
    assert worker.incoming_nbytes == 120


def test_number_of_transfers_is_limited_unless_they_are_small() -> None:
    strict = WorkerConfig(transfer_count=1, transfer_throttle_nbytes=0)
    assert gathered(WorkerState(strict), copies(60, x="a", y="b")) == [("a", "x")]
    lenient = WorkerConfig(transfer_count=1, transfer_throttle_nbytes=100)
    both = [("a", "x"), ("b", "y")]
    assert gathered(WorkerState(lenient), copies(60, x="a", y="b", z="c")) == both


def test_urgent_keys_are_asked_for_first() -> None:
    worker = WorkerState(WorkerConfig(transfer_count=1, transfer_throttle_nbytes=0))
    handle_stimulus(worker, events.Pause())
    handle_stimulus(worker, copies(1, u="a"), compute("y", 1, priority=(2,), w="b"))
    handle_stimulus(worker, compute("z", 2, priority=(1,), x="c"))
    assert gathered(worker, events.Unpause()) == [("c", "x")]
    assert gathered(worker, events.GatherDepBusy(worker="c")) == [("b", "w")]


def test_a_queued_key_becomes_as_urgent_as_the_task_that_needs_it_now() -> None:
    worker = WorkerState(WorkerConfig(transfer_message_nbytes=1))
    handle_stimulus(worker, events.Pause(), copies(1, v="a", w="a", x="a"))
    handle_stimulus(worker, compute("y", 1, x="a"))
    assert gathered(worker, events.Unpause()) == [("a", "x")]


def test_a_key_that_failed_travels_alone() -> None:
    """A peer's answer that will not deserialise casts suspicion on all keys in it, once."""
    worker = WorkerState()
    assert gathered(worker, copies(1, x="a", y="a")) == [("a", "x", "y")]
    assert gathered(worker, events.GatherDepFailure(worker="a")) == [("a", "x")]
    assert gathered(worker, events.GatherDepFailure(worker="a")) == [("a", "x")]


def test_priority_decides_which_task_runs() -> None:
    worker = WorkerState()
    handle_stimulus(worker, events.Pause(), compute("x", 1, priority=(2,)))
    handle_stimulus(worker, compute("y", 2, priority=(1,)))
    issued = handle_stimulus(worker, events.Unpause())
    assert [instruction.key for instruction in issued if isinstance(instruction, do.Execute)] == [
        "y"
    ]


def test_a_task_whose_resources_are_taken_holds_up_nobody_else() -> None:
    """R30."""
    worker = WorkerState(WorkerConfig(nthreads=3, resources={"gpu": 2}))
    handle_stimulus(worker, compute("x", 1, resources={"gpu": 1}))
    handle_stimulus(worker, compute("y", 2, resources={"gpu": 2}))
    issued = handle_stimulus(worker, compute("z", 3, priority=(9,), resources={"gpu": 1}))
    assert [instruction.key for instruction in issued if isinstance(instruction, do.Execute)] == [
        "z"
    ]
