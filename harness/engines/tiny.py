"""Universes so small that every run in them can be explored."""

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Final

from workerfuzz.harness.cases.scopes import AnyUniverse
from workerfuzz.statemachine.config import WorkerConfig
from workerfuzz.strategies.cluster import universe as clusters
from workerfuzz.strategies.cluster.universe import ClusterConfig, ClusterUniverse
from workerfuzz.strategies.universe import KEYS, PEERS, Universe, Variety

#: Steps that differ in nothing but names, and in whether the content of a key is the former one.
PLAIN: Final = Variety(
    sizes=(None,), priorities=(0,), contents=(0, 1), actors=(False,), values=("",), together=1
)

#: The same of graphs; keys that nobody let go of keep their content.
PLAIN_GRAPHS: Final = clusters.Variety(
    contents=(0,), actors=(False,), optional=(False,), forced=(False,)
)


def tiny_worker(keys: int = 2, peers: int = 1) -> Universe:
    """A worker with one thread; a key errs when it could not be copied twice."""
    return Universe(WorkerConfig(suspicious_limit=2), KEYS[-keys:], PEERS[:peers], PLAIN)


def tiny_cluster(keys: int = 2, workers: int = 2) -> ClusterUniverse:
    """A client, and workers with one thread each; nobody comes later, unless one is allowed to join."""
    config = ClusterConfig(workers=workers)
    return ClusterUniverse(config, clusters.KEYS[:keys], clusters.CLIENTS[:1], 1, PLAIN_GRAPHS)


def interchangeable(universe: AnyUniverse) -> tuple[str, ...]:
    """Parties that differ in their names alone."""
    if isinstance(universe, Universe):
        return universe.peers
    return tuple(f"w{number}" for number in range(universe.config.workers))


def renamings(names: tuple[str, ...]) -> Iterator[Mapping[str, str]]:
    """Every way to exchange names; the first is to leave them as they are."""
    for others in permutations(names):
        yield {name: other for name, other in zip(names, others, strict=True) if name != other}
