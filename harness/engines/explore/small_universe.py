"""Universes so small that every run in them can be explored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Final

from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.engines.explore.allowances import (
    BUDGETED,
    GROUPS,
    Allowances,
    allowances,
)
from workerfuzz.harness.engines.explore.combinations import combinations, parse_universe
from workerfuzz.harness.worlds.scopes import SCOPES, AnyRunConfig
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.cluster import run_config as clusters
from workerfuzz.strategies.cluster import workload_profile as graphs
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker.run_config import KEYS, PEERS, RunConfig, WorkloadProfile

#: Steps that differ in nothing but names, and in whether the content of a key is the former one.
PLAIN: Final = WorkloadProfile(
    sizes=(None,), priorities=(0,), contents=(0, 1), actors=(False,), values=("",), together=1
)

#: The same of graphs; keys that nobody let go of keep their content.
PLAIN_GRAPHS: Final = graphs.ClusterWorkloadProfile(
    contents=(0,), options=("",), forced=(False,), faithful=0
)


def tiny_worker(keys: int = 2, peers: int = 1, threads: int = 1) -> RunConfig:
    """A worker, with one thread; a key errs when it could not be copied twice."""
    config = WorkerConfig(nthreads=threads, suspicious_limit=2)
    return RunConfig(config, KEYS[-keys:], PEERS[:peers], PLAIN)


def tiny_cluster(keys: int = 2, workers: int = 2) -> ClusterRunConfig:
    """A client, and workers with one thread each; nobody comes later, unless one is allowed to join."""
    config = ClusterConfig(workers=workers)
    return ClusterRunConfig(config, clusters.KEYS[:keys], clusters.CLIENTS[:1], 1, PLAIN_GRAPHS)


def cluster_of(amounts: Mapping[str, int]) -> ClusterRunConfig:
    """The cluster of a universe that is described by its amounts, and the graphs that are for it."""
    options = "workers" * amounts["restrictions"], "resources" * amounts["resources"]
    worker = WorkerConfig(
        nthreads=amounts["threads"], resources={"cpu": 1.0} if amounts["resources"] else {}
    )
    return ClusterRunConfig(
        ClusterConfig(workers=amounts["workers"], worker=worker),
        clusters.KEYS[: amounts["keys"]],
        clusters.CLIENTS[: amounts["clients"]],
        amounts["joins"],
        replace(
            PLAIN_GRAPHS,
            contents=tuple(range(amounts["contents"])),
            options=tuple(dict.fromkeys(("", *options, " ".join(filter(None, options))))),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Space to be explored, as plain data: a universe and the steps allowed in it.

    Attributes:
        keys: how many tasks there are.
        others: peers of a worker, or workers of a cluster; None: 1 and 2.
        allowed: how often steps may happen, where that is not as usual: groups or kinds, by name.
        depth: of runs, at most.
        distinct: participants that differ in their names alone are told apart.
        universe: amounts of everything, as ``combinations`` writes them; empty: as the others say.
        budget: all universes of this cost and of less, the cheapest first; None: one universe.
        reduced: of runs that differ in the order of independent steps alone, one is made.
        frontier: folder that keeps where an exploration stopped; empty: none.
    """

    keys: int = 2
    others: int | None = None
    allowed: tuple[tuple[str, int], ...] = ()
    depth: int | None = None
    distinct: bool = False
    universe: str = ""
    budget: int | None = None
    reduced: bool = False
    frontier: str = ""

    def run_config(self, scope: str) -> AnyRunConfig:
        if self.universe:
            amounts = dict(parse_universe(self.universe, scope).amounts)
            if scope == "cluster":
                return cluster_of(amounts)
            return tiny_worker(amounts["keys"], amounts["peers"], amounts["threads"])
        if scope == "worker":
            return tiny_worker(self.keys, self.others or 1)
        return tiny_cluster(self.keys, self.others or 2)

    def allowances(self, scope: str) -> Allowances:
        """Raises UnknownAllowance."""
        kinds, among, changed = SCOPES[scope].kinds, GROUPS, dict[str, int]()
        if self.universe:
            among = BUDGETED
            groups = {group.name for group in among[scope]}
            amounts = parse_universe(self.universe, scope).amounts
            changed = {name: amount for name, amount in amounts if name in groups}
        return allowances(scope, kinds, changed | dict(self.allowed), among)

    def universes(self, scope: str) -> Iterator["Space"]:
        """Yield the universes of the budget, each as a space of its own."""
        for combination in combinations(scope, self.budget):
            yield replace(self, universe=str(combination), budget=None)

    def described(self, scope: str) -> str:
        """In words: ``2 keys, 1 peer; requests=2, withdrawals=1, faults=1``."""
        if self.budget is not None:
            return f"all universes of cost {self.budget} and less"
        if self.universe:
            combination = parse_universe(self.universe, scope)
            return f"{combination.words}; cost {combination.cost}"
        others = len(interchangeable(self.run_config(scope)))
        participant = "peer" if scope == "worker" else "worker"
        what = f"{counted(self.keys, 'key')}, {counted(others, participant)}"
        return f"{what}; {self.allowances(scope)}"


def interchangeable(run_config: AnyRunConfig) -> tuple[str, ...]:
    """Participants that differ in their names alone."""
    if isinstance(run_config, RunConfig):
        return run_config.peers
    return tuple(f"w{number}" for number in range(run_config.config.workers))


def renamings(names: tuple[str, ...]) -> Iterator[Mapping[str, str]]:
    """Every way to exchange names; the first is to leave them as they are."""
    for others in permutations(names):
        yield {name: other for name, other in zip(names, others, strict=True) if name != other}
