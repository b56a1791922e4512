"""Systems that can be fuzzed, by name: two of ours, and what others registered."""

import difflib
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.subjects.cluster import ClusterMaker
from workerfuzz.harness.subjects.protocol import Subject, SubjectUnavailable

#: Entry-point group under which others register theirs; the object is called without arguments.
GROUP: Final = "workerfuzz.subjects"

#: Ours, found without asking what is installed.
OWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reference": "workerfuzz.harness.subjects.reference:ReferenceSubject",
        "dask": "workerfuzz.harness.subjects.dask:DaskSubject",
    }
)


#: Those of ours that have a scheduler.
OWN_CLUSTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reference": "workerfuzz.harness.subjects.reference_cluster:ReferenceClusterMaker",
        "dask": "workerfuzz.harness.subjects.dask_cluster:DaskClusterMaker",
    }
)


def names() -> tuple[str, ...]:
    """Every name that ``get`` knows; ours first."""
    others = {point.name for point in entry_points(group=GROUP)}
    return (*OWN, *sorted(others.difference(OWN)))


def get(name: str) -> Subject:
    """A system to fuzz. Raises SubjectUnavailable: unknown, or it will not load."""
    point = _own(name) or _registered(name)
    try:
        subject: Subject = point.load()()
    except ImportError as error:
        raise SubjectUnavailable(f'subject "{name}" cannot be imported: {error}') from error
    return subject


def get_cluster(name: str) -> ClusterMaker:
    """A system to fuzz as a whole cluster. Raises SubjectUnavailable."""
    if name not in OWN_CLUSTERS:
        get(name)  # so that a name that nobody knows is said to be one
        raise SubjectUnavailable(
            f'subject "{name}" has no scheduler; one of {", ".join(OWN_CLUSTERS)} has'
        )
    maker: ClusterMaker = EntryPoint(name, OWN_CLUSTERS[name], GROUP).load()()
    return maker


def fuzzed_alone(name: str) -> Subject:
    """A system to fuzz at the scope of one worker. Raises SubjectUnavailable, for dask as well."""
    if name == "dask":
        raise SubjectUnavailable(
            "a dask worker trusts its scheduler; alone it is only replayed: add --scope cluster"
        )
    return get(name)


def _own(name: str) -> EntryPoint | None:
    return EntryPoint(name, OWN[name], GROUP) if name in OWN else None


def _registered(name: str) -> EntryPoint:
    for point in entry_points(group=GROUP):
        if point.name == name:
            return point
    near = difflib.get_close_matches(name, names(), n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(names())}"
    raise SubjectUnavailable(f'unknown subject "{name}"; {hint}')
