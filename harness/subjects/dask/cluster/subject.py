"""The subject ``dask`` as a whole cluster: the real scheduler and real worker state machines.

All in one thread, without a network and without an event loop: the scheduler is made and never
started, its handlers are called as messages arrive, and what it sends is collected.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.subjects.dask.cluster.cluster import DaskCluster
from workerfuzz.harness.subjects.dask.cluster.releases import installed_cluster
from workerfuzz.strategies.cluster.run_config import ClusterConfig

#: Kinds of step that some release has no way to do: so far every supported one can do everything.
_CANNOT: Final[Mapping[str, str]] = MappingProxyType({})


class DaskClusterSystem:
    """Makes Dask's clusters."""

    name: str = "dask"

    def version(self) -> str:
        return installed_cluster().worker.version

    def cannot(self) -> Mapping[str, str]:
        return _CANNOT

    def edges(self) -> Mapping[str, Collection[tuple[str, str]]]:
        release = installed_cluster()
        return {
            "scheduler": table_of(release.scheduler.SchedulerState),
            "worker": table_of(release.worker.machine),
        }

    def cluster(self, config: ClusterConfig) -> DaskCluster:
        return DaskCluster(installed_cluster(), config)


def table_of(machine: Any) -> Collection[tuple[str, str]]:
    """Transitions that a class of Dask has a method for; empty where it keeps no such table."""
    for name in ("_TRANSITIONS_TABLE", "_transitions_table"):
        if hasattr(machine, name):
            return [(str(start), str(finish)) for start, finish in getattr(machine, name)]
    return []
