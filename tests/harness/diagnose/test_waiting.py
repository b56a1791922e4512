"""Chains of waiting, from the key that a client wants to the root."""

from typing import Any

import pytest
from examples.dumps import diagnosis_of, dump_of, model, with_clock

from workerfuzz.harness.diagnose.waiting import Chain, RootKind, Waiting, named

W0, W1 = "w0:0", "w1:0"


def chains(plain: Any, settled_s: float = 0.0) -> list[Chain]:
    return Waiting(model(plain), settled_s).chains()


@pytest.mark.parametrize(
    ("hang", "chain"),
    [
        (
            "unreadable",
            [
                "c is processing on w1",
                "c is waiting for a",
                "a failed there (failed to deserialise), and nobody asks for it again; "
                "the scheduler has it in memory on w0",
            ],
        ),
        ("retry", ["c is waiting for b", "b failed (failed), and is not tried again"]),
        (
            "stale",
            [
                "b is processing on w0",
                "b is waiting for a",
                "a is released there, and nobody fetches or computes it; "
                "the scheduler has it in memory on w1",
            ],
        ),
        ("elsewhere", ["a has no worker, though w1 may run it"]),
    ],
)
def test_the_chain_of_a_hang_ends_at_its_root(hang: str, chain: list[str]) -> None:
    group = diagnosis_of(hang).groups[0]
    assert [link.sentence for link in group.chain.links] == chain
    assert group.chain.kind is RootKind.STUCK


def test_news_a_moment_ago_is_no_hang() -> None:
    plain = with_clock(dump_of("unreadable"), at=100.0, news=95.0)
    assert [chain.kind for chain in chains(plain, 10.0)] == [RootKind.MOVING]
    assert [chain.kind for chain in chains(plain, 5.0)] == [RootKind.STUCK]
    assert chains(plain)[0].age_s == 5.0


def test_a_function_that_runs_is_not_dask() -> None:
    plain = dump_of("unreadable")
    task = plain["workers"][W1]["tasks"]["c"]
    task["state"] = "executing"
    found = chains(plain)[0]
    assert found.kind is RootKind.RUNNING
    assert found.root.sentence == "your function runs: this is not Dask waiting"
    task["state"] = "long-running"
    assert "outside the threads of the worker" in chains(plain)[0].root.sentence


def test_a_worker_that_did_not_answer_ends_a_chain() -> None:
    plain = dump_of("unreadable")
    plain["workers"][W1] = "OSError('Timed out')"
    found = chains(plain)[0]
    assert found.kind is RootKind.NO_ANSWER
    assert found.root.sentence.startswith("w1 did not answer (OSError('Timed out'))")


def test_a_copy_that_is_under_way() -> None:
    plain = dump_of("unreadable")
    task = plain["workers"][W1]["tasks"]["a"]
    task |= {"state": "flight", "coming_from": W0}
    assert chains(plain)[0].kind is RootKind.TRANSFER
    plain["workers"][W0] = "gone"
    assert chains(plain)[0].kind is RootKind.NO_ANSWER
    del plain["workers"][W0], plain["scheduler"]["workers"][W0]
    assert chains(plain)[0].root.sentence == "a is being copied from w0:0, which is gone"


@pytest.mark.parametrize(
    ("changes", "kind", "sentence"),
    [
        ({"in_flight_workers": {W0: ["z"]}}, RootKind.TRANSFER, "1 transfers are open"),
        ({"busy_workers": [W0]}, RootKind.TRANSFER, "1 peers are busy"),
        ({"running": False}, RootKind.PAUSED, "the worker is paused"),
        ({}, RootKind.STUCK, "no transfer is open"),
    ],
)
def test_a_copy_that_is_queued(changes: dict[str, object], kind: RootKind, sentence: str) -> None:
    plain = dump_of("unreadable")
    plain["workers"][W1]["tasks"]["a"] |= {"state": "fetch", "who_has": [W0]}
    plain["workers"][W1] |= changes
    found = chains(plain)[0]
    assert (found.kind, sentence in found.root.sentence) == (kind, True)


def test_a_missing_key_is_followed_to_where_it_is_computed() -> None:
    plain = dump_of("unreadable")
    plain["workers"][W1]["tasks"]["a"]["state"] = "missing"
    assert "the scheduler has it in memory on w0" in chains(plain)[0].root.sentence
    plain["scheduler"]["tasks"]["a"] |= {"state": "released", "who_has": None}
    assert chains(plain)[0].root.place == W1
    plain["scheduler"]["tasks"]["a"] |= {"state": "no-worker", "worker_restrictions": ["tcp://z:1"]}
    found = chains(plain)[0]
    assert found.kind is RootKind.UNSATISFIABLE
    assert found.root.sentence.endswith("it is restricted to workers tcp://z:1")


def test_a_ready_task_waits_for_the_threads() -> None:
    plain = dump_of("unreadable")
    worker = plain["workers"][W1]
    worker["tasks"]["c"]["state"] = "ready"
    assert chains(plain)[0].root.sentence == "c is ready, though 1 threads have nothing to do"
    worker["executing"] = ["b"]
    worker["tasks"]["b"]["state"] = "executing"
    found = chains(plain)[0]
    assert (found.root.key, found.kind) == ("b", RootKind.RUNNING)
    worker["running"] = False
    assert chains(plain)[0].kind is RootKind.PAUSED


def test_a_queued_task_waits_for_all_that_is_processed() -> None:
    plain = dump_of("unreadable")
    plain["scheduler"]["tasks"]["b"] |= {"state": "queued", "who_wants": ["<Client 'c0'>"]}
    found = {chain.wanted: chain for chain in chains(plain)}["b"]
    assert found.root.sentence == "b is queued, though w0 has nothing to do"
    plain["scheduler"]["workers"][W0]["processing"] = ["<TaskState 'c' processing>"]
    found = {chain.wanted: chain for chain in chains(plain)}["b"]
    assert (found.root.key, found.kind) == ("a", RootKind.STUCK)


@pytest.mark.parametrize(
    ("state", "previous", "kind"),
    [
        ("cancelled", "executing", RootKind.RUNNING),
        ("resumed", "flight", RootKind.TRANSFER),
        ("memory", None, RootKind.STUCK),
        ("rescheduled", None, RootKind.STUCK),
    ],
)
def test_other_states_of_a_worker(state: str, previous: str | None, kind: RootKind) -> None:
    plain = dump_of("unreadable")
    plain["workers"][W1]["tasks"]["c"] |= {"state": state, "previous": previous}
    assert chains(plain)[0].kind is kind


def test_what_waits_for_itself_is_told_all_the_same() -> None:
    plain = dump_of("retry")
    tasks = plain["scheduler"]["tasks"]
    tasks["b"] |= {"state": "waiting", "waiting_on": ["<TaskState 'c' waiting>"]}
    tasks["c"] |= {"waiting_on": ["<TaskState 'b' waiting>"]}
    found = chains(plain)
    assert {chain.kind for chain in found} == {RootKind.STUCK}


def test_long_chains_need_no_recursion() -> None:
    plain = dump_of("retry")
    tasks = plain["scheduler"]["tasks"]
    before = "c"
    for number in range(5_000):
        key = f"d{number}"
        tasks[key] = dict(tasks["c"], key=key, waiting_on=[f"<TaskState '{before}' waiting>"])
        before = key
    found = {chain.wanted: chain for chain in chains(plain)}
    assert found["d4999"].root.key == "b"
    assert found["d4999"].shape == found["c"].shape


def test_a_sentence_names_only_a_few() -> None:
    assert named(["a", "b", "c"]) == "a, b, c"
    assert named(map(str, range(1_004))) == "0, 1, 2 and 1,001 more"
