"""Bugs that distributed had, or has: each shows on the releases that have it, and on no other.

Whoever changes the adapter so that one of these cannot be seen any more has changed too much.
"""

import importlib.util
from dataclasses import dataclass
from typing import Final

import pytest
from packaging.version import Version

from workerfuzz.harness.subjects.dask.conversion import AlreadyCancelled
from workerfuzz.harness.subjects.dask.worker.worker import DaskSubject
from workerfuzz.harness.subjects.protocol import SubjectRaised
from workerfuzz.harness.worlds.worker.effect import WorkerEffect
from workerfuzz.statemachine.worker import events as ev
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.task import Request, TaskSpec

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason='needs distributed: pip install "workerfuzz[dask]"',
)


def compute(key: str, run: int, needs: str = "", *, cpu: int = 0, spec: int = 0) -> ev.ComputeTask:
    """``needs`` is one key, which b holds; in brackets, one that is here."""
    dependency = needs.strip("()")
    return ev.ComputeTask(
        spec=TaskSpec(key=key, dependencies=tuple(dependency), run_spec=spec),
        request=Request(run_id=run, resources={"cpu": cpu} if cpu else {}),
        who_has={dependency: ("self" if needs != dependency else "b",)} if needs else {},
    )


def free(*keys: str) -> ev.FreeKeys:
    return ev.FreeKeys(keys=keys)


def ends(key: str, run: int) -> ev.ExecuteSuccess:
    return ev.ExecuteSuccess(key=key, run_id=run, value="value")


def fails(key: str, run: int) -> ev.ExecuteFailure:
    return ev.ExecuteFailure(key=key, run_id=run)


@dataclass(frozen=True, slots=True)
class Bug:
    """A bug of distributed.

    Attributes:
        origin: its pull request or issue.
        fixed: first release without it; None where there is none yet.
        shows: what is among what can be seen after the last event, where the bug is.
    """

    origin: str
    fixed: str | None
    shows: str
    events: tuple[ev.Event, ...]


BUGS: Final = (
    Bug("#6676", "2022.7.1", "left: cpu=3", (
        compute("y", 1, "x", cpu=1), ev.GatherDepSuccess(worker="b", values={"x": 1}),
        ends("y", 1),
    )),
    Bug("#6711", "2022.7.1", "! execute x run=4", (
        compute("v", 1, cpu=2), compute("u", 2), compute("x", 3), free("x"),
        compute("x", 4, cpu=1), ends("u", 2),
    )),
    Bug("#6699, message", "2022.8.1", "! task-erred x run=1", (
        compute("x", 1), free("x"), compute("y", 2, "x"), fails("x", 1),
    )),
    Bug("#6699, crash", "2022.8.1", "raised: AssertionError", (
        compute("y", 1, "x"), free("y"), ev.GatherDepFailure(worker="b"),
    )),
    Bug("#6878", "2022.8.1", "x: executing -> cancelled", (
        compute("x", 1), free("x"), compute("x", 2), AlreadyCancelled(key="x"),
    )),
    Bug("#6913", "2022.8.1", "raised: InvalidTransition", (
        compute("x", 1), free("x"), compute("y", 2, "x"), ev.Reschedule(key="x", run_id=1),
    )),
    Bug("#6916", "2022.9.0", "x: cancelled -> executing", (
        compute("x", 1), free("x"), ev.Secede(key="x", run_id=1), compute("x", 2),
    )),
    Bug("#7167", "2022.10.1", "~ waiting_is_counted", (compute("y", 1, "x"), free("y"))),
    Bug("#7463", "2023.1.1", "! task-finished x run=2", (
        compute("x", 1), free("x"), compute("x", 2, spec=1), ends("x", 1),
    )),
    Bug("#7490", "2023.1.1", "! add-keys x", (
        ev.UpdateData(values={"x": 1}), compute("y", 1, "(x)"), free("y"),
        ev.RemoveReplicas(keys=("x",)),
    )),
    Bug("#7933", "2023.7.0", "! task-erred x run=2", (
        compute("x", 1), free("x"), compute("x", 2, spec=1), fails("x", 1),
    )),
    Bug("#6705", None, "~ validate_state", (
        compute("y", 1, "x"), ev.GatherDepFailure(worker="b"),
    )),
    Bug("free-keys while it is fetched", None, "~ validate_state", (
        compute("e", 1, "a"), free("a"), ev.GatherDepSuccess(worker="b", values={"a": 1}),
    )),
)  # fmt: skip


def seen(happened: tuple[ev.Event, ...]) -> list[str]:
    """Return the observable effects of the last event."""
    worker = DaskSubject().worker(WorkerConfig(nthreads=2, resources={"cpu": 2}))
    lines: list[str] = []
    try:
        for event in happened:
            before = dict(zip(keys := worker.keys(), map(worker.state, keys), strict=True))
            issued = worker.handle(event)
            changes = ((key, before.get(key), worker.state(key)) for key in worker.touched())
            lines = WorkerEffect(tuple(changes), tuple(issued)).lines()
    except SubjectRaised as raised:
        return [f"raised: {raised}".partition(" in ")[0].partition(" (")[0]]
    lines += [f"left: {name}={value:g}" for name, value in worker.available_resources().items()]
    return lines + [f"~ {broken.name}" for broken, _ in worker.check(None)]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.origin)
def test_a_bug_shows_where_it_is_and_nowhere_else(bug: Bug) -> None:
    there = bug.fixed is None or Version(DaskSubject().version()) < Version(bug.fixed)
    assert (bug.shows in seen(bug.events)) == there, seen(bug.events)


def test_a_task_is_revived_without_its_input() -> None:
    """#6893, open: the thread of y was never told that x went away."""
    worker = DaskSubject(validate=False).worker(WorkerConfig())
    for event in (
        ev.UpdateData(values={"x": 1}),
        compute("y", 1, "(x)"),
        free("x", "y"),
        compute("y", 2, "x"),
    ):
        worker.handle(event)
    assert worker.state("y") == "executing"
    assert worker.state("x") == "released"
    assert worker.data() == {}
