"""Properties that a dump shows to be broken, once their keys are quiet."""

import pytest
from examples.dumps import HANGS, Plain, dump_of, model, with_clock

from workerfuzz.harness.diagnose.contradictions import contradictions

W0, W1 = "w0:0", "w1:0"


def broken(plain: Plain, settled_s: float = 0.0) -> set[tuple[str, str]]:
    return {
        (contradiction.property, contradiction.key)
        for contradiction in contradictions(model(plain), settled_s)
    }


@pytest.mark.parametrize(
    ("hang", "found"),
    [
        ("unreadable", ("inputs_are_asked_for", "c")),
        ("retry", ("waiting_for_a_reason", "c")),
        ("gone", ("released_for_a_reason", "b")),
        ("elsewhere", ("no_worker_for_a_reason", "a")),
        ("stale", ("inputs_are_asked_for", "b")),
    ],
)
def test_a_hang_contradicts_itself(hang: str, found: tuple[str, str]) -> None:
    assert broken(dump_of(hang)) == {found}


@pytest.mark.parametrize("hang", HANGS)
def test_nothing_counts_before_it_is_quiet(hang: str) -> None:
    plain = with_clock(dump_of(hang), at=100.0, news=91.0)
    assert broken(plain, 10.0) == set()


def test_an_input_with_news_is_not_quiet() -> None:
    plain = with_clock(dump_of("unreadable"), at=100.0, news=50.0)
    assert broken(plain, 10.0)
    plain["workers"][W0]["log"].append(["a", "remove-replica", "x-1", 95.0])
    assert broken(plain, 10.0) == set()


def healthy() -> Plain:
    """A cluster in which ``c`` runs on w1."""
    plain = dump_of("unreadable")
    worker = plain["workers"][W1]
    del worker["tasks"]["a"]
    worker["tasks"]["c"] = {"key": "c", "state": "executing"}
    worker["executing"] = ["c"]
    return plain


def test_a_healthy_cluster_does_not() -> None:
    assert broken(healthy()) == set()


@pytest.mark.parametrize(
    ("place", "changes", "found"),
    [
        (("workers", W1), {"data": {}}, "stores_what_is_in_memory"),
        (("workers", W1, "tasks", "c"), {"state": "released"}, "processing_is_being_done"),
        (
            ("workers", W1),
            {"executing": [], "tasks": {"c": {"key": "c", "state": "ready"}}},
            "threads_are_used",
        ),
        (("workers", W1, "tasks", "c"), {"state": "waiting"}, "waits_for_its_inputs"),
        (("workers", W0, "tasks", "a"), {"state": "missing"}, "missing_is_nowhere"),
        (("workers", W0, "tasks", "a"), {"state": "fetch"}, "copies_are_begun"),
        (("workers", W0, "data"), {"x": None}, "holding_is_agreed_on"),
        (("scheduler", "tasks", "c"), {"state": "queued"}, "idle_workers_are_given_tasks"),
        (("scheduler", "tasks", "c"), {"processing_on": "gone"}, "computing_was_asked_for"),
        (("scheduler", "tasks", "c"), {"who_wants": []}, "wants_agree"),
        (("scheduler", "tasks", "a"), {"who_has": []}, "memory_has_a_holder"),
        (("scheduler", "tasks", "a"), {"waiters": []}, "inputs_know_their_dependents"),
        (("scheduler", "tasks", "a"), {"exception_blame": "x"}, "erred_has_a_failure"),
        (("scheduler", "workers", W0), {"has_what": []}, "holders_agree"),
        (("scheduler", "workers", W1), {"processing": []}, "processing_has_a_worker"),
    ],
)
def test_each_property_is_broken_by_something(
    place: tuple[str, ...], changes: dict[str, object], found: str
) -> None:
    plain = healthy()
    node = plain
    for name in place:
        node = node[name]
    node |= changes
    assert found in {name for name, _ in broken(plain)}


def test_a_paused_worker_need_not_begin() -> None:
    plain = healthy()
    plain["workers"][W1]["tasks"]["c"]["state"] = "ready"
    plain["workers"][W1] |= {"running": False, "executing": []}
    assert broken(plain) == set()


def test_actors_have_no_values_in_a_dump() -> None:
    plain = healthy()
    plain["scheduler"]["workers"][W0]["actors"] = ["<TaskState 'a' memory>"]
    plain["workers"][W0]["data"] = {}
    assert broken(plain) == set()


def test_one_worker_alone_is_judged_by_itself() -> None:
    assert broken(dump_of("unreadable")["workers"][W1]) == {("inputs_are_asked_for", "c")}
