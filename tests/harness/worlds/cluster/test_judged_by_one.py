"""Each of these properties is needed: a bug that it alone notices, in a run of a few steps."""

import inspect
import math
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from types import FunctionType
from typing import Any

import pytest

from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.dask.fixes.patch import compiled
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties.property import AnyProperty, Broken, Checks, Due
from workerfuzz.statemachine.scheduler import (
    client_requests,
    machine,
    messages,
    placement,
    scheduler_state,
    transitions,
)
from workerfuzz.statemachine.scheduler.handlers import (
    clients,
    decisions,
    worker_processes,
    workers,
)
from workerfuzz.statemachine.scheduler.outcome import SchedulerOutcome
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.worker import dispatch, events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.handlers import threads
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


def changed(function: FunctionType, before: str, after: str) -> Patch:
    """Return a bug that is a change of the text of a function."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        source = textwrap.dedent(inspect.getsource(function))
        assert source.count(before) == 1
        patch.setattr(function, "__code__", compiled(function, source.replace(before, after)))

    return plant


FIRST = ("deliver c0->scheduler", "deliver scheduler->w0")
MADE = (*FIRST, "succeed w0 a", "deliver w0->scheduler")
BOTH_MADE = (*MADE, "succeed w0 b", "deliver w0->scheduler")

#: By the name of the property: a function, its text before and after, and the steps that show it.
CHANGES: dict[str, tuple[Any, str, str, Sequence[str]]] = {
    "tries_are_counted": (
        workers.on_task_erred, "task.retries_left > 0", "task.retries_left > 1",
        ("submit c0 a[retries=1] want a", *FIRST, "fail w0 a", "deliver w0->scheduler"),
    ),
    "failed_inputs_are_tried_again": (
        clients.on_retry,
        "if task.state in (SchedulerTaskState.ERRED, SchedulerTaskState.RELEASED):", "if False:",
        (
            "submit c0 a b(a) want b", *FIRST, "fail w0 a", "deliver w0->scheduler",
            "deliver scheduler->c0", "retry c0 b",
        ),
    ),
    "tasks_go_where_they_may": (
        placement.able_workers, "in options.workers if name in workers", "in workers",
        ("submit c0 a[on=w1] want a", "deliver c0->scheduler"),
    ),
    "paused_workers_are_given_nothing": (
        placement.place, "if worker.running", "if True",
        ("pause w0", "deliver w0->scheduler", "submit c0 a want a", "deliver c0->scheduler"),
    ),
    "runs_are_reported_as_they_ended": (
        threads.on_execute_failure,
        "thread_ended(running(worker, event), event, Failure(event.exception))",
        "on_reschedule(worker, events.Reschedule(key=event.key, run_id=event.run_id))",
        ("submit c0 a want a", *FIRST, "fail w0 a"),
    ),
    "nothing_starts_while_paused": (
        dispatch.next_execution, "worker.paused or ", "",
        ("submit c0 a want a", "deliver c0->scheduler", "pause w0", "deliver scheduler->w0"),
    ),
    "removed_workers_are_not_named": (
        scheduler_state.SchedulerState.holders,
        "tuple(sorted(worker for worker in task.who_has if worker != asking))",
        "(*sorted(worker for worker in task.who_has if worker != asking), 'w9')",
        ("submit c0 a b(a)[on=w1] want b", *MADE),
    ),
    "priorities_are_passed_on": (
        transitions.request, "priority=task.priority", "priority=(0, *task.priority[1:])",
        ("submit c0 a b[priority=1] want a,b", "deliver c0->scheduler"),
    ),
    "urgent_tasks_are_requested_first": (
        worker_processes.by_urgency, "(scheduler.tasks[key].priority, key)",
        "(-scheduler.tasks[key].priority[2], key)",
        (
            "pause w1", "deliver w1->scheduler", "submit c0 a[on=w1] b[on=w1] want a,b",
            "deliver c0->scheduler", "unpause w1", "deliver w1->scheduler",
        ),
    ),
    "late_answers_end_nothing": (
        scheduler_state.SchedulerState.tell,
        "reason, (record.graphs, record.scatters))", "reason)",
        ("submit c0 a want a", "deliver c0->scheduler", "cancel c0 a", "submit c0 a want a"),
    ),
    "no_thread_is_idle": (
        dispatch.next_execution, "len(worker.executing) >=",
        "len(worker.executing) + len(worker.long_running) >=",
        ("submit c0 a[on=w0] b[on=w0] want a,b", *FIRST, "secede w0 a"),
    ),
    "resources_hold_up_no_other": (
        dispatch.next_execution, "candidates.append((priority, key))\n            break",
        "candidates.append((priority, key))\n        break",
        ("submit c0 a[cpu=1,on=w0] b[cpu=1,on=w0] c[gpu=1,on=w0] want a,b,c", *FIRST),
    ),
    "transfers_keep_the_limits": (
        dispatch.choose_keys, "(keys or worker.incoming_nbytes) and total", "False and total",
        ("submit c0 a[on=w0] b[on=w0] c(a,b)[on=w1] want c", *BOTH_MADE, "deliver scheduler->w1"),
    ),
    "no_peer_is_left_alone": (
        dispatch.peers_by_urgency, "in sorted(asked)]", "in sorted(asked)][:1]",
        (
            "submit c0 a[on=w0] b[on=w2] c(a,b)[on=w1] want c", *FIRST, "deliver scheduler->w2",
            "succeed w0 a", "succeed w2 b", "deliver w0->scheduler", "deliver w2->scheduler",
            "deliver scheduler->w1",
        ),
    ),
    "brought_values_count_as_one_byte": (
        scheduler_state.SchedulerState.write_content, "task.nbytes = 1", "task.nbytes = 2",
        ("scatter c0 a@w0",),
    ),
}  # fmt: skip

#: By the name of the property: the bug, and the steps that show it.
BUGS: dict[str, tuple[Patch, Sequence[str]]] = {
    **{name: (changed(*change), lines) for name, (*change, lines) in CHANGES.items()},
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

#: By the name of the property: limits of the workers.
LIMITS: dict[str, dict[str, int]] = {
    "resources_hold_up_no_other": {"nthreads": 2},
    "transfers_keep_the_limits": {"transfer_incoming_nbytes": 1},
}

#: Names of the properties whose bugs take three workers to show.
OF_THREE = ("no_peer_is_left_alone",)


def switch(patch: pytest.MonkeyPatch, is_on: Callable[[AnyProperty], bool]) -> None:
    """Let only these properties be checked."""
    first_broken, broken = Checks.first_broken, Checks.broken

    def first(
        checks: Checks, properties: Sequence[AnyProperty], observation: object
    ) -> Broken | None:
        return first_broken(checks, [*filter(is_on, properties)], observation)

    def every(checks: Checks, due: Iterable[Due]) -> Iterator[Broken]:
        return broken(
            checks, [([*filter(is_on, properties)], observation) for properties, observation in due]
        )

    patch.setattr(Checks, "first_broken", first)
    patch.setattr(Checks, "broken", every)


def run(name: str) -> None:
    worker = WorkerConfig(resources={"cpu": 1.0, "gpu": 1.0}, **LIMITS.get(name, {}))
    config = ClusterConfig(
        workers=3 if name in OF_THREE else 2,
        worker=worker,
        saturation=math.inf,
    )
    with ClusterWorld(get_cluster("reference"), ClusterRunConfig(config)) as world:
        for line in BUGS[name][1]:
            world.apply(parse(line, BY_WORD))
        world.finish()


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_noticed_by_one_property_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    plant, _ = BUGS[name]
    run(name)
    plant(monkeypatch)
    with monkeypatch.context() as patch:
        switch(patch, lambda item: item.name == name)
        with pytest.raises(Violation) as found:
            run(name)
        assert found.value.property == name
    with monkeypatch.context() as patch:
        switch(patch, lambda item: item.name != name)
        run(name)
