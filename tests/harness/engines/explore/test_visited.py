"""Equality of explored states, and when a state is explored once more."""

from collections.abc import Hashable, Mapping

from workerfuzz.harness.engines.explore.small_universe import renamings
from workerfuzz.harness.engines.explore.visited import Visit, VisitedStates

NEW = Visit(is_new=True, is_cheaper=True)
CHEAPER = Visit(is_new=False, is_cheaper=True)
KNOWN = Visit(is_new=False, is_cheaper=False)


class Holders:
    """A world that is nothing but who holds what."""

    def __init__(self, **holders: str) -> None:
        self.holders = holders

    def fingerprint(self, names: Mapping[str, str]) -> tuple[Hashable, ...]:
        return tuple((key, names.get(value, value)) for key, value in sorted(self.holders.items()))


def test_a_state_counts_again_when_more_is_left() -> None:
    states, world = VisitedStates([{}]), Holders(x="a")
    assert states.meet(world, (1, 0)) == NEW
    assert states.meet(world, (1, 0)) == states.meet(world, (1, 1)) == KNOWN
    assert states.meet(world, (0, 1)) == CHEAPER
    assert states.meet(world, (0, 0)) == CHEAPER
    assert states.meet(world, (0, 1)) == KNOWN
    assert len(states) == 1


def test_names_count_only_where_they_are_told_apart() -> None:
    worlds = (Holders(x="a", y="a"), Holders(x="b", y="b"), Holders(x="a", y="b"))
    apart, merged = VisitedStates([{}]), VisitedStates(list(renamings(("a", "b"))))
    assert [apart.meet(world, ()) for world in worlds] == [NEW, NEW, NEW]
    assert [merged.meet(world, ()) for world in worlds] == [NEW, KNOWN, NEW]
    assert merged.meet(Holders(x="b", y="a"), ()) == KNOWN


def test_renamings_begin_with_none_and_are_all() -> None:
    assert list(renamings(())) == [{}]
    assert list(renamings(("a", "b"))) == [{}, {"a": "b", "b": "a"}]
    assert len(list(renamings(("a", "b", "c")))) == 6
