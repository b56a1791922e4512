"""Search for a configuration of one key in a cluster."""

import pytest

from workerfuzz.harness.cases.format.casefile import format as format_case
from workerfuzz.harness.cases.format.casefile import parse
from workerfuzz.harness.engines.reach.reach import (
    NoSuchConfiguration,
    ReachSearch,
    parse_configuration,
)
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse as parse_step

#: A task that is let go while it runs; the news of that has not arrived.
RELEASED = (
    "submit c0 a want a|deliver c0->scheduler|deliver scheduler->w0"
    "|release c0 a|deliver c0->scheduler"
)


def world(lines: str, workers: int = 2) -> ClusterWorld:
    cluster = ClusterWorld(
        get_cluster("reference"), ClusterRunConfig(ClusterConfig(workers=workers))
    )
    for line in lines.split("|"):
        cluster.apply(parse_step(line, BY_WORD))
    return cluster


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("scheduler released; w0 executing; forget-keys under way", "a"),
        ("w0 executing; w0 thread running; not wanted", "a"),
        ("w0 -; w1 executing", "a"),  # names of workers are those of the text
        ("scheduler processing", ""),
        ("w0 executing; w1 executing", ""),
        ("w0 executing; wanted", ""),
        ("compute-task under way", ""),
    ],
)
def test_a_configuration_is_true_of_one_key(text: str, key: str) -> None:
    assert parse_configuration(text).key_in(world(RELEASED)) == key


def test_what_is_held_and_what_comes_next_are_part_of_it() -> None:
    cluster = world(RELEASED + "|deliver scheduler->w0")
    assert parse_configuration("w0 cancelled(executing)").key_in(cluster) == "a"
    assert not parse_configuration("w0 cancelled(flight)").key_in(cluster)
    assert not parse_configuration("w0 cancelled(executing, waiting)").key_in(cluster)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "needs a clause"),
        ("scheduler executing", "the scheduler has no state executing; it has released,"),
        ("w0 erred", "a worker has no state erred"),
        ("w0 ready(flight)", "ready holds nothing"),
        ("a is lost", '"a is lost": a clause is "scheduler STATE"'),
    ],
)
def test_a_text_that_is_no_configuration_says_why(text: str, why: str) -> None:
    with pytest.raises(NoSuchConfiguration, match=why.replace("(", r"\(")):
        parse_configuration(text)


def test_the_way_is_a_case_of_few_steps_that_gets_there() -> None:
    sought = parse_configuration("w0 cancelled(executing)")
    search = ReachSearch(get_cluster("reference"), sought, seed=1)
    case = search.find(lambda: search.runs > 200)
    assert case is not None
    assert len(case.steps) <= 6
    assert parse(format_case(case)).steps == case.steps
    assert sought.key_in(world("|".join(map(str, case.steps)), workers=1))


def test_a_search_that_is_over_found_nothing() -> None:
    sought = parse_configuration("scheduler erred; w0 memory; w1 flight; w2 resumed(flight)")
    search = ReachSearch(get_cluster("reference"), sought)
    assert search.find(lambda: search.runs >= 2) is None
    assert search.runs == 2
    assert search.steps > 0
