"""Cells of a key on a worker, the archive of ways to them, and runs that return."""

from typing import Any

import pytest

from workerfuzz.harness.engines.walk.cells import CellArchive, cells
from workerfuzz.harness.engines.walk.habits import Focus, is_about
from workerfuzz.harness.engines.walk.walker import RETURNED, Walker, follow
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse

#: By the last step: the cell of a on w0 behind these.
STEPS = "submit c0 a b(a) want b|deliver c0->scheduler|deliver scheduler->w0|release c0 b"


def world(observer: CellArchive | None = None) -> ClusterWorld:
    return ClusterWorld(
        get_cluster("reference"),
        ClusterRunConfig(ClusterConfig(workers=1)),
        observer=observer.observe if observer is not None else None,
    )


def play(cluster: ClusterWorld, lines: str) -> None:
    for line in lines.split("|"):
        cluster.apply(parse(line, BY_WORD))


def test_a_cell_is_what_scheduler_and_worker_make_of_a_key() -> None:
    cluster = world()
    play(cluster, STEPS.rpartition("|")[0])
    (found,) = [cell for cell, focus in cells(cluster) if focus == Focus("a", "w0")]
    assert found.scheduler == "processing"
    assert (found.role, found.worker, found.thread) == ("processing", "executing", "running")
    assert (found.wanted, found.elsewhere, found.reader) == ("reader", (), "")
    assert not found.is_odd


@pytest.mark.parametrize(
    ("changed", "odd"),
    [
        ({"worker": "cancelled(executing, None)"}, True),
        ({"role": ""}, True),
        ({"role": "holder"}, True),
        ({"worker": "-", "role": "", "thread": "", "scheduler": "released"}, False),
        ({"worker": "memory", "role": "holder", "thread": ""}, False),
        ({"worker": "memory", "role": "", "thread": ""}, True),
        ({"worker": "-"}, True),
    ],
)
def test_a_cell_in_which_parties_disagree_is_odd(changed: dict[str, Any], odd: bool) -> None:
    cluster = world()
    play(cluster, STEPS.rpartition("|")[0])
    (found,) = [cell for cell, focus in cells(cluster) if focus.key == "a"]
    assert found._replace(**changed).is_odd is odd


def test_the_shortest_way_to_a_cell_is_kept() -> None:
    archive = CellArchive()
    detour = "pause w0|unpause w0|" + STEPS
    play(world(archive), detour)
    before = {cell: way.depth for cell, way in archive.reached.items()}
    play(world(archive), STEPS)
    after = {cell: way.depth for cell, way in archive.reached.items()}
    assert before.keys() == after.keys()
    assert {cell: depth - 2 for cell, depth in before.items()} == after


def test_a_way_leads_to_its_cell() -> None:
    walker = Walker(get_cluster("reference"), 1, SCOPES["cluster"])
    for number in range(30):
        walker.run(number)
    ways = [*walker.cells.reached.items()]
    assert len(ways) > 80
    for cell, way in ways[::20]:
        again = ClusterWorld(get_cluster("reference"), way.run_config)
        follow(again, [*way.steps[: way.depth]], RandomChooser("0"))
        assert cell in [found for found, focus in cells(again) if focus == way.focus]


def test_runs_return_most_often_where_fewest_did() -> None:
    archive = CellArchive()
    play(world(archive), STEPS)
    chooser = RandomChooser("0")
    for _ in range(400):
        archive.pick(chooser)
    returns = [way.returns for way in archive.reached.values()]
    assert sum(returns) == 400
    assert min(returns) > 0


def test_a_cell_whose_runs_end_in_a_known_bug_is_abandoned() -> None:
    archive = CellArchive()
    play(world(archive), STEPS)
    chooser = RandomChooser("0")
    while archive.has_any:
        archive.abandon(archive.pick(chooser))
    play(world(archive), STEPS)  # nor does it come back when another run gets there
    assert not archive.has_any


def test_half_of_the_runs_return_as_long_as_nothing_is_known() -> None:
    share = Walker(get_cluster("reference"), 1, SCOPES["cluster"]).credit.share
    assert share[RETURNED] == 0.5
    assert (
        RETURNED
        not in Walker(
            get_cluster("reference"), 1, SCOPES["cluster"], tactics=("swarm",)
        ).credit.share
    )


def test_a_step_is_about_its_key_its_readers_and_its_worker() -> None:
    cluster = world()
    play(cluster, STEPS)
    about = {
        line: is_about(cluster, Focus("a", "w0"), parse(line, BY_WORD))
        for line in ("release c0 a", "release c0 b", "release c0 c", "begin w0 a", "pause w0")
    }
    assert about == {
        "release c0 a": True, "release c0 b": True, "release c0 c": False, "begin w0 a": True,
        "pause w0": True,
    }  # fmt: skip
