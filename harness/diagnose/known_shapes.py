"""Shapes of known bugs: of the chains of waiting in which their cases come to rest.

They are computed from the cases in ``regressions/known`` and kept in ``shapes.json``, so that a dump is
diagnosed without Dask. A test keeps the two in step, and this module, run as a program, writes the file.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Final

from packaging.version import InvalidVersion, Version

from workerfuzz.harness.cases.format.case import Case, ScopeName
from workerfuzz.harness.cases.triage.known_bugs import known_cases
from workerfuzz.harness.cases.triage.severity import ProductionWorld
from workerfuzz.harness.diagnose.contradictions import Contradiction, contradictions
from workerfuzz.harness.diagnose.model import ClusterDump
from workerfuzz.harness.diagnose.nodes import PlainNode
from workerfuzz.harness.diagnose.reading import cluster_dump
from workerfuzz.harness.diagnose.waiting import Chain, RootKind, Waiting
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem, DumpableCluster
from workerfuzz.harness.worlds.cluster.drain import end_faults, settle
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.harness.worlds.scopes import CLUSTER
from workerfuzz.statemachine.properties.cluster import cluster_comes_to_rest
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig

#: Shapes and contradictions, by the name of a case.
SHAPES: Final = "shapes.json"

#: Upstream issues and workarounds, by the number of a case.
REMEDIES: Final = "remedies.toml"

#: Roots that a bug leaves behind.
OF_BUGS: Final = frozenset({RootKind.STUCK})

#: Candidates that are told of.
MOST_CANDIDATES: Final = 3


@dataclass(frozen=True, slots=True)
class RestShape:
    """The traces of a bug in a cluster that has come to rest.

    Attributes:
        chains: shapes of the chains of waiting.
        broken: properties that contradict themselves.
    """

    chains: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A known bug that a dump looks like.

    Attributes:
        releases: that have it, as PEP 440 writes them.
        is_release: the release of the dump is one of them; None where the dump does not say.
        upstream: issue; empty where none is known.
        workaround: empty where none is known.
        also: other cases of the same defect that leave the same traces.
    """

    case: str
    title: str
    releases: str
    is_release: bool | None
    upstream: str = ""
    workaround: str = ""
    also: tuple[str, ...] = ()


class RestingWorld(ProductionWorld):
    """A cluster of which a dump is made once it has come to rest, while clients want what they want."""

    dump: dict[str, object] | None = None

    def come_to_rest(self) -> None:
        end_faults(self)
        settle(self)
        is_resting = all(broken is not cluster_comes_to_rest for broken, _ in self.noted)
        if is_resting and isinstance(self.cluster, DumpableCluster):
            self.dump = self.cluster.state_dump()


def resting(case: Case, subject: ClusterSystem) -> dict[str, object] | None:
    """Return a dump of the cluster in which a case comes to rest; None where it does not."""
    run_config = CLUSTER.run_config_of(case.steps, case.config)
    assert isinstance(run_config, ClusterRunConfig)
    world = RestingWorld(subject, run_config)
    violation_of(world, case.steps)
    return world.dump


def rest_shape(dump: ClusterDump, settled_s: float = 0.0) -> RestShape:
    """Return the traces in a dump."""
    chains = Waiting(dump, settled_s).chains()
    return RestShape(
        tuple(sorted({chain.shape for chain in chains if chain.kind in OF_BUGS})),
        tuple(
            sorted({contradiction.property for contradiction in contradictions(dump, settled_s)})
        ),
    )


def computed(case: Case, subject: ClusterSystem) -> RestShape:
    """Return the traces of one known bug of clusters."""
    dump = resting(case, subject)
    return RestShape() if dump is None else rest_shape(cluster_dump(PlainNode(dump), case.place))


def cases_of_clusters() -> dict[str, Case]:
    """Return the known bugs of clusters, by the names of their cases."""
    return {
        case.path.stem: case
        for case in known_cases()
        if case.scope is ScopeName.CLUSTER and case.path is not None
    }


def as_text(shapes: Mapping[str, RestShape]) -> str:
    """Return the content of ``shapes.json``."""
    data = {
        name: {"chains": shape.chains, "broken": shape.broken} for name, shape in shapes.items()
    }
    return json.dumps(data, indent=2) + "\n"


def resource(name: str) -> str:
    return (files("workerfuzz.harness.diagnose") / name).read_text(encoding="utf-8")


def kept() -> dict[str, RestShape]:
    """Return the traces that ``shapes.json`` has."""
    data = json.loads(resource(SHAPES))
    return {
        name: RestShape(tuple(value["chains"]), tuple(value["broken"]))
        for name, value in data.items()
    }


def looks_like(
    dump: ClusterDump, chains: Iterable[Chain], broken: Iterable[Contradiction]
) -> list[Candidate]:
    """Return the known bugs that leave the same traces, most likely first."""
    shapes = {chain.shape for chain in chains if chain.kind in OF_BUGS}
    properties = {contradiction.property for contradiction in broken}
    ranked: list[tuple[tuple[object, ...], Candidate]] = []
    cases = cases_of_clusters()
    remedies = tomllib.loads(resource(REMEDIES))
    for name, traces in kept().items():
        same = shapes.intersection(traces.chains)
        if not same and (shapes or not properties or not properties.intersection(traces.broken)):
            continue
        found = candidate(cases[name], dump.release, remedies.get(name[:4], {}))
        differing = len(properties.symmetric_difference(traces.broken))
        others = len(set(traces.chains) - shapes)
        rank = (found.is_release is False, rarity(cases[name]), differing, others)
        ranked.append(((*rank, len(cases[name].steps), name), found))
    ranked.sort(key=lambda item: item[0])
    return [*by_defect([found for _, found in ranked], cases)]


def by_defect(found: Sequence[Candidate], cases: Mapping[str, Case]) -> Iterator[Candidate]:
    """Yield one candidate for each defect: cases that the same trial fix turns green are of the same."""
    groups: dict[tuple[str, ...], list[Candidate]] = {}
    for candidate in found:
        name = candidate.case.removesuffix(".case")
        groups.setdefault(cases[name].fixes or (name,), []).append(candidate)
    for first, *others in groups.values():
        yield replace(first, also=tuple(candidate.case for candidate in others))


#: Words of steps and options that an ordinary user seldom needs to get there.
RARE: Final = ("actor", "#", "steal", "kill", "dies", "pause", "loose", "replicate", "scatter")


def rarity(case: Case) -> int:
    """Return how many unusual things have to come together."""
    text = " ".join(map(str, case.steps))
    return sum(word in text for word in RARE)


def candidate(case: Case, release: str, remedy: Mapping[str, str]) -> Candidate:
    assert case.path is not None
    try:
        version = str(Version(release))
        is_release = any(
            known_break.covers(known_break.subject, version) for known_break in case.breaks
        )
    except InvalidVersion:
        is_release = None
    releases = " or ".join(known_break.specifier or "all releases" for known_break in case.breaks)
    return Candidate(
        case.path.name,
        case.title,
        releases,
        is_release,
        remedy.get("upstream", ""),
        remedy.get("workaround", ""),
    )


if __name__ == "__main__":
    dask = get_cluster("dask")
    every = {name: computed(case, dask) for name, case in cases_of_clusters().items()}
    path = Path(__file__).with_name(SHAPES)
    path.write_text(as_text({name: shape for name, shape in every.items() if shape != RestShape()}))
