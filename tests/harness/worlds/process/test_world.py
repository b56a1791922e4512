"""Steps of whole processes do what they say, and what they break is found."""

from typing import Any

import pytest
from examples.process_runs import OLDEST, in_own_process, is_simulated

pytestmark = pytest.mark.skipif(
    not is_simulated(), reason=f'needs distributed >={OLDEST}: pip install "workerfuzz[dask]"'
)

#: Steps, by what they show; all are played in one process.
RUNS = {
    "computed": "submit c0 a b(a) want b; deliver c0>scheduler.1; deliver scheduler<w0.1; succeed w0 a",
    "failed": "submit c0 a want a; flow; fail w0 a; flow; retry c0 a; flow; succeed w1 a; gather c0 a",
    "rescheduled": "submit c0 a want a; flow; reschedule w0 a; flow",
    "scattered": "scatter c0 a@w1; flow; gather c0 a; flow",
    "cancelled": "submit c0 a want a; flow; succeed w0 a; flow; cancel c0 a; flow; release c0 a",
    "released": "submit c0 a want a; submit c1 a want a; flow; release c0 a; flow; succeed w0 a",
    "died": "submit c0 a b(a) want b; flow; succeed w0 a; dies w0; flow; join w0; flow",
    "closed": "submit c0 a want a; flow; close-gracefully w0; flow; succeed w1 a; flow; join w2; flow",
    "cut": "submit c0 a want a; flow; cut w0>scheduler.1; flow; tick",
    "impossible": "deliver c0>scheduler.7",
    "actor": "submit c0 a[actor] want a",
}


@pytest.fixture(scope="module")
def results() -> Any:
    return in_own_process(f"tell({{name: played(steps) for name, steps in {RUNS!r}.items()}})")


def effects(results: Any, name: str) -> list[str]:
    assert "broken" not in results[name], results[name]
    assert "impossible" not in results[name], results[name]
    return [line for lines in results[name]["effects"] for line in lines]


def test_a_task_is_computed_by_its_messages(results: Any) -> None:
    lines = effects(results, "computed")
    assert "! c0>scheduler.1 update-graph" in lines
    assert "scheduler a: released -> processing" in lines
    assert "! scheduler<w0.1 compute-task" in lines
    assert "w0 a: executing -> memory" in lines


def test_a_task_fails_and_is_retried(results: Any) -> None:
    lines = effects(results, "failed")
    assert "w0 a: executing -> error" in lines
    assert "scheduler a: erred -> processing" in lines


@pytest.mark.parametrize(
    "name", ["rescheduled", "scattered", "cancelled", "released", "died", "closed", "cut"]
)
def test_processes_survive(results: Any, name: str) -> None:
    assert effects(results, name)


def test_a_worker_joins_at_the_address_of_one_that_died(results: Any) -> None:
    assert any("w0-2>scheduler" in line for line in effects(results, "died"))


def test_an_impossible_step_is_said_to_be_one(results: Any) -> None:
    assert results["impossible"]["impossible"] == "deliver is not possible for c0>scheduler.7 now"
    assert results["actor"]["impossible"].startswith("actors are not simulated")


def test_a_lost_message_is_found() -> None:
    result = in_own_process(
        "from distributed import Client\n"
        "Client._handle_key_in_memory = lambda self, key=None, type=None, workers=None: None\n"
        "tell(played('submit c0 a want a; flow; succeed w0 a'))"
    )
    assert result["broken"] == "wanted_keys_resolve"


def test_an_exception_of_a_handler_is_found() -> None:
    result = in_own_process(
        "from distributed import Scheduler\n"
        "Scheduler.handle_task_erred = None\n"
        "tell(played('submit c0 a want a; flow; fail w0 a; flow'))"
    )
    assert result["broken"] == "no_handler_raises"


def test_a_wrong_value_is_found() -> None:
    result = in_own_process(
        "from distributed import Worker\n"
        "get = Worker.get_data\n"
        "async def get_data(self, comm, **named):\n"
        "    self.data.update(dict.fromkeys(self.data, 'wrong'))\n"
        "    return await get(self, comm, **named)\n"
        "Worker.get_data = get_data\n"
        "tell(played('submit c0 a want a; flow; succeed w0 a; flow; gather c0 a; flow'))"
    )
    assert result["broken"] == "gathered_values_are_right"
