"""Bugs planted in the installed Dask, as in a developer's own checkout: walks find each of them."""

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from workerfuzz.harness.cases.triage.signature import signature
from workerfuzz.harness.engines.shrink.shrink import shrink
from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects import get_cluster, trial_fixes
from workerfuzz.harness.worlds.scopes import CLUSTER
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason='needs distributed: pip install "workerfuzz[dask]"',
)

#: Runs in which a planted bug must show.
RUNS: Final = 400


@dataclass(frozen=True)
class Planted:
    """A method of Dask that does something else, given the original first.

    Attributes:
        caught_by: properties of which one must notice.
    """

    name: str
    owner: str
    method: str
    bug: Callable[..., Any]
    caught_by: tuple[str, ...]


def nothing(original: Any, *args: Any, **named: Any) -> None:
    """Skip the original method."""


def no_messages(original: Any, *args: Any, **named: Any) -> tuple[Any, ...]:
    """Skip the original method; return no recommendations and no messages."""
    return {}, {}, {}


def nobody_goes_on(original: Any, *args: Any, **named: Any) -> tuple[Any, Any]:
    """Data arrives; the tasks that wait for it are not told."""
    _, instructions = original(*args, **named)
    return {}, instructions


def of_the_run_before(original: Any, machine: Any, task: Any, run_id: int, **named: Any) -> Any:
    return original(machine, task, run_id=run_id - 1, **named)


def of_whatever_run(original: Any, scheduler: Any, key: Any, run_id: int, **named: Any) -> Any:
    task = scheduler.tasks.get(key)
    return original(scheduler, key=key, run_id=task.run_id if task else run_id, **named)


def without_holders(original: Any, scheduler: Any, task: Any) -> Any:
    message = original(scheduler, task)
    return {**message, "who_has": {key: [] for key in message["who_has"]}}


def failures_are_not_told(original: Any, scheduler: Any, msg: Any, *args: Any, **named: Any) -> Any:
    return None if msg["op"] == "task-erred" else original(scheduler, msg, *args, **named)


def still_running(original: Any, machine: Any, task: Any) -> None:
    """A record is forgotten; its thread is thought to go on."""
    executing = task in machine.executing
    original(machine, task)
    if executing:
        machine.executing.add(task)


WORKER = "distributed.worker_state_machine:WorkerState"
SCHEDULER = "distributed.scheduler:Scheduler"

PLANTED: Final = (
    Planted(
        "a worker does not give resources back", WORKER, "_release_resources", nothing,
        (
            "nothing_is_left", "validate_state", "no_handler_raises", "wanted_keys_resolve",
            "resources_are_conserved",
        ),
    ),
    Planted(
        "a worker takes resources twice over", WORKER, "_acquire_resources", nothing,
        ("nothing_is_left", "validate_state", "no_handler_raises", "resources_are_conserved"),
    ),
    Planted(
        "who waits for data is not told", WORKER, "_transition_to_memory", nobody_goes_on,
        ("wanted_keys_resolve", "no_handler_raises", "validate_state", "cluster_comes_to_rest"),
    ),
    Planted(
        "a result is sent with a former run id", WORKER, "_get_task_finished_msg",
        of_the_run_before, ("wanted_keys_resolve", "cluster_comes_to_rest"),
    ),
    Planted(
        "any run of a task counts", SCHEDULER, "stimulus_task_finished", of_whatever_run,
        ("finished_keys_have_the_right_value", "holders_are_agreed_on", "no_handler_raises"),
    ),
    Planted(
        "the scheduler does not say who has the inputs", SCHEDULER, "_task_to_msg",
        without_holders, ("no_handler_raises", "wanted_keys_resolve"),
    ),
    Planted(
        "failures are not told", SCHEDULER, "report", failures_are_not_told,
        ("wanted_keys_resolve",),
    ),
    Planted(
        "what is missing is not looked for", SCHEDULER, "handle_request_refresh_who_has", nothing,
        ("wanted_keys_resolve", "holders_are_agreed_on", "questions_are_answered"),
    ),
    Planted(
        "the scheduler does not give resources back", SCHEDULER, "release_resources", nothing,
        ("nothing_is_left", "scheduler_validate_state", "no_handler_raises"),
    ),
    Planted(
        "clients cannot let go", SCHEDULER, "_client_releases_keys", nothing,
        ("nothing_is_left", "no_handler_raises", "unused_tasks_are_released"),
    ),
    Planted(
        "a refused copy is not written down", SCHEDULER, "add_keys", nothing,
        ("holders_are_agreed_on", "nothing_is_left", "wanted_keys_resolve"),
    ),
    Planted(
        "failures of tasks are not heard", SCHEDULER, "stimulus_task_erred", no_messages,
        ("wanted_keys_resolve", "scheduler_validate_state"),
    ),
)  # fmt: skip


def found(run: int) -> Violation | None:
    """Return the violation of one walk; small graphs, Dask's own validation in every other walk."""

    def run_config(chooser: Any) -> Any:
        drawn = CLUSTER.draw(chooser)
        return replace(drawn, config=replace(drawn.config, validate=run % 2 == 0))

    try:
        walk(get_cluster("dask"), f"planted/{run}", scope=CLUSTER, run_config=run_config)
    except Violation as violation:
        return violation
    return None


def shows(violation: Violation) -> bool:
    """Its steps break the same here."""
    world = CLUSTER.open(get_cluster("dask"), violation.run_config)
    try:
        for step in violation.steps:
            world.apply(step)
        world.finish()
    except Violation as again:
        return signature(again) == signature(violation)
    except ImpossibleStep:
        return False
    finally:
        world.close()
    return False


@pytest.fixture(autouse=True, scope="module")
def _behind_known_bugs() -> Iterator[None]:
    """Known bugs are fixed while this lasts: they would end most runs before the planted one shows."""
    with trial_fixes("dask", ["all"]):
        yield


@contextmanager
def in_place(planted: Planted) -> Iterator[None]:
    """While this lasts, the bug is there."""
    module, _, name = planted.owner.partition(":")
    owner = getattr(importlib.import_module(module), name)
    original = getattr(owner, planted.method)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            owner, planted.method, lambda *args, **named: planted.bug(original, *args, **named)
        )
        yield


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_bug_planted_in_dask_is_found(planted: Planted) -> None:
    """By few steps, which break nothing of the kind where it is not planted.

    Shrinking has so many seconds; a slow machine may need another run that is shorter from the start.
    """
    for run in range(RUNS):
        with in_place(planted):
            violation = found(run)
        if violation is None or violation.property not in planted.caught_by or shows(violation):
            continue
        with in_place(planted):
            shrunk = shrink(get_cluster("dask"), violation, patience_s=5.0).violation
        if len(shrunk.steps) <= 30 and not shows(shrunk):
            return
    pytest.fail(f"{RUNS} runs did not show it")
