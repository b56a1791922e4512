"""A case of one worker as a test: a function with the fixture ``ws`` of ``distributed.utils_test``."""

import ast
import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.cases.export.expected import Shown
from workerfuzz.harness.cases.export.python_source import (
    Code,
    call,
    docstring,
    indented,
    literal,
    slug,
)
from workerfuzz.harness.cases.format.case import Case, CaseError, open_world
from workerfuzz.harness.subjects import AnySubject, get
from workerfuzz.harness.subjects.dask.instrumentation import OWN_NAME
from workerfuzz.harness.subjects.dask.interface import LIMITS
from workerfuzz.harness.worlds.playing import take_steps
from workerfuzz.harness.worlds.scopes import World
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.strategies.worker import Step

#: Fields of events that have a ``dummy`` or a ``from_exception`` in Dask; it fills in the others.
_SHORT: Final[Mapping[str, tuple[str, Sequence[str]]]] = MappingProxyType(
    {
        "ComputeTaskEvent": (
            "dummy",
            ("run_id", "who_has", "nbytes", "priority", "resource_restrictions", "actor"),
        ),
        "ExecuteSuccessEvent": ("dummy", ("run_id", "nbytes")),
        "ExecuteFailureEvent": ("dummy", ("run_id",)),
        "RescheduleEvent": ("dummy", ()),
        "GatherDepFailureEvent": ("from_exception", ("worker", "total_nbytes")),
    }
)

#: Of other events, fields that are not told to their constructors.
_IMPLICIT: Final = frozenset({"handled", "stimulus_id"})

#: Values of fields that a ``dummy`` fills in by itself.
_DEFAULTS: Final[Mapping[str, object]] = MappingProxyType(
    {
        "who_has": {}, "nbytes": 1, "priority": (0,), "resource_restrictions": {}, "actor": False,
    }
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class ExportedEvent:
    """One of Dask's events, as the worker got it.

    Attributes:
        step: None while coming to rest.
    """

    event: object
    step: Step | None


class EventRecorder:
    """Opens the world of a case, and records every event as Dask gets it."""

    def __init__(self) -> None:
        self.events: list[ExportedEvent] = []

    def __call__(self, case: Case, subject: AnySubject) -> World:
        world = open_world(case, subject)
        assert isinstance(world, WorkerWorld)
        make: Callable[[Event], object] = world.view.stimulus  # type: ignore[attr-defined]  # a DaskWorker

        def stimulus(event: Event) -> object:
            made = make(event)
            if made is not None:
                step = None if world.resting else world.steps[-1]
                self.events.append(ExportedEvent(made, step))
            return made

        world.view.stimulus = stimulus  # type: ignore[attr-defined]  # a DaskWorker
        return world


@dataclasses.dataclass(frozen=True, slots=True)
class Reference:
    """Behaviour of the reference after the last step of a test: what should be.

    Attributes:
        states: by key; a key that is not there has none.
        instructions: those of the last step.
    """

    states: Mapping[str, str]
    instructions: Sequence[do.Instruction]


def reference(shown: Shown, steps: Sequence[Step]) -> Reference:
    """Play steps on the other system of a case; empty where it has none, or they are impossible."""
    if not shown.others:
        return Reference({}, ())
    with open_world(shown.case, get(shown.others[0])) as world:
        assert isinstance(world, WorkerWorld)
        results = [*take_steps(world, steps)]
        if not results or results[-1].effect is None:
            return Reference({}, ())
        view = world.view
        return Reference(
            {key: str(view.state(key)) for key in view.keys()},  # noqa: SIM118  # no mapping
            tuple(getattr(results[-1].effect, "instructions", ())),
        )


def worker_test(shown: Shown, events: Sequence[ExportedEvent]) -> str:
    """The whole file."""
    if shown.broken not in CHECKS:
        raise CaseError(f"{shown.broken} cannot be told in Dask's own terms", None, shown.case.path)
    if not shown.at_rest or (shown.broken not in AT_REST and shown.violation is None):
        events = [event for event in events if event.step is not None]
    steps = [event.step for event in events if event.step is not None]
    body = addressed("\n".join(test(shown, events, reference(shown, steps))))
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    used = {name for name in used if name.endswith(("Event", "Msg"))}
    imported = "\n".join(f"    {name}," for name in sorted(used))
    return "\n".join(
        [
            "from distributed.utils_test import ws  # noqa: F401",
            f"from distributed.worker_state_machine import (\n{imported}\n)",
            "",
            "",
            body,
            "",
        ]
    )


def test(shown: Shown, events: Sequence[ExportedEvent], should: Reference) -> Iterator[str]:
    """The function that pytest calls."""
    yield f"def test_{slug(shown.case.title).replace('-', '_')}(ws):  # noqa: F811"
    yield from indented(docstring(shown.case.title, shown.about()))
    assert isinstance(shown.case.config, WorkerConfig)
    yield from indented(settings(shown.case.config))
    checks = CHECKS[shown.broken](shown, should)
    listens = any("instructions" in line for line in checks)
    first, last = events[:-1], events[-1:]
    if not listens:
        first, last = events, ()
    if first:
        made = [Code(event(exported.event, number)) for number, exported in enumerate(first)]
        yield from indented([call("ws.handle_stimulus", *made)])
    for exported in last:
        made = [Code(event(exported.event, len(first)))]
        yield from indented([call("instructions = ws.handle_stimulus", *made)])
    yield from indented(checks)


def settings(config: WorkerConfig) -> Iterator[str]:
    """Statements that make the worker of the fixture one of this configuration."""
    plain = WorkerConfig()
    if config.nthreads != 1:
        yield f"ws.nthreads = {config.nthreads}"
    if config.resources:
        yield f"ws.total_resources = {literal(dict(config.resources))}"
        yield "ws.available_resources = ws.total_resources.copy()"
    for limit, names in LIMITS.items():
        if getattr(config, limit) != getattr(plain, limit):
            yield f"ws.{names[0]} = {getattr(config, limit)}"


def event(made: Any, number: int) -> str:
    """The expression that makes an event, by its constructor or the one that Dask's tests use."""
    kind = type(made).__name__
    constructor, fields = _SHORT.get(
        kind,
        ("", [field.name for field in dataclasses.fields(made) if field.name not in _IMPLICIT]),
    )
    arguments = {name: plain(getattr(made, name)) for name in fields}
    if constructor == "dummy":
        arguments = {
            name: value for name, value in arguments.items() if not is_filled_in(name, value)
        }
    if constructor == "from_exception":
        positional = [Code(repr(made.exception.data))]
    elif constructor:
        positional = [Code(literal(str(made.key)))]
    else:
        positional = []
    name = f"{kind}.{constructor}" if constructor else kind
    return call(name, *positional, **arguments, stimulus_id=f"s{number + 1}")


def is_filled_in(name: str, value: object) -> bool:
    """The ``dummy`` of an event gives a field this value by itself."""
    if name == "nbytes" and isinstance(value, Mapping):
        return set(value.values()) <= {1}
    return name in _DEFAULTS and value == _DEFAULTS[name]


def plain(value: Any) -> Any:
    """Of fields: what people would write."""
    if isinstance(value, Mapping):
        return {str(key): plain(content) for key, content in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return str(value) if isinstance(value, str) else value


def addressed(text: str) -> str:
    """Replace the addresses of a test by such as Dask's tests have; the fixture's is 127.0.0.1:1."""
    ports = {OWN_NAME: 1}

    def address(found: re.Match[str]) -> str:
        return f'"127.0.0.1:{ports.setdefault(found[1], len(ports) + 1)}"'

    return re.sub(r'"([\w.-]+):0"', address, text)


# What is expected

Check = Callable[[Shown, Reference], Sequence[str]]

#: Messages about the end of a run, by our class.
_REPORTS: Final[Mapping[type[do.Instruction], str]] = MappingProxyType(
    {
        do.TaskFinished: "TaskFinishedMsg",
        do.TaskErred: "TaskErredMsg",
        do.LongRunning: "LongRunningMsg",
        do.Reschedule: "RescheduleMsg",
    }
)

#: Of these, Dask's messages that name no run.
_WITHOUT_RUN: Final = frozenset({do.Reschedule})


def lines(*checks: str) -> Check:
    return lambda shown, should: checks


def states(shown: Shown, should: Reference) -> Sequence[str]:
    """The states of the keys in question, as those of the reference, which keeps released records."""
    words = set(re.findall(r"\w+", shown.counterexample)) | {
        key
        for step, _ in shown.steps[-1:]
        for key in step.keys()  # noqa: SIM118  # no mapping
    }
    named = [key for key in should.states if key in words] or [*should.states]
    return [
        f'assert ws.tasks["{key}"].state == "{should.states[key]}"'
        for key in sorted(named)
        if should.states[key] != "released"
    ]


def reports(shown: Shown, should: Reference) -> Sequence[str]:
    """The reports of the last step, as those of the reference."""
    expected = [
        call(
            f"{_REPORTS[type(message)]}.match",
            key=message.key,
            **({} if type(message) in _WITHOUT_RUN else {"run_id": message.run_id}),
        )
        for message in should.instructions
        if isinstance(message, do.TaskFinished | do.TaskErred | do.LongRunning | do.Reschedule)
    ]
    if len(expected) == len(should.instructions):
        return [f"assert instructions == [{', '.join(expected)}]"]
    if expected:
        return [f"assert {instruction} in instructions" for instruction in expected]
    return ["assert not any(it.key for it in instructions if isinstance(it, TaskFinishedMsg))"]


def at_rest(shown: Shown, should: Reference) -> Iterable[str]:
    yield 'ends = ("memory", "error", "released")'
    yield "assert all(ts.state in ends for ts in ws.tasks.values())"


#: What is asserted, by property.
CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "no_handler_raises": states,
        "validate_state": lines("ws.validate_state()"),
        "waiting_is_counted": lines(
            "waiting = sum(bool(ts.waiting_for_data) for ts in ws.tasks.values())",
            "assert ws.waiting_for_data_count == waiting",
        ),
        "reports_the_last_request": reports,
        "reports_its_own_content": reports,
        "resources_stay_within_bounds": lines(
            "for name, total in ws.total_resources.items():",
            "    assert 0 <= ws.available_resources[name] <= total",
        ),
        "runs_within_its_threads": lines("assert len(ws.executing) <= ws.nthreads"),
        "waits_for_its_inputs": states,
        "stores_what_is_in_memory": lines(
            "for ts in ws.tasks.values():",
            '    assert (ts.key in {**ws.data, **ws.actors}) == (ts.state == "memory")',
        ),
        "everything_comes_to_rest": lambda shown, should: [*at_rest(shown, should)],
        "forgotten_worker_is_empty": lines(
            "assert not ws.tasks", "assert ws.available_resources == ws.total_resources"
        ),
        "asked_again_everything_arrives": lines(
            'assert all(ts.state == "memory" for ts in ws.tasks.values())'
        ),
    }
)

#: What is judged once everything outstanding has ended.
AT_REST: Final = frozenset(
    {"everything_comes_to_rest", "forgotten_worker_is_empty", "asked_again_everything_arrives"}
)
