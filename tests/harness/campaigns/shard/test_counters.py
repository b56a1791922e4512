"""Counts add up, whatever the order; sketches tell whether runs were new."""

from itertools import permutations

from workerfuzz.harness.campaigns.shard.counters import (
    SKETCHED,
    Counters,
    digest,
    merged,
    shared,
    total,
)
from workerfuzz.strategies import worker

ONE = Counters(runs=2, steps=30, seconds=0.5, found=1, taken={"pause": 3}, sketch=[1, 5])
OTHER = Counters(
    runs=1, steps=10, taken={"pause": 1, "unpause": 2}, watched=10, edges={"worker a -> b": 4}
)
THIRD = Counters(reached={"detour a -> b": 1}, checked={"role_fits_state": 7}, sketch=[2, 5])


def test_tallies_add_up_in_any_order() -> None:
    totals = [total(order) for order in permutations((ONE, OTHER, THIRD))]
    assert all(one == totals[0] for one in totals)
    everything = totals[0]
    assert (everything.runs, everything.steps, everything.found) == (3, 40, 1)
    assert everything.taken == {"pause": 4, "unpause": 2}
    assert everything.edges == {"worker a -> b": 4}
    assert everything.sketch == [1, 2, 5]
    assert ONE.taken == {"pause": 3}, "a tally that is added stays as it was"


def test_states_are_those_of_the_edges() -> None:
    tally = Counters(edges={"worker a -> b": 1, "worker b -> c": 1, "scheduler d -> e": 1})
    assert tally.states() == {"a", "b", "c"}
    assert tally.states("scheduler") == {"d", "e"}


def test_missing_are_those_that_never_held() -> None:
    tally = Counters(edges={"worker a -> b": 1}, reached={"detour a -> c": 2})
    assert tally.missing(["worker a -> b", "detour a -> c", "detour a -> d"]) == ["detour a -> d"]


def test_a_sketch_keeps_the_smallest_digests() -> None:
    many = range(1000)
    assert merged(many, [7, 2000]) == list(range(SKETCHED))


def test_shared_runs_are_noticed() -> None:
    assert shared([1, 2, 3, 4], [3, 4, 5]) == 0.5
    assert shared([], [1]) == 0


def test_equal_runs_have_equal_digests_in_every_process() -> None:
    run = (worker.Pause(), worker.Unpause())
    assert digest(run) == digest(tuple(run))
    assert digest(run) != digest(run[:1])
    assert digest(run) == 3796913070367798
