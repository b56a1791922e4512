"""An exploration goes on where it stopped, in another process as well."""

from pathlib import Path

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.shard import fill, open_shard
from workerfuzz.harness.engines.explore.frontier import load, place_of, system_of
from workerfuzz.harness.engines.explore.small_universe import Space
from workerfuzz.harness.engines.protocol import Explored
from workerfuzz.harness.subjects import get_cluster


def explored(space: Space, states: int) -> Explored:
    plan = Plan(scope="cluster", engine="explore", space=space, budget=Budget(runs=states))
    result = fill(open_shard(plan))
    assert result.explored is not None
    assert result.findings == []
    return result.explored


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    universe = Space(universe="keys=1,workers=2,pauses=1", reduced=True)
    whole = explored(universe, 10_000)
    kept = Space(universe=universe.universe, reduced=True, frontier=str(tmp_path))
    sittings = 0
    while True:
        sittings += 1
        part = explored(kept, 20)
        if part.is_complete:
            break
        assert part.stopped == "states"
    assert sittings > 2
    assert (part.states, part.transitions) == (whole.states, whole.transitions)
    assert part.depth == whole.depth
    again = explored(kept, 1)
    assert again.is_complete
    assert again.states_before == again.states == whole.states


def test_what_another_release_left_is_begun_anew(tmp_path: Path) -> None:
    space = Space(universe="keys=1", reduced=True, frontier=str(tmp_path))
    explored(space, 10_000)
    path = place_of(tmp_path, "reference", "cluster", "keys=1")
    system = system_of("reference", get_cluster("reference").version())
    assert load(path, system) is not None
    assert load(path, f"{system}.1") is None
    path.write_text("{")
    assert load(path, system) is None
    assert explored(space, 10_000).states_before == 0


def test_all_universes_of_a_budget_are_told(tmp_path: Path) -> None:
    space = Space(budget=1, reduced=True, frontier=str(tmp_path))
    done = explored(space, 10_000)
    assert done.is_complete
    assert [universe.cost for universe in done.universes] == [0, *[1] * (len(done.universes) - 1)]
    assert all(universe.is_complete for universe in done.universes)
    assert sum(universe.states for universe in done.universes) == done.states
    assert len([*tmp_path.glob("*.json")]) == len(done.universes)
