"""Systems that can be fuzzed, by name: two of ours, and what others registered."""

import difflib
import re
import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem
from workerfuzz.harness.subjects.protocol import Subject, SubjectUnavailable

#: Entry-point group under which others register theirs; the object is called without arguments.
GROUP: Final = "workerfuzz.subjects"

#: The same for those that have a scheduler; the object is a ``ClusterSystem`` once it is called.
CLUSTER_GROUP: Final = "workerfuzz.clusters"

#: A class that is registered nowhere, by the place where it stands: ``module:Class``.
PLACE: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")

#: Ours, found without asking what is installed.
OWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reference": "workerfuzz.harness.subjects.reference.worker:ReferenceSubject",
        "dask": "workerfuzz.harness.subjects.dask.worker.worker:DaskSubject",
    }
)


#: Those of ours that have a scheduler.
OWN_CLUSTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reference": "workerfuzz.harness.subjects.reference.cluster:ReferenceClusterSystem",
        "dask": "workerfuzz.harness.subjects.dask.cluster.cluster:DaskClusterSystem",
    }
)


def names() -> tuple[str, ...]:
    """Every name that ``get`` knows; ours first."""
    others = {point.name for point in entry_points(group=GROUP)}
    return (*OWN, *sorted(others.difference(OWN)))


def get(name: str) -> Subject:
    """A system to fuzz, by its name or as ``module:Class``, which can be imported from here.

    Raises:
        SubjectUnavailable: unknown, or it will not load.
    """
    if PLACE.fullmatch(name):
        subject: Any = _loaded(name, EntryPoint(name, name, GROUP))
        try:
            subject.name = name
        except AttributeError:
            raise SubjectUnavailable(
                f'subject "{name}" has a name of its own: register it under {GROUP}, or let its '
                "name be set"
            ) from None
        return cast("Subject", subject)
    return cast("Subject", _loaded(name, _own(name) or _registered(name, GROUP)))


def get_cluster(name: str) -> ClusterSystem:
    """A system to fuzz as a whole cluster. Raises SubjectUnavailable."""
    if name in OWN_CLUSTERS:
        return cast("ClusterSystem", _loaded(name, EntryPoint(name, OWN_CLUSTERS[name], GROUP)))
    others = {point.name for point in entry_points(group=CLUSTER_GROUP)}
    if name not in others:
        get(name)  # so that a name that nobody knows is said to be one
        known = ", ".join((*OWN_CLUSTERS, *sorted(others)))
        raise SubjectUnavailable(f'subject "{name}" has no scheduler; one of {known} has')
    return cast("ClusterSystem", _loaded(name, _registered(name, CLUSTER_GROUP)))


def _loaded(name: str, point: EntryPoint) -> object:
    """What stands there, made. Modules in the folder that we are in can be imported, too."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return point.load()()
    except (ImportError, AttributeError) as error:
        raise SubjectUnavailable(f'subject "{name}" cannot be imported: {error}') from error


def fuzzed_alone(name: str) -> Subject:
    """Return a system to fuzz at the scope of one worker. Raises SubjectUnavailable, if it is not."""
    subject = get(name)
    if why := subject.why_not_alone():
        raise SubjectUnavailable(f"{why}; alone it is only replayed: add --scope cluster")
    return subject


def _own(name: str) -> EntryPoint | None:
    return EntryPoint(name, OWN[name], GROUP) if name in OWN else None


def _registered(name: str, group: str) -> EntryPoint:
    for point in entry_points(group=group):
        if point.name == name:
            return point
    near = difflib.get_close_matches(name, names(), n=1)
    known = f"known are {', '.join(names())}; one of your own: module:Class"
    hint = f'did you mean "{near[0]}"?' if near else known
    raise SubjectUnavailable(f'unknown subject "{name}"; {hint}')
