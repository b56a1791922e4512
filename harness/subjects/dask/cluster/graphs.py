"""A graph as the scheduler of a release takes it from a client: every task carries our ``TaskSpec``.

Source: distributed 2026.8.0, scheduler.py, Scheduler.update_graph.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Final

from workerfuzz.harness.subjects.dask.instrumentation import DaskObject, Name, address, named
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.worker.task import TaskSpec


def content_class(base: type[DaskObject] | None) -> Callable[[TaskSpec], DaskObject]:
    """Return the function that makes the content of a task out of its spec.

    Args:
        base: of the nodes of a graph; None where a release takes anything for content.
    """
    if base is None:
        return lambda spec: spec

    class Content(base):  # type: ignore[misc,valid-type]  # known at run time only
        """A node of a graph that nobody but us can run."""

        def __init__(self, spec: TaskSpec) -> None:
            self.spec = spec
            self.key = named(spec.key)
            self._dependencies = frozenset(map(named, spec.dependencies))

        def __repr__(self) -> str:
            return f"<Content {self.spec.key}>"

        def __dask_tokenize__(self) -> str:
            return repr(self.spec)  # by which some releases tell whether it is the same content

    return Content


@dataclass(slots=True, eq=False)
class Graph:
    """Graph of a client, with everything that some release asks for."""

    client: str
    request: client_requests.Submit
    specs: Sequence[TaskSpec]
    contents: dict[Name, DaskObject]

    @property
    def dependencies(self) -> dict[Name, set[Name]]:
        return {named(spec.key): set(map(named, spec.dependencies)) for spec in self.specs}

    @property
    def data(self) -> "Graph":
        """As unpacked by a release that packs it twice."""
        return self

    @property
    def annotations(self) -> dict[str, dict[Name, DaskObject]]:
        """Options of the tasks, by annotation and by key."""
        found: dict[str, dict[Name, DaskObject]] = {}
        if not self.request.options:
            return found
        for name, read in ANNOTATIONS.items():
            annotated = {
                key: value
                for key in self.contents
                if (options := self.request.options.get(str(key))) and (value := read(options))
            }
            if annotated:
                found[name] = annotated
        return found

    @property
    def actors(self) -> list[Name]:
        actors = (named(spec.key) for spec in self.request.specs if spec.actor)
        return [key for key in actors if key in self.contents]

    @property
    def keys(self) -> set[Name]:
        return set(map(named, self.request.wanted))

    @property
    def priority(self) -> dict[Name, int]:
        """A task after those that it depends on; what counts is that it is an order."""
        return {key: position for position, key in enumerate(self.contents)}

    def annotated(self, annotation: str) -> dict[Name, DaskObject]:
        return self.annotations.get(annotation, {})


#: What ``Options`` are called in Dask. What is nothing is not asked for.
ANNOTATIONS: Final[Mapping[str, Callable[[client_requests.Options], DaskObject]]] = {
    "priority": lambda options: options.priority,
    "retries": lambda options: options.retries,
    "resources": lambda options: dict(options.resources),
    "workers": lambda options: [address(worker) for worker in options.workers],
    "allow_other_workers": lambda options: options.loose,
}


class _Dependent(Graph):
    """A graph of a release that wants its dependencies beside it."""

    @property
    def materialized(self) -> DaskObject:
        return self.contents, self.dependencies, self.annotations

    @property
    def materialized_by_key(self) -> DaskObject:
        """As releases want it that have a method of the scheduler for it: annotations by key."""
        annotated: dict[Name, dict[str, DaskObject]] = {}
        for name, values in self.annotations.items():
            for key, value in values.items():
                annotated.setdefault(key, {})[name] = value
        return self.contents, self.dependencies, annotated, {key: key for key in self.contents}


class _Plain(Graph):
    """A graph whose nodes know what they depend on."""

    @property
    def materialized(self) -> DaskObject:
        return self.contents, self.annotations


Fill = Callable[[Graph], DaskObject]

#: What every release asks for.
_ALWAYS: Final[Mapping[str, Fill]] = {
    "client": lambda graph: graph.client,
    "keys": lambda graph: graph.keys,
    "submitting_task": lambda graph: None,
    "actors": lambda graph: graph.actors,
    "fifo_timeout": lambda graph: 0,
}
_SINCE_PACKED: Final[Mapping[str, Fill]] = {
    **_ALWAYS,
    "span_metadata": lambda graph: {},
    "internal_priority": lambda graph: graph.priority,
}

_SINCE_EXPRESSIONS: Final[Mapping[str, Fill]] = {
    **_SINCE_PACKED,
    "expr_ser": lambda graph: SimpleNamespace(header=graph, frames=()),
}

#: Said of a release that takes expressions, and wants the dependencies of what is in them.
BESIDE: Final = "expr_ser, dependencies"

#: How a graph is handed over, by an argument of ``update_graph`` that only this way has.
WAYS: Final[Mapping[str, tuple[type[Graph], Mapping[str, Fill]]]] = {
    BESIDE: (_Dependent, _SINCE_EXPRESSIONS),
    "expr_ser": (_Plain, _SINCE_EXPRESSIONS),
    "graph_header": (
        _Dependent,
        {
            **_SINCE_PACKED,
            "graph_header": lambda graph: graph,
            "graph_frames": lambda graph: (),
        },
    ),
    "tasks": (
        Graph,
        {
            **_ALWAYS,
            "tasks": lambda graph: dict(graph.contents),
            "dependencies": lambda graph: graph.dependencies,
            "priority": lambda graph: graph.priority,
            "user_priority": lambda graph: dict(graph.annotated("priority")),
            "restrictions": lambda graph: graph.annotated("workers"),
            "loose_restrictions": lambda graph: list(graph.annotated("allow_other_workers")),
            "resources": lambda graph: graph.annotated("resources"),
            "retries": lambda graph: graph.annotated("retries"),
        },
    ),
}


def way_of(arguments: frozenset[str]) -> str | None:
    """Return the way to hand a graph to an ``update_graph`` that has these arguments; None: unknown."""
    return next((way for way in WAYS if way in arguments), None)


def arguments(
    way: str,
    taken: frozenset[str],
    client: str,
    request: client_requests.Submit,
    content: Callable[[TaskSpec], DaskObject],
) -> dict[str, DaskObject]:
    """Of ``update_graph``, where it takes these."""
    specs = _reached(request)
    kind, fills = WAYS[way]
    graph = kind(client, request, specs, {named(spec.key): content(spec) for spec in specs})
    return {name: fill(graph) for name, fill in fills.items() if name in taken}


def _reached(request: client_requests.Submit) -> Sequence[TaskSpec]:
    """Tasks that what is wanted depends on, in order: a client sends no others."""
    specs = {spec.key: spec for spec in request.specs}
    pending, reached = [*request.wanted], set()
    while pending:
        key = pending.pop()
        if key in specs and key not in reached:
            reached.add(key)
            pending += specs[key].dependencies
    return [spec for spec in request.specs if spec.key in reached]
