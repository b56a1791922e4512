"""Simpler runs in which several steps change at once."""

import pytest

from workerfuzz.harness.engines.shrink.shrink import (
    with_fewer_keys,
    with_simpler_contents,
)
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.worker import Step, parse


def worker(*lines: str) -> tuple[Step, ...]:
    return tuple(map(parse, lines))


def cluster(*lines: str) -> tuple[Step, ...]:
    return tuple(parse(line, BY_WORD) for line in lines)


def said(steps: tuple[Step, ...]) -> list[str]:
    return list(map(str, steps))


def test_a_key_goes_wherever_it_is_named() -> None:
    steps = worker(
        "compute-task z needs y@a x", "gather-dep-success a y", "free-keys x y", "secede y",
        "acquire-replicas x@a y", "pause",
    )  # fmt: skip
    without_x, without_y, without_z = map(said, with_fewer_keys(steps))
    assert without_z == said(steps[1:])
    assert without_y == [
        "compute-task z needs x", "gather-dep-success a", "free-keys x", "acquire-replicas x@a",
        "pause",
    ]  # fmt: skip
    assert without_x == [
        "compute-task z needs y@a", "gather-dep-success a y", "free-keys y", "secede y",
        "acquire-replicas y", "pause",
    ]  # fmt: skip


def test_a_graph_does_without_a_key() -> None:
    steps = cluster("submit c0 a b(a) want a,b", "release c0 a b", "succeed w0 a", "cancel c0 a")
    without_b, without_a = map(said, with_fewer_keys(steps))
    assert without_b == ["submit c0 a want a", "release c0 a", "succeed w0 a", "cancel c0 a"]
    assert without_a == ["submit c0 b want b", "release c0 b"]


def test_a_graph_keeps_what_it_needs_of_others_when_another_key_goes() -> None:
    (graph,) = cluster("submit c0 b(a) c want b")
    assert graph.without("z") == graph
    assert str(graph.without("c")) == "submit c0 b(a) want b"
    assert str(graph.without("b")) == "submit c0 c want c"


@pytest.mark.parametrize(
    ("steps", "simpler"),
    [
        (
            worker("compute-task z spec=1", "execute-success z", "compute-task z spec=1"),
            ["compute-task z", "execute-success z", "compute-task z"],
        ),
        (
            worker("compute-task z spec=2", "free-keys z", "compute-task z spec=1"),
            ["compute-task z", "free-keys z", "compute-task z spec=1"],
        ),
        (
            worker("compute-task z actor needs y", "compute-task z actor needs y"),
            ["compute-task z actor", "compute-task z actor"],
        ),
        (
            cluster("submit c0 a b#1(a) want b", "submit c1 a b#1(a) want b"),
            ["submit c0 a b#1 want b", "submit c1 a b#1 want b"],
        ),
        (
            cluster("submit c0 a[actor] want a", "submit c1 a[actor] want a"),
            ["submit c0 a want a", "submit c1 a want a"],
        ),
    ],
)
def test_contents_change_wherever_they_are_given(
    steps: tuple[Step, ...], simpler: list[str]
) -> None:
    assert simpler in list(map(said, with_simpler_contents(steps)))


def test_what_is_simple_stays() -> None:
    steps = worker("compute-task z", "free-keys z", "compute-task z spec=1", "pause")
    (plain,) = {tuple(map(str, content)) for content in with_simpler_contents(steps)}
    assert plain == ("compute-task z", "free-keys z", "compute-task z", "pause")
