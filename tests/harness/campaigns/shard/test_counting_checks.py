"""Counting the checks of properties: an observer of the checks, which changes no property."""

from collections import Counter

import pytest

from workerfuzz.harness.campaigns.shard.coverage import counting_checks
from workerfuzz.harness.cases.format.vocabulary import properties
from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects import get, get_cluster
from workerfuzz.harness.worlds.scopes import CLUSTER, WORKER
from workerfuzz.statemachine.properties.property import CHECKS
from workerfuzz.statemachine.properties.scheduler.records import INVARIANTS as OF_SCHEDULER
from workerfuzz.statemachine.properties.utilization import resources_stay_within_bounds
from workerfuzz.statemachine.properties.worker.records import INVARIANTS

SYSTEMS = {"worker": (get, WORKER), "cluster": (get_cluster, CLUSTER)}


@pytest.mark.parametrize("scope", SYSTEMS)
def test_properties_are_the_same_objects_with_the_same_hash_while_they_are_counted(
    scope: str,
) -> None:
    named, of = SYSTEMS[scope]
    before = {name: (item, hash(item), item.check) for name, item in properties().items()}
    counts: dict[str, int] = {}
    with counting_checks(counts):
        walk(named("reference"), "1", None, of)
        assert {
            name: (checked, hash(checked), checked.check) for name, checked in properties().items()
        } == before
    assert CHECKS.observer is None
    done = dict(counts)
    walk(named("reference"), "1", None, of)
    assert counts == done
    assert counts.keys() <= properties().keys()


def test_each_kind_of_property_is_counted_wherever_it_is_checked() -> None:
    counts: dict[str, int] = {}
    with counting_checks(counts):
        events = walk(get("reference"), "1").call_count  # type: ignore[attr-defined]  # of a worker
    assert 0 < counts[resources_stay_within_bounds.name] < events, "it is checked where it is due"
    assert {item.name for item in INVARIANTS} <= counts.keys()
    assert counts["everything_comes_to_rest"] == 1
    with counting_checks(counts):
        walk(get_cluster("reference"), "1", None, CLUSTER)
    assert {item.name for item in OF_SCHEDULER} <= counts.keys()
    assert counts["wanted_keys_resolve"] == 1


def test_counting_inside_of_counting_ends_where_it_began() -> None:
    outer: Counter[str] = Counter()
    inner: Counter[str] = Counter()
    with counting_checks(outer):
        with pytest.raises(ZeroDivisionError), counting_checks(inner):
            raise ZeroDivisionError
        walk(get("reference"), "1")
    assert outer
    assert not inner
    assert CHECKS.observer is None
