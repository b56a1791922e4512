"""A case of one worker as a test: events of Dask, handed to its ``WorkerState``."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.cases.export.expected import Shown
from workerfuzz.harness.cases.export.python_source import (
    Code,
    call,
    comment,
    docstring,
    indented,
    literal,
    slug,
)
from workerfuzz.harness.cases.export.template_source import needed, template
from workerfuzz.harness.cases.format.case import Case, CaseError, open_world
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.subjects.dask.interface import LIMITS
from workerfuzz.harness.worlds.scopes import World
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies.worker import Step
from workerfuzz.strategies.worker.from_environment import ThreadReports
from workerfuzz.strategies.worker.from_peers import GatherDepFailure

#: Fields of Dask's events that a test tells, with the value that need not be told.
_FIELDS: Final[Mapping[str, object]] = MappingProxyType(
    {
        "key": ..., "keys": ..., "worker": ..., "run_id": ..., "who_has": {}, "nbytes": {},
        "priority": (0,), "resource_restrictions": {}, "actor": False, "value": ..., "data": ...,
        "total_nbytes": ..., "compute_duration": ..., "report": ..., "exception": ..., "traceback": ...,
        "exception_text": ..., "traceback_text": ...,
    }
)  # fmt: skip

#: Of events that have a ``dummy`` in Dask: what it fills in.
_FILLED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "ExecuteFailureEvent": frozenset(
            {"exception", "traceback", "exception_text", "traceback_text"}
        ),
        "ExecuteSuccessEvent": frozenset(),
    }
)


@dataclasses.dataclass(frozen=True, slots=True)
class ExportedMessage:
    """One of Dask's events, as it was told to the worker.

    Attributes:
        step: None while coming to rest.
        live: run id of each key that was wanted then.
        ended: a thread ended with this whose content was not wanted any more.
    """

    event: object
    step: Step | None
    live: Mapping[str, int]
    ended: bool


class Listening:
    """Opens the world of a case, and notes every event as Dask gets it."""

    def __init__(self) -> None:
        self.told: list[ExportedMessage] = []
        self._specs: dict[int, TaskSpec] = {}

    def __call__(self, case: Case, subject: AnySubject) -> World:
        world = open_world(case, subject)
        assert isinstance(world, WorkerWorld)
        make: Callable[[Event], object] = world.view.stimulus  # type: ignore[attr-defined]  # a DaskWorker

        def stimulus(event: Event) -> object:
            made = make(event)
            if made is not None:
                live = {key: it.run_id for key, it in world.requests.items() if key in world.live}
                step = None if world.resting else world.steps[-1]
                self.told.append(ExportedMessage(made, step, live, self._ended(event, world)))
            return made

        world.view.stimulus = stimulus  # type: ignore[attr-defined]  # a DaskWorker
        return world

    def _ended(self, event: Event, world: WorkerWorld) -> bool:
        """Return whether a thread ends whose content was replaced."""
        match event:
            case events.ComputeTask():
                self._specs[event.request.run_id] = event.spec
            case events.ExecuteSuccess() | events.ExecuteFailure():
                return self._specs.get(event.run_id) != world.content.get(event.key)
            case _:
                pass
        return False


def worker_test(shown: Shown, told: Sequence[ExportedMessage]) -> str:
    """The whole file."""
    if shown.broken not in CHECKS:
        raise CaseError(f"{shown.broken} cannot be told in Dask's own terms", None, shown.case.path)
    body = "\n".join(test(shown, told))
    return f'"""{shown.case.title}"""\n\n{needed(template("worker.py.txt"), body)}\n\n\n{body}\n'


def test(shown: Shown, told: Sequence[ExportedMessage]) -> Iterator[str]:
    """The function that pytest calls."""
    yield f"def test_{slug(shown.case.title).replace('-', '_')}(make_worker):"
    about = [f"Expected: {shown.expected}", *shown.found()]
    yield from indented(docstring(shown.case.title, about))
    assert isinstance(shown.case.config, WorkerConfig)
    yield f"    {call('ws = make_worker', **settings(shown.case.config))}"
    yield ""
    if not shown.at_rest or (shown.broken not in AT_REST and shown.violation is None):
        told = [it for it in told if it.step is not None]
    if each_time(shown):
        yield f"    with expected({literal(shown.expected)}):"
        yield from indented(happens(shown, told), 8)
    else:
        yield from indented(happens(shown, told))


def happens(shown: Shown, told: Sequence[ExportedMessage]) -> Iterator[str]:
    """One event after the other, with what followed from each."""
    followed = {id(step): lines for step, lines in shown.steps}
    rested = False
    for place, it in enumerate(told):
        last = place == len(told) - 1
        checks = CHECKS[shown.broken](it) if last or each_time(shown) else []
        if it.step is not None:
            yield from comment(f"{it.step}")
        elif not rested:
            rested = True
            yield "# Now everything ends that is outstanding."
        block = [
            f"{'instructions = ' if uses(checks) else ''}ws.handle_stimulus({event(it.event)})"
        ]
        if type(it.event).__name__ == "RemoveWorkerEvent":
            block = ['if hasattr(wsm, "RemoveWorkerEvent"):', *indented(block)]
        block += checks
        if last and not each_time(shown):
            block = [f"with expected({literal(shown.expected)}):", *indented(block)]
        yield from block
        for line in followed.get(id(it.step), ()):
            yield from comment(line)


def each_time(shown: Shown) -> bool:
    """It is not known here when it breaks: it is looked at after every step."""
    return shown.violation is None and shown.broken not in AT_REST


def uses(checks: list[str]) -> bool:
    return any("instructions" in line for line in checks)


def settings(config: WorkerConfig) -> dict[str, object]:
    """Arguments of a ``WorkerState``, by the names of all releases."""
    plain = WorkerConfig()
    found: dict[str, object] = {"nthreads": config.nthreads}
    if config.resources:
        found["resources"] = dict(config.resources)
    for limit, names in LIMITS.items():
        if getattr(config, limit) != getattr(plain, limit):
            found.update(dict.fromkeys(names, getattr(config, limit)))
    return found


def event(made: object) -> str:
    """The expression that makes an event."""
    kind = type(made).__name__
    fields = {
        name: plain(getattr(made, name))
        for name, usual in _FIELDS.items()
        if hasattr(made, name)
        and name not in _FILLED.get(kind, ())
        and not (kind == "ComputeTaskEvent" and getattr(made, name) == usual)
    }
    if kind == "UpdateDataEvent":
        fields["report"] = False  # asked for before 2023.9
    return call("event", Code(f"wsm.{kind}"), **fields)


def plain(value: Any) -> Any:
    """Of fields: what people would write."""
    if type(value).__name__ == "Serialize":
        return Code(f"Serialize({value.data!r})")
    if isinstance(value, Mapping):
        return {str(key): plain(it) for key, it in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return str(value) if isinstance(value, str) else value


# What is expected


def always(*lines: str) -> Callable[[ExportedMessage], list[str]]:
    return lambda told: [*lines]


def tasks(condition: str) -> Callable[[ExportedMessage], list[str]]:
    """Something that holds of every task."""
    return always("for ts in ws.tasks.values():", f"    {condition}")


def reports(told: ExportedMessage) -> list[str]:
    """Only what is wanted is reported, for the run that was requested last."""
    if not isinstance(told.step, ThreadReports | GatherDepFailure):
        return []
    return [
        f"live = {literal(told.live)}  # what is wanted, and in which run",
        "for it in instructions:",
        "    if isinstance(it, (wsm.TaskFinishedMsg, wsm.TaskErredMsg, wsm.LongRunningMsg)):",
        "        key = str(it.key)",
        '        assert key in live, f"nobody wants {key}"',
        '        assert getattr(it, "run_id", live[key]) == live[key], it',
    ]


def own_content(told: ExportedMessage) -> list[str]:
    """The thread ran what is not wanted any more: its end tells nothing."""
    if not told.ended:
        return []
    return [
        "for it in instructions:",
        "    assert not isinstance(it, (wsm.TaskFinishedMsg, wsm.TaskErredMsg)), it",
    ]


#: What is asserted, by property.
CHECKS: Final[Mapping[str, Callable[[ExportedMessage], list[str]]]] = MappingProxyType(
    {
        "no_handler_raises": always(),
        "validate_state": always("ws.validate_state()"),
        "waiting_is_counted": always(
            "waiting = sum(bool(ts.waiting_for_data) for ts in ws.tasks.values())",
            'assert getattr(ws, "waiting_for_data_count", waiting) == waiting',
        ),
        "reports_the_last_request": reports,
        "reports_its_own_content": own_content,
        "resources_stay_within_bounds": always(
            "for name, total in ws.total_resources.items():",
            "    assert 0 <= ws.available_resources[name] <= total",
        ),
        "runs_within_its_threads": always("assert len(ws.executing) <= ws.nthreads"),
        "waits_for_its_inputs": tasks(
            'assert ts.state not in ("ready", "constrained") or all(\n'
            '        dep.state == "memory" for dep in ts.dependencies\n    ), ts'
        ),
        "stores_what_is_in_memory": tasks(
            'assert (ts.key in {**ws.data, **ws.actors}) == (ts.state == "memory"), ts'
        ),
        "everything_comes_to_rest": tasks('assert ts.state in ("memory", "error", "released"), ts'),
        "forgotten_worker_is_empty": always(
            "assert not ws.tasks", "assert ws.available_resources == ws.total_resources"
        ),
        "asked_again_everything_arrives": tasks('assert ts.state == "memory", ts'),
    }
)

#: What is judged once everything outstanding has ended.
AT_REST: Final = frozenset(
    {"everything_comes_to_rest", "forgotten_worker_is_empty", "asked_again_everything_arrives"}
)
