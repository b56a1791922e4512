"""Drawing of the graphs that clients submit."""

import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from workerfuzz.statemachine.scheduler.client_requests import NO_OPTIONS, Options
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.task import GraphTask
from workerfuzz.strategies.cluster.view import ClusterView
from workerfuzz.strategies.cluster.workload_profile import happens
from workerfuzz.strategies.step import some

#: Keys of one large group: enough of them are queued on the scheduler.
GROUP: Final = "f-"


@functools.lru_cache(maxsize=1_000)
def divided(keys: tuple[str, ...]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the single keys, and those of the group."""
    group = tuple(key for key in keys if key.startswith(GROUP))
    return tuple(key for key in keys if key not in group), group


@functools.lru_cache(maxsize=10_000)
def single_before(key: str, keys: tuple[str, ...]) -> Sequence[str]:
    """Return the single keys before a key: it may depend on these."""
    single, _ = divided(keys[: keys.index(key)])
    return single


def draw_goals(world: ClusterView, chooser: Chooser) -> Sequence[str]:
    """Draw the keys that the graph is for: a few of the pool, or a large group; often released ones."""
    workload = world.workload
    single, group = divided(tuple(world.pool))
    if world.data:
        single, group = ([key for key in them if key not in world.data] for them in (single, group))
    if group and (not single or happens(workload.crowded, chooser)):
        return some(group, (len(group) + 1) // 2, len(group), chooser)
    released = []
    if workload.faithful:
        released = [key for key in single if key in world.contents and not is_wanted(world, key)]
    if released and happens(workload.faithful, chooser):
        return some(released, 1, workload.goals, chooser)
    return some(single, 1, workload.goals, chooser)


def is_wanted(world: ClusterView, key: str) -> bool:
    """Some client wants it."""
    return any(key in wanted for wanted in world.wants.values())


def closure(
    world: ClusterView, client: str, goals: Collection[str], chooser: Chooser
) -> Mapping[str, GraphTask]:
    """Return the goals with all their dependencies, in the order of the pool.

    What is in use keeps its content, and so does, often, what is not; the rest is drawn anew. What the
    client wants already may be left out of the graph, as futures are.
    """
    fixed, mine = world.fixed(client), world.wants[client]
    chosen: dict[str, GraphTask] = {}
    left = list(goals)
    while left:
        key = left.pop()
        if key in chosen or key not in world.pool:
            continue
        if key in world.data:
            continue
        known = world.contents.get(key)
        chosen[key] = (
            unchanged(known) if known and key in fixed else draw_task(world, client, key, chooser)
        )
        for need in chosen[key].needs:
            future = need in mine and need not in goals
            if not future or (need in world.contents and chooser.integer(0, 1)):
                left.append(need)
    return {key: chosen[key] for key in world.pool if key in chosen}


def unchanged(spec: TaskSpec) -> GraphTask:
    """Return a task with its former content."""
    content = spec.run_spec if isinstance(spec.run_spec, int) else 0
    needs = tuple(spec.dependencies)
    return GraphTask(spec.key, needs, content, spec.actor)


def draw_task(world: ClusterView, client: str, key: str, chooser: Chooser) -> GraphTask:
    """Draw the content of a key that may have any."""
    workload, grouped = world.workload, key.startswith(GROUP)
    usable, data, wants = single_before(key, tuple(world.pool)), world.data, world.wants[client]
    if data:
        usable = [other for other in usable if other not in data or other in wants]
    former = world.contents.get(key)
    as_it_was = former is not None and all(need in usable for need in former.dependencies)
    if former is not None and as_it_was and happens(workload.faithful, chooser):
        task = unchanged(former)
    else:
        fewest, most = workload.needs
        needs = some(usable, fewest, min(most, 1) if grouped else most, chooser) if usable else ()
        if not grouped and happens(workload.reading, chooser):
            needs = with_running(world, needs, usable, chooser)
        content = chooser.pick(workload.contents)
        task = GraphTask(key, needs, content, key in workload.actors and not grouped)
    habits: Sequence[str] = world.workload.options
    if grouped:
        habits = [without_restrictions(habit) for habit in habits]
        if not any(habits):
            return task
    return replace(task, options=draw_options(world, task, habits, chooser))


def without_restrictions(habit: str) -> str:
    """Return a habit without the options that keep a task from some workers, and from the queue."""
    return " ".join(what for what in habit.split() if what in UNRESTRICTED)


def with_running(
    world: ClusterView, needs: Sequence[str], usable: Sequence[str], chooser: Chooser
) -> tuple[str, ...]:
    """Add an input that is being computed, so that what runs gets another reader."""
    threads = {key for _, key in world.running}
    running = [key for key in usable if key in threads and key not in needs]
    added = (*needs, chooser.pick(running)) if running else needs
    return tuple(key for key in usable if key in added)


def draw_options(
    world: ClusterView, task: GraphTask, habits: Sequence[str], chooser: Chooser
) -> Options:
    """Draw the options of a task, after one of these habits of the workload profile."""
    drawn = NO_OPTIONS
    for what in chooser.pick(habits).split():
        drawn = DRAWN[what](drawn, world, task, chooser)
    if happens(world.workload.crossing, chooser):
        awkward = tuple(places(world, task))
        if awkward:
            drawn = replace(drawn, workers=(chooser.pick(awkward),), loose=False)
    return drawn


def draw_workers(drawn: Options, world: ClusterView, task: GraphTask, chooser: Chooser) -> Options:
    """Restrict a task, mostly to one worker, strictly."""
    present = tuple(world.present)
    if not present:
        return drawn
    awkward = tuple(places(world, task))
    if awkward and chooser.integer(0, 3):
        return replace(drawn, workers=(chooser.pick(awkward),))
    workers = some(present, 1, chooser.pick((1, 1, 2)), chooser)
    return replace(drawn, workers=workers, loose=chooser.pick((False, False, True)))


def places(world: ClusterView, task: GraphTask) -> Iterator[str]:
    """Workers where a thread still runs for what the task needs, or a copy of the task is under way.

    Where a thread runs for the task itself, from before, every other worker is one.
    """
    own = [worker for worker, key in world.running if key == task.key]
    fetching = world.fetching
    for worker in world.present:
        threads = any((worker, need) in world.running for need in task.needs)
        elsewhere = own and worker not in own
        if threads or elsewhere or (worker, task.key) in fetching:
            yield worker


DrawOption = Callable[[Options, ClusterView, GraphTask, Chooser], Options]

#: Draws one of ``Options`` more, by its name in ``ClusterWorkloadProfile.options``.
DRAWN: Final[Mapping[str, DrawOption]] = {
    "priority": lambda drawn, _, __, chooser: replace(drawn, priority=chooser.pick((1, -1))),
    "retries": lambda drawn, _, __, chooser: replace(drawn, retries=chooser.integer(1, 2)),
    "resources": lambda drawn, world, _, chooser: replace(
        drawn,
        resources={
            name: float(chooser.pick((1, 1, int(total)))) for name, total in world.resources.items()
        },
    ),
    "workers": draw_workers,
}

#: Options that leave a task to any worker.
UNRESTRICTED: Final = ("priority", "retries")
