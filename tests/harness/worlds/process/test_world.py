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
    "copied": "submit c0 a want a; flow; succeed w0 a; flow; replicate-keys c0 a; flow; rebalance c0",
    "published": "submit c0 a want a; flow; succeed w0 a; flow; publish c0 a; flow; release c0 a; flow",
    "broadcast": "broadcast c0 a; flow; gather c0 a; flow",
    "locked": "lock c0; flow; lock c1; flow; leave c0; flow; tick",
    "left": "submit c0 a want a; flow; succeed w0 a; flow; leave c0; flow; enter c0; flow; "
    "submit c0 a want a; flow",
    "retired": "scatter c0 a@w0; flow; retire-workers c1 w0; flow; flow; gather c0 a; flow",
    "renamed": "close w0; flow; join-as w2 w0; flow; submit c0 a want a; flow",
    "paused": "pause w0; submit c0 a want a; flow; unpause w0; flow",
    "restarted": "restart c0; flow; flow; join w2; flow; submit c0 a want a; flow",
    "not stored": "submit c0 a want a; flow; spoil w0 a; flow; retry c0 a; flow; succeed w1 a; flow",
    "not sent": "submit c0 a want a; flow; unserialisable w0 a; flow; gather c0 a; flow",
    "waited": "until w0.heartbeat; until scheduler.check_worker_ttl",
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


@pytest.mark.parametrize("name", [run for run in RUNS if run not in ("impossible", "actor")])
def test_processes_survive(results: Any, name: str) -> None:
    assert effects(results, name)


def test_a_worker_joins_at_the_address_of_one_that_died(results: Any) -> None:
    assert any("w0-2>scheduler" in line for line in effects(results, "died"))


def test_calls_of_clients_reach_workers(results: Any) -> None:
    assert "w1 a: released -> memory" in effects(results, "copied")
    assert "w1 a: released -> memory" in effects(results, "broadcast")
    assert "! scheduler<w0.1 close" in effects(results, "restarted")
    assert "w1 a: released -> memory" in effects(results, "retired")


def test_a_key_lives_as_long_as_it_is_published(results: Any) -> None:
    lines = results["published"]["effects"]
    assert "! c0>scheduler.1 client-releases-keys" in lines[-2]
    assert not any("scheduler a: memory -> -" in line for line in lines[-1])


def test_results_that_cannot_be_stored_or_sent(results: Any) -> None:
    assert "w0 a: executing -> error" in effects(results, "not stored")
    assert "w0 a: executing -> memory" in effects(results, "not sent")


def test_a_paused_worker_starts_nothing(results: Any) -> None:
    before, after = results["paused"]["effects"][2], results["paused"]["effects"][3:]
    assert not any(line.startswith("w0 a: ") for line in before)
    assert after


def test_a_client_that_has_left_comes_back_as_another_process(results: Any) -> None:
    assert any("c0-2>scheduler.1 update-graph" in line for line in effects(results, "left"))


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
