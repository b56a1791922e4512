"""Each of these properties is needed: a bug that it alone notices, in a run of a few steps."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties.property import AnyProperty, Broken, Checks, Due
from workerfuzz.statemachine.scheduler import client_requests, machine, messages, transitions
from workerfuzz.statemachine.scheduler.handlers import decisions
from workerfuzz.statemachine.scheduler.outcome import SchedulerOutcome
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse

Patch = Callable[[pytest.MonkeyPatch], None]

HANDLED = machine.HANDLERS


def handler(kind: type, replacement: Callable[..., SchedulerOutcome]) -> Patch:
    return lambda patch: patch.setattr(machine, "HANDLERS", {**HANDLED, kind: replacement})


def ignored(scheduler: SchedulerState, sender: str, message: object) -> SchedulerOutcome:
    return SchedulerOutcome()


def to_the_victim(
    scheduler: SchedulerState, worker: str, message: do.StealResponse
) -> SchedulerOutcome:
    outcome = HANDLED[do.StealResponse](scheduler, worker, message)
    scheduler.prefer(scheduler.tasks[message.key], worker)
    return outcome


def later_graphs_first(
    scheduler: SchedulerState, client: str, request: client_requests.Submit
) -> SchedulerOutcome:
    scheduler.submissions -= 2
    return HANDLED[client_requests.Submit](scheduler, client, request)


def without_resources(*arguments: Any) -> events.ComputeTask:
    event = REQUEST(*arguments)
    return replace(event, request=replace(event.request, resources={}))


REQUEST = transitions.request


def asks_nobody(
    scheduler: SchedulerState, sender: str, message: messages.Steal
) -> SchedulerOutcome:
    outcome = decisions.on_steal(scheduler, sender, message)
    scheduler.outbox.clear()
    scheduler.tasks[message.key].theft = None
    return outcome


#: By the name of the property: the bug, and the steps that show it.
BUGS: dict[str, tuple[Patch, Sequence[str]]] = {
    "decisions_reach_their_worker": (
        handler(messages.Steal, asks_nobody),
        ("submit c0 a want a", "deliver c0->scheduler", "steal a w1"),
    ),
    "stolen_tasks_go_to_the_thief": (
        handler(do.StealResponse, to_the_victim),
        (
            "submit c0 a b c d want a,b,c,d", "deliver c0->scheduler", "deliver scheduler->w0",
            "steal c w1", "deliver scheduler->w0", "deliver w0->scheduler",
        ),
    ),
    "unused_tasks_are_released": (
        handler(client_requests.Cancel, ignored),
        ("submit c0 a want a", "deliver c0->scheduler", "cancel c0 a", "deliver c0->scheduler"),
    ),
    "earlier_graphs_are_more_urgent": (
        handler(client_requests.Submit, later_graphs_first),
        ("submit c0 a want a", "submit c0 b want b", *["deliver c0->scheduler"] * 2),
    ),
    "requests_are_complete": (
        lambda patch: patch.setattr(transitions, "request", without_resources),
        ("submit c0 a[cpu=1] want a", "deliver c0->scheduler"),
    ),
}  # fmt: skip


def switch(patch: pytest.MonkeyPatch, is_on: Callable[[AnyProperty], bool]) -> None:
    """Let only these properties be checked."""
    first_broken, broken = Checks.first_broken, Checks.broken

    def first(checks: Checks, properties: Sequence[AnyProperty], it: object) -> Broken | None:
        return first_broken(checks, [*filter(is_on, properties)], it)

    def every(checks: Checks, due: Iterable[Due]) -> Iterator[Broken]:
        return broken(checks, [([*filter(is_on, properties)], it) for properties, it in due])

    patch.setattr(Checks, "first_broken", first)
    patch.setattr(Checks, "broken", every)


def run(lines: Sequence[str]) -> None:
    worker = WorkerConfig(resources={"cpu": 1.0})
    config = ClusterConfig(workers=2, worker=worker, saturation=math.inf)
    with ClusterWorld(get_cluster("reference"), ClusterRunConfig(config)) as world:
        for line in lines:
            world.apply(parse(line, BY_WORD))
        world.finish()


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_noticed_by_one_property_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    plant, lines = BUGS[name]
    run(lines)
    plant(monkeypatch)
    with monkeypatch.context() as patch:
        switch(patch, lambda item: item.name == name)
        with pytest.raises(Violation) as found:
            run(lines)
        assert found.value.property == name
    with monkeypatch.context() as patch:
        switch(patch, lambda item: item.name != name)
        run(lines)
