"""Resources are given back exactly, whatever amounts and in whatever order."""

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from random import Random

import pytest
from examples.events_of import compute
from hypothesis import given
from hypothesis import strategies as st

from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.config import WorkerConfig, remaining
from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: Amounts as users write them: a few digits.
AMOUNTS = st.decimals(min_value="0.001", max_value=1000, places=3).map(float)


def running(total: float, amounts: Sequence[float]) -> WorkerState:
    """A worker that was asked for a task for each amount, in this order."""
    worker = WorkerState(WorkerConfig(nthreads=len(amounts), resources={"gpu": total}))
    for run_id, amount in enumerate(amounts, 1):
        handle_stimulus(worker, compute(f"k{run_id}", run_id, resources={"gpu": amount}))
    return worker


def end(worker: WorkerState, run_id: int) -> None:
    handle_stimulus(worker, events.ExecuteFailure(key=f"k{run_id}", run_id=run_id))


@pytest.mark.parametrize("order", [*itertools.permutations((1, 2, 3))])
def test_tenths_are_given_back_in_any_order(order: Sequence[int]) -> None:
    worker = running(0.6, (0.1, 0.2, 0.3))
    assert [task.state for task in worker.tasks.values()] == [State.EXECUTING] * 3
    assert worker.available_resources == {"gpu": 0}
    for run_id in order:
        end(worker, run_id)
    assert worker.available_resources == {"gpu": 0.6}


@given(st.lists(AMOUNTS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_amounts_that_make_up_the_total_all_fit_and_all_come_back(
    amounts: list[float], random: Random
) -> None:
    total = float(sum(Fraction(str(amount)) for amount in amounts))
    worker = running(total, amounts)
    assert {task.state for task in worker.tasks.values()} == {State.EXECUTING}
    assert worker.available_resources == {"gpu": 0}
    order = list(range(1, len(amounts) + 1))
    random.shuffle(order)
    for run_id in order:
        end(worker, run_id)
    assert worker.available_resources == {"gpu": total}


def test_a_thread_that_seceded_or_runs_for_nobody_keeps_what_it_took() -> None:
    worker = running(0.6, (0.1, 0.2))
    handle_stimulus(worker, events.Secede(key="k1", run_id=1))
    handle_stimulus(worker, events.FreeKeys(keys=("k2",)))
    assert worker.available_resources == {"gpu": 0.3}
    handle_stimulus(worker, compute("x", 3, resources={"gpu": 0.3}))
    assert worker.available_resources == {"gpu": 0}


def test_an_infinite_resource_stays_so() -> None:
    worker = running(math.inf, (0.1, 2, math.inf))
    assert worker.available_resources == {"gpu": math.inf}
    for run_id in (1, 2, 3):
        end(worker, run_id)
    assert worker.available_resources == {"gpu": math.inf}


def test_whole_numbers_stay_whole() -> None:
    assert str(remaining(2, (1,))) == "1"
    assert str(remaining(1e300, (1e300,))) == "0.0"
    assert remaining(2.5, (1, 0.5)) == 1
