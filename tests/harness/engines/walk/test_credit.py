"""Credit: tactics that find something get more runs, and none starves."""

from collections import Counter

import pytest

from workerfuzz.harness.engines.walk.tactics import FIXED, Credit
from workerfuzz.strategies.choosers import RandomChooser

RUNS = 4000


def picked(credit: Credit, *among: str) -> Counter[str]:
    chooser = RandomChooser(0)
    return Counter(credit.pick(chooser, among or tuple(credit.share)) for _ in range(RUNS))


def test_at_first_shares_are_as_the_weights_say() -> None:
    runs = picked(Credit({"a": 1, "b": 3}))
    assert runs["b"] / RUNS == pytest.approx(0.75, abs=0.03)


def test_what_finds_more_gets_more_and_nobody_starves() -> None:
    credit = Credit({"a": 1, "b": 1, "c": 1})
    for _ in range(50):
        credit.note("a", 100, 5)
        credit.note("b", 100, 0)
        credit.note("c", 100, 0)
    runs = picked(credit)
    assert runs["a"] > 1.5 * runs["b"]
    assert min(runs.values()) / RUNS > 0.9 * FIXED / 3


def test_what_was_found_long_ago_counts_for_little() -> None:
    credit = Credit({"a": 1, "b": 1})
    credit.note("a", 100, 50)
    before = picked(credit)
    for _ in range(5000):
        credit.note("a", 50, 0)
        credit.note("b", 50, 0)
    after = picked(credit)
    assert before["a"] / RUNS > 0.6
    assert after["a"] / RUNS == pytest.approx(0.5, abs=0.03)


def test_one_that_cannot_be_had_now_leaves_its_share_to_the_others() -> None:
    credit = Credit({"a": 1, "b": 1, "c": 2})
    runs = picked(credit, "a", "b")
    assert runs["a"] / RUNS == pytest.approx(0.5, abs=0.03)
    assert runs["a"] + runs["b"] == RUNS
