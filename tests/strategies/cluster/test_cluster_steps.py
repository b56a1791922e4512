"""Steps of a cluster: each reads as it is written, and is possible when drawn."""

import pytest

from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.scopes import CLUSTER
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster import BY_WORD, CLUSTER_STEPS
from workerfuzz.strategies.cluster.run_config import draw_cluster
from workerfuzz.strategies.text import BadText
from workerfuzz.strategies.worker import parse

LINES = (
    "submit c0 a want a",
    "submit c1 a b#2(a) c(a,b)[actor] want b,c",
    "submit c0 a[priority=-1,retries=2,cpu=1,on=w0|w1,loose] want a",
    "release c0 a b",
    "cancel c0 a",
    "cancel c0 a [force]",
    "retry c1 a",
    "scatter c0 a@w1",
    "store c0 a@w1",
    "scattered c0 a@w1",
    "gather-on-worker a w1",
    "gathered a w1",
    "recompute b a",
    "retire w0",
    "unretire w0",
    "retired w0",
    "manage-memory",
    "disconnect c0",
    "disconnected c0",
    "connect c0",
    "overflow w0 w1",
    "deliver c0->scheduler",
    "deliver scheduler->w0",
    "begin w0 a",
    "succeed w0 a",
    "steal a w1",
    "dies w0",
    "break w0 w1",
)


@pytest.mark.parametrize("line", LINES)
def test_a_step_reads_as_it_is_written(line: str) -> None:
    assert str(parse(line, BY_WORD)) == line


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sbmit c0 a want a", 'unknown step "sbmit"; did you mean "submit"?'),
        ("submit c0 a", 'expected a client, tasks, "want", and keys'),
        ("submit c0 b(a) a want b", "b needs a, which comes after it"),
        ("submit c0 a(a) want a", "a needs itself"),
        ("submit c0 a want b", "b is wanted, but not in the graph"),
        ("submit c0 a[slow] want a", 'expected actor, loose or name=value, found "slow"'),
        ("deliver w0", 'expected SENDER->RECEIVER, found "w0"'),
        ("scatter c0 a", "expected a client, and KEY@WORKER"),
        ("store c0 a w0", "expected a client, and KEY@WORKER"),
        ("recompute", "usage: recompute KEY..."),
        ("manage-memory w0", "expected 0 arguments, found 1"),
        ("connect", "expected 1 argument, found 0"),
        ("recompute a a", '"a" comes twice'),
        ("begin w0", "expected 2 arguments, found 1"),
    ],
)
def test_what_is_mistyped_is_told(line: str, message: str) -> None:
    with pytest.raises(BadText, match=r"usage: |unknown") as told:
        parse(line, BY_WORD)
    assert message in str(told.value)


def test_every_kind_has_a_word_of_its_own() -> None:
    assert len(BY_WORD) == len(CLUSTER_STEPS)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_drawn_is_possible_and_reads_back(seed: int) -> None:
    chooser = RandomChooser(seed)
    world = ClusterWorld(get_cluster("reference"), draw_cluster(chooser))
    for _ in range(60):
        for kind in world.possible():
            step = world.draw(kind, chooser)
            assert step.why_impossible(world) is None, step
            assert parse(str(step), CLUSTER.words) == step
        world.apply(world.draw(chooser.pick(world.possible()), chooser))


def test_simpler_steps_are_well_formed() -> None:
    step = parse("submit c0 a b#1(a) c(a,b)[retries=1] want b,c", BY_WORD)
    for simpler in step.simpler():
        assert parse(str(simpler), BY_WORD) == simpler
