"""A scheduler that begins with what the workers of a lost one report (R21).

What was assigned to workers that are still there goes on, as far as its inputs can be had. Values that
nobody there was asked for are kept, with unknown content, until a client submits them. The rest comes
back when clients submit their graphs again; until then a client of its own wants what was found.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from workerfuzz.statemachine.scheduler import messages
from workerfuzz.statemachine.scheduler.client_requests import Options
from workerfuzz.statemachine.scheduler.outcome import SchedulerOutcome
from workerfuzz.statemachine.scheduler.participants import WorkerRecord
from workerfuzz.statemachine.scheduler.scheduler_state import FINDER, SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import SchedulerTask
from workerfuzz.statemachine.worker.assignments import Assignment, rebuild
from workerfuzz.statemachine.worker.states import SEEN_BY_SCHEDULER
from workerfuzz.statemachine.worker.states import State as WorkerSide
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: What a worker is still at work on, or holds the outcome of.
STILL_PROCESSING: Final = frozenset(
    state for state, seen in SEEN_BY_SCHEDULER.items() if seen == SchedulerTaskState.PROCESSING
)


def on_rebuild(scheduler: SchedulerState, _: str, message: messages.Rebuild) -> SchedulerOutcome:
    """Write down what workers report; the scheduler must be fresh, and no message under way."""
    workers = message.workers
    for name, worker in sorted(workers.items()):
        scheduler.workers[name] = WorkerRecord(name, worker.config, running=not worker.paused)
        scheduler.last_run_id = max(scheduler.last_run_id, worker.last_run_id)
    for name, worker in sorted(workers.items()):
        for key in sorted(worker.tasks):
            find(scheduler, name, worker, key)
    assignments = rebuild(workers)
    scheduler.client(FINDER)
    for key in in_order(assignments):
        take_over(scheduler, assignments[key])
    for task in scheduler.tasks.values():
        if task.who_has or task.spec is not None:
            scheduler.want(FINDER, task)
    for key, assignment in assignments.items():
        go_on(scheduler, workers, scheduler.tasks[key], assignment)
    held = [key for key, task in scheduler.tasks.items() if task.who_has]
    return SchedulerOutcome(review=(*held, *readers_first(workers, scheduler.tasks)))


def find(scheduler: SchedulerState, name: str, worker: WorkerState, key: str) -> None:
    """A worker has a record of a key, and may hold its value."""
    task = scheduler.tasks.setdefault(key, SchedulerTask(key))
    task.known_to[name] = None
    if worker.tasks[key].state is WorkerSide.MEMORY:
        scheduler.add_holder(task, name)
        task.nbytes = worker.tasks[key].nbytes


def in_order(assignments: Mapping[str, Assignment]) -> Iterable[str]:
    """Keys, each after those that it depends on."""
    needs = {key: assignment.spec.dependencies for key, assignment in assignments.items()}
    return inputs_first(needs, assignments)


def readers_first(workers: Mapping[str, WorkerState], keys: Iterable[str]) -> Iterable[str]:
    """Keys, each before those that it depends on: a worker keeps the record of an input that is read."""
    needs: dict[str, tuple[str, ...]] = {}
    for _, worker in sorted(workers.items()):
        for key, task in worker.tasks.items():
            content = task.successor or task.spec
            if content is not None:
                needs[key] = (*needs.get(key, ()), *content.dependencies)
    return reversed([*inputs_first(needs, keys)])


def inputs_first(needs: Mapping[str, tuple[str, ...]], keys: Iterable[str]) -> Iterable[str]:
    """Keys, each after those of them that it depends on."""
    among = dict.fromkeys(keys)
    seen: set[str] = set()
    ordered: dict[str, None] = {}

    def add(key: str) -> None:
        if key in among and key not in seen:
            seen.add(key)
            for dependency in needs.get(key, ()):
                add(dependency)
            ordered[key] = None

    for key in among:
        add(key)
    return ordered


def take_over(scheduler: SchedulerState, assignment: Assignment) -> None:
    """A task whose content is known, if its value or all its inputs can be had."""
    spec, request = assignment.spec, assignment.request
    task = scheduler.tasks[spec.key]
    inputs = [scheduler.tasks.get(key) for key in spec.dependencies]
    if any(it is None or it.out_of_reach for it in inputs):
        return
    scheduler.write_content(task, spec)
    task.options = Options(priority=-request.priority[0], resources=request.resources)
    task.priority = request.priority
    scheduler.submissions = max(scheduler.submissions, *request.priority[1:2], 0)
    scheduler.attach(task)


def go_on(
    scheduler: SchedulerState,
    workers: Mapping[str, WorkerState],
    task: SchedulerTask,
    assignment: Assignment,
) -> None:
    """The worker that was asked last is still at it, or has to be asked again, like any other.

    Whoever else was asked before, or holds a failure of it, is told to leave it.
    """
    if task.spec is None:
        return
    name = assignment.worker
    state = workers[name].tasks[task.key].state
    under_way = state in STILL_PROCESSING and not task.who_has
    if under_way:
        scheduler.move(task, SchedulerTaskState.WAITING)
        scheduler.move(task, SchedulerTaskState.PROCESSING)
        scheduler.resume(task, scheduler.workers[name], assignment.request.run_id)
        if state is WorkerSide.LONG_RUNNING:
            scheduler.leave_slot(task)
    for other in sorted(task.known_to):
        if other not in task.who_has and not (under_way and other == name):
            scheduler.free(task, other)
