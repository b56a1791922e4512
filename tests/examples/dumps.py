"""Dumps of simulated clusters that hang, as Dask writes them of real ones, and models of them."""

import copy
import functools
from collections.abc import Mapping
from typing import Any

from workerfuzz.harness.diagnose.diagnosis import Diagnosis, diagnosed
from workerfuzz.harness.diagnose.known_shapes import cases_of_clusters, resting
from workerfuzz.harness.diagnose.model import ClusterDump
from workerfuzz.harness.diagnose.nodes import PlainNode
from workerfuzz.harness.diagnose.reading import cluster_dump
from workerfuzz.harness.subjects import get_cluster

#: What a dump is, as json reads it.
Plain = dict[str, Any]

#: Cases that come to rest while a client waits, by what is provoked.
HANGS: Mapping[str, str] = {
    "unreadable": "0011-a-copy-that-will-not-deserialise-in-production",
    "retry": "0004-a-retry-waits-for-another-failed-input-in-production",
    "urgent": "0027-a-reader-waits-for-what-cannot-be-tried-in-production",
    "gone": "0028-a-lost-result-whose-input-has-failed",
    "elsewhere": "0009-may-run-elsewhere-and-does-not",
    "stale": "0023-a-stale-finish-takes-an-input-away-in-production",
}


@functools.cache
def _at_rest(name: str) -> Plain:
    found = resting(cases_of_clusters()[name], get_cluster("dask"))
    assert found is not None
    return found


def dump_of(hang: str) -> Plain:
    """Return a dump of a cluster that hangs, to be changed as a test likes."""
    return copy.deepcopy(_at_rest(HANGS[hang]))


def model(plain: object) -> ClusterDump:
    return cluster_dump(PlainNode(plain), "dump")


def diagnosis_of(hang: str, settled_s: float = 0.0) -> Diagnosis:
    return diagnosed(model(dump_of(hang)), settled_s)


def with_clock(plain: Plain, at: float, news: float) -> Plain:
    """Let everything in the logs have happened at one time, and the dump be of another."""
    plain["scheduler"]["transition_log"] = [
        ["-", "released", "waiting", {}, "update-graph-1", news]
    ]
    for address, worker in plain["workers"].items():
        for line in worker["log"]:
            line[-1] = news
        for event in worker["stimulus_log"]:
            event["handled"] = news
        known = plain["scheduler"]["workers"].get(address)
        if known is not None:
            known["metrics"] = {"time": at}
            known["last_seen"] = at
    return plain
