"""Systems that can be fuzzed, by name: two of ours, and what others registered."""

import difflib
import re
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem
from workerfuzz.harness.subjects.plain import PlainSubject
from workerfuzz.harness.subjects.process_protocol import ProcessSystem
from workerfuzz.harness.subjects.protocol import Subject, SubjectUnavailable

#: Entry-point group under which others register theirs; the object is called without arguments.
GROUP: Final = "workerfuzz.subjects"

#: The same for those that have a scheduler; the object is a ``ClusterSystem`` once it is called.
CLUSTER_GROUP: Final = "workerfuzz.clusters"

#: A class that is registered nowhere, by the place where it stands: ``module:Class``.
PLACE: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")

#: The subject of commands and cases that name none.
DEFAULT: Final = "reference"


#: Puts trial fixes in place, given by name, while its context lasts; gives the names of those there are.
MakeFixes: TypeAlias = Callable[[Sequence[str]], AbstractContextManager[Collection[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """Facts about a subject that are known by its name, before it is loaded.

    Attributes:
        worker: place of its class at the scope of a worker; empty where entry points say it.
        cluster: the same at the scope of a cluster.
        process: the same at the scope of processes.
        is_own: it is part of this package, and all of its properties are known.
        is_model: cases tell its effects, and all that it can reach is known.
        is_embedded: it does the same in any process, and cannot take the process with it.
        requires: module without which it cannot be had; empty for none.
        exports_tests: a case becomes a test of its own code base.
        has_production_mode: it can do without its own validation, and then goes on where that would
            stop it.
        fixes: place of a function that makes its trial fixes out of their names; empty for none.
    """

    worker: str = ""
    cluster: str = ""
    process: str = ""
    is_own: bool = False
    is_model: bool = False
    is_embedded: bool = False
    requires: str = ""
    exports_tests: bool = False
    has_production_mode: bool = True
    fixes: str = ""


#: Subjects of this package, found without asking what is installed.
OWN: Final[Mapping[str, Declaration]] = MappingProxyType(
    {
        "reference": Declaration(
            worker="workerfuzz.harness.subjects.reference.worker:ReferenceSubject",
            cluster="workerfuzz.harness.subjects.reference.cluster:ReferenceClusterSystem",
            is_own=True,
            is_model=True,
            is_embedded=True,
            has_production_mode=False,
        ),
        "dask": Declaration(
            worker="workerfuzz.harness.subjects.dask.worker.worker:DaskSubject",
            cluster="workerfuzz.harness.subjects.dask.cluster.cluster:DaskClusterSystem",
            process="workerfuzz.harness.subjects.dask.process.cluster:DaskProcessSystem",
            is_own=True,
            requires="distributed",
            exports_tests=True,
            fixes="workerfuzz.harness.subjects.dask.fixes.catalogue:called",
        ),
    }
)

#: A system under test, at any scope.
AnySubject: TypeAlias = Subject | ClusterSystem | ProcessSystem

#: The subject whose cases become tests of its own code base.
EXPORTED: Final = next(name for name, declared in OWN.items() if declared.exports_tests)


def declaration(name: str) -> Declaration:
    """Return what is known of a subject by its name; of subjects of others, nothing."""
    return OWN.get(name, Declaration())


def names() -> tuple[str, ...]:
    """Every name that ``get`` knows; ours first."""
    others = {*registered(GROUP)}
    return (*OWN, *sorted(others.difference(OWN)))


def get(name: str) -> Subject:
    """Return a system to fuzz, by its name or as ``module:Class``, which can be imported from here.

    Raises:
        SubjectUnavailable: unknown, it will not load, or it is no subject.
    """
    if PLACE.fullmatch(name):
        subject = cast("Subject", _loaded(name, name, Subject))
        try:
            subject.name = name  # type: ignore[misc]  # where it is a plain attribute
        except AttributeError:
            raise SubjectUnavailable(
                f'subject "{name}" has a name of its own: register it under {GROUP}, or let its '
                "name be set"
            ) from None
        return subject
    place = declaration(name).worker or _place_of(name, GROUP)
    return cast("Subject", _loaded(name, place, Subject))


def get_cluster(name: str) -> ClusterSystem:
    """Return a system to fuzz as a whole cluster. Raises SubjectUnavailable."""
    own = declaration(name).cluster
    if own:
        return cast("ClusterSystem", _loaded(name, own, ClusterSystem))
    others = registered(CLUSTER_GROUP)
    if name not in others:
        get(name)  # so that a name that nobody knows is said to be one
        known = ", ".join((*OWN, *sorted(others)))
        raise SubjectUnavailable(f'subject "{name}" has no scheduler; one of {known} has')
    return cast("ClusterSystem", _loaded(name, others[name], ClusterSystem))


def has_clusters(name: str) -> bool:
    """Return whether a system can be fuzzed as a whole cluster."""
    return bool(declaration(name).cluster) or name in registered(CLUSTER_GROUP)


def get_processes(name: str) -> ProcessSystem:
    """Return a system to fuzz as processes. Raises SubjectUnavailable."""
    own = declaration(name).process
    if not own:
        get(name)  # so that a name that nobody knows is said to be one
        known = ", ".join(
            name_of_subject for name_of_subject, declared in OWN.items() if declared.process
        )
        raise SubjectUnavailable(f'subject "{name}" has no processes; {known} has')
    return cast("ProcessSystem", _loaded(name, own, ProcessSystem))


def system(name: str, scope: str) -> AnySubject:
    """Return a system to fuzz, by scope. Raises SubjectUnavailable."""
    return _BY_SCOPE[scope](name)


def _loaded(name: str, place: str, protocol: type) -> object:
    """Return an instance of the class at a place, ``module:Class``. Raises SubjectUnavailable.

    Modules in the current folder can be imported meanwhile.
    """
    try:
        with _importable_from_here():
            made = resolve_name(place)()
    except Exception as error:
        raise SubjectUnavailable(f'subject "{name}" cannot be imported: {_told(error)}') from error
    for problem in _problems(made, protocol):
        raise SubjectUnavailable(f'subject "{name}" {problem}')
    return made


@contextmanager
def _importable_from_here() -> Iterator[None]:
    """Let modules in the current folder be imported, before all others."""
    before = [*sys.path]
    here = str(Path.cwd())
    if here not in before:
        sys.path.insert(0, here)
    try:
        yield
    finally:
        if here not in before:
            with suppress(ValueError):  # the module may have taken it out itself
                sys.path.remove(here)


def _told(error: Exception) -> str:
    """Return an exception in a line; with the place, unless it is an import that fails."""
    if isinstance(error, ImportError | AttributeError):
        return str(error)
    text = str(error).partition("\n")[0]
    if isinstance(error, SyntaxError):
        place = f" ({Path(error.filename).name}:{error.lineno})" if error.filename else ""
        return f"{type(error).__name__}: {error.msg}{place}"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {text} ({Path(frame.filename).name}:{frame.lineno})"


def _problems(made: object, protocol: type) -> Iterator[str]:
    """Yield reasons why an object is no subject, each the rest of a sentence."""
    lacking = [name for name in sorted(_members(protocol)) if not hasattr(made, name)]
    if lacking:
        kind = type(made).__name__
        yield f"is no {protocol.__name__}: {kind} has no {', '.join(lacking)}; see docs/extending.md"
    elif isinstance(made, PlainSubject):
        yield from made.mistakes()


def _members(protocol: type) -> Iterable[str]:
    return (name for base in protocol.__mro__ for name in vars(base) if not name.startswith("_"))


@contextmanager
def trial_fixes(name: str, wanted: Sequence[str]) -> Iterator[Collection[str]]:
    """Put trial fixes of a subject in place, in this process; gives their names.

    Args:
        wanted: their names; ``all`` stands for those that fit the release.

    Raises:
        SubjectUnavailable: there is no such fix, or it does not fit the release that is installed.
    """
    if not wanted:
        yield ()
        return
    place = declaration(name).fixes
    if not place:
        raise SubjectUnavailable(f'subject "{name}" has no trial fixes')
    make = cast("MakeFixes", resolve_name(place))
    with make(wanted) as names:
        yield names


def check_trial_fixes(subjects: Iterable[str], wanted: Sequence[str]) -> None:
    """Check the names of trial fixes on those of some subjects that have any.

    Raises:
        SubjectUnavailable: no subject has trial fixes, or one has none of a name.
    """
    names = list(dict.fromkeys(subjects)) if wanted else []
    for name in [name for name in names if declaration(name).fixes] or names:
        with trial_fixes(name, wanted):
            pass


def fuzzed_alone(name: str) -> Subject:
    """Return a system to fuzz at the scope of one worker. Raises SubjectUnavailable, if it is not."""
    subject = get(name)
    if why := subject.why_not_alone():
        raise SubjectUnavailable(f"{why}; alone it is only replayed: add --scope cluster")
    return subject


#: Return the system of a name, by scope.
_BY_SCOPE: Final[Mapping[str, Callable[[str], AnySubject]]] = MappingProxyType(
    {"worker": fuzzed_alone, "cluster": get_cluster, "process": get_processes}
)


def registered(group: str) -> Mapping[str, str]:
    """Return the places of classes that others registered under a group, by name."""
    from importlib.metadata import entry_points  # slow to import, and few need it

    found = tuple(entry_points(group=group))  # the first of a name counts
    return {point.name: f"{point.module}:{point.attr}" for point in reversed(found)}


def _place_of(name: str, group: str) -> str:
    """Return the place of a class that others registered. Raises SubjectUnavailable."""
    places = registered(group)
    if name in places:
        return places[name]
    near = difflib.get_close_matches(name, names(), n=1)
    known = f"known are {', '.join(names())}; one of your own: module:Class"
    hint = f'did you mean "{near[0]}"?' if near else known
    raise SubjectUnavailable(f'unknown subject "{name}"; {hint}')
