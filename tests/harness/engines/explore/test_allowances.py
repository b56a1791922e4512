"""Limits on the number of steps, of all kinds and of each."""

import pytest

from workerfuzz.harness.engines.explore.allowances import GROUPS, UnknownAllowance, allowances
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.strategies.cluster import CLUSTER_STEPS
from workerfuzz.strategies.worker import BY_WORD, WORKER_STEPS


def test_kinds_of_a_group_share_what_is_allowed() -> None:
    items = allowances("worker", WORKER_STEPS)
    spent = items.start
    for word in ("compute-task", "update-data"):
        after = items.after(spent, BY_WORD[word])
        assert after is not None
        spent = after
    assert items.after(spent, BY_WORD["acquire-replicas"]) is None
    assert items.after(spent, BY_WORD["free-keys"]) is not None


def test_what_ends_something_happens_as_often_as_it_can() -> None:
    items = allowances("worker", WORKER_STEPS)
    assert items.after(items.start, BY_WORD["execute-success"]) == items.start


def test_a_kind_that_is_named_has_an_allowance_to_itself() -> None:
    items = allowances("worker", WORKER_STEPS, {"pause": 2, "faults": 0})
    assert str(items) == "requests=2, withdrawals=1, pause=2"
    once = items.after(items.start, BY_WORD["pause"])
    assert once is not None
    twice = items.after(once, BY_WORD["pause"])
    assert twice is not None
    assert items.after(twice, BY_WORD["pause"]) is None
    assert items.after(items.start, BY_WORD["secede"]) is None


def test_a_kind_that_is_not_to_happen_does_not() -> None:
    items = allowances("worker", WORKER_STEPS, {"execute-success": 0})
    assert items.after(items.start, BY_WORD["execute-success"]) is None


@pytest.mark.parametrize("scope", GROUPS)
def test_groups_name_kinds_that_there_are_and_each_once(scope: str) -> None:
    words = [word for group in GROUPS[scope] for word in group.words]
    assert len(words) == len(set(words))
    assert {*words} <= {kind.word for kind in SCOPES[scope].kinds}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("steel", 'did you mean "steal"?'),
        ("zzz", "groups are requests, withdrawals, deaths, thefts, pauses, breaks, faults"),
    ],
)
def test_an_unknown_name_is_refused(name: str, hint: str) -> None:
    with pytest.raises(UnknownAllowance) as unknown:
        allowances("cluster", CLUSTER_STEPS, {name: 1})
    assert str(unknown.value) == f'no kind of step, and no group of them, is "{name}"; {hint}'
