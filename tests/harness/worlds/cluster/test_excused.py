"""Runs in which systems may differ, or a worker tells of something else: no property is broken."""

import pytest

from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse

#: A graph of which one part cannot be had: a is in use for the sake of b, or not, and keeps its place.
PARTLY_REFUSED = (
    "submit c0 c want c|submit c0 a b(a) d(c) want b,d|cancel c0 c|submit c0 a b(a) e(d) want b"
    "|release c0 d|submit c0 d want d|submit c0 a want a"
)

#: A thread of c on w2, which is to compute it no more, and a copy of c, which w2 gets meanwhile.
COPIED = (
    "submit c0 g want g|submit c0 a want a|deliver c0->scheduler|release c0 g|deliver c0->scheduler"
    "|submit c0 a b(a) c d(c) e g(d) h(b) want e,g,h|deliver c0->scheduler|deliver c0->scheduler"
    "|deliver scheduler->w1|succeed w1 a|deliver w1->scheduler|deliver scheduler->w1|succeed w1 b"
    "|deliver w1->scheduler|recompute c a|deliver scheduler->w2|deliver scheduler->w3"
    "|deliver scheduler->w2|succeed w3 c|deliver w3->scheduler|deliver w2->scheduler"
    "|gather-on-worker c w2"
)


@pytest.mark.parametrize(
    ("workers", "lines"),
    [
        (1, PARTLY_REFUSED),
        *((4, f"{COPIED}{heard}|{end} w2 c") for heard in ("", "|gathered c w2")
          for end in ("succeed", "fail", "reschedule", "spoil")),
    ],
)  # fmt: skip
def test_nothing_is_broken(workers: int, lines: str) -> None:
    config = ClusterRunConfig(ClusterConfig(workers=workers))
    with ClusterWorld(get_cluster("reference"), config) as world:
        for line in lines.split("|"):
            world.apply(parse(line, BY_WORD))
        world.finish()
