"""Ordered sets are sets, keep the order of insertion, and are those that Dask makes."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from examples.process_runs import OLDEST, in_own_process, is_simulated

pytestmark = pytest.mark.skipif(
    not is_simulated(), reason=f'needs distributed >={OLDEST}: pip install "workerfuzz[dask]"'
)

if is_simulated():
    from workerfuzz.harness.subjects.dask.process.ordered_sets import OrderedFrozenSet, OrderedSet

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "or": lambda one, other: one | other,
    "and": lambda one, other: one & other,
    "minus": lambda one, other: one - other,
    "xor": lambda one, other: one ^ other,
    "reversed or": lambda one, other: {*other} | one,
    "reversed minus": lambda one, other: {*other} - one,
    "union": lambda one, other: one.union(other, [9]),
    "intersection": lambda one, other: one.intersection(other),
    "difference": lambda one, other: one.difference(other),
    "symmetric difference": lambda one, other: one.symmetric_difference(other),
    "copy": lambda one, other: one.copy(),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operations_are_those_of_sets(operation: str) -> None:
    apply = OPERATIONS[operation]
    expected = apply({5, 3, 8}, {8, 1})
    for kind in (OrderedSet, OrderedFrozenSet):
        made = apply(kind([5, 3, 8]), kind([8, 1]))
        assert made == expected
        assert sorted(made) == sorted(expected)


def test_changes_are_those_of_sets() -> None:
    ordered = OrderedSet("cab")
    ordered.add("d")
    ordered.discard("z")
    ordered.remove("a")
    ordered |= {"e"}
    ordered -= {"c"}
    ordered &= {"b", "d", "e"}
    ordered ^= {"b", "f"}
    assert [*ordered] == ["d", "e", "f"]
    assert ordered == {"d", "e", "f"}
    assert ordered.pop() == "d"
    ordered.difference_update(["e"])
    ordered.update("xw", "e")
    assert [*ordered] == ["f", "x", "w", "e"]
    ordered.clear()
    assert [*ordered] == []
    with pytest.raises(KeyError):
        ordered.remove("x")
    with pytest.raises(KeyError):
        ordered.pop()


def test_members_of_a_plain_set_come_by_their_text() -> None:
    assert [*OrderedSet({"b", "c", "a"})] == ["a", "b", "c"]


def test_they_are_sent_and_shown_in_order() -> None:
    assert [*pickle.loads(pickle.dumps(OrderedFrozenSet("ba")))] == ["b", "a"]
    assert repr(OrderedSet("ba")) == "{'b', 'a'}"
    assert isinstance({1}, OrderedSet)
    assert not isinstance({1}, OrderedFrozenSet)


def test_dask_makes_ordered_ones_while_a_simulation_is_open_and_plain_ones_afterwards() -> None:
    result = in_own_process(
        "from distributed.worker_state_machine import TaskState\n"
        "from distributed.protocol.serialize import msgpack_decode_default\n"
        "from distributed.scheduler import decide_worker\n"
        "def kinds():\n"
        "    task, sent = TaskState('a'), msgpack_decode_default({'__Set__': 1, 'as-list': ['a']})\n"
        "    comprehensions = 'set' in decide_worker.__code__.co_names\n"
        "    return [type(task.who_has).__name__, type(sent).__name__, comprehensions]\n"
        "before = kinds()\n"
        "world = opened()\n"
        "during = kinds()\n"
        "world.close()\n"
        "tell([before, during, kinds() == before])"
    )
    assert result[0][:2] == ["set", "set"]
    assert result[1] == ["OrderedSet", "OrderedSet", True]
    assert result[2]
