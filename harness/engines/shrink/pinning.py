"""Tasks that are pinned to the workers that they were given to: no other key then has to decide that."""

from collections.abc import Sequence
from dataclasses import replace

from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.playing import take_steps
from workerfuzz.harness.worlds.scopes import AnyConfig, FuzzingScope
from workerfuzz.strategies.cluster.submit import Submit
from workerfuzz.strategies.worker import Step


def assigned(
    subject: AnySubject, config: AnyConfig, steps: Sequence[Step], scope: FuzzingScope
) -> dict[tuple[int, str], str]:
    """Return the first worker that the scheduler gave each task to, by place of submission and key."""
    first: dict[tuple[int, str], str] = {}
    submitted: dict[str, int] = {}
    with scope.open(subject, scope.run_config_of(steps, config)) as world:
        if not isinstance(world, ClusterWorld):
            return first
        for place, result in enumerate(take_steps(world, steps)):
            if result.effect is None:
                break
            if isinstance(result.step, Submit):
                submitted.update((task.key, place) for task in result.step.tasks)
            for worker in world.present:
                for key in world.cluster.processing(worker):
                    if key in submitted:
                        first.setdefault((submitted[key], key), worker)
    return first


def with_pin(steps: Sequence[Step], place: int, key: str, worker: str) -> tuple[Step, ...]:
    """Return the steps with a task that may run nowhere else; one with restrictions stays as it is."""
    submit = steps[place]
    assert isinstance(submit, Submit)
    tasks = tuple(
        replace(task, options=replace(task.options, workers=(worker,)))
        if task.key == key and not task.options.workers
        else task
        for task in submit.tasks
    )
    return (*steps[:place], replace(submit, tasks=tasks), *steps[place + 1 :])
