"""A client submits a graph: ``submit c0 a b(a) c#1(a,b)[retries=1,cpu=1] want b,c``."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.scheduler.client_requests import NO_OPTIONS
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies import text
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.graphs import closure, draw_goals
from workerfuzz.strategies.cluster.step import ClusterStep
from workerfuzz.strategies.cluster.task import GraphTask, parse_task
from workerfuzz.strategies.cluster.view import ClusterControl, ClusterView
from workerfuzz.strategies.step import Names, one_less, some
from workerfuzz.strategies.text import BadText


@dataclass(frozen=True, slots=True)
class Submit(ClusterStep):
    """A client submits a graph.

    Attributes:
        tasks: each after those that it needs.
        wanted: keys of it whose results the client wants.
    """

    usage: ClassVar[str] = "CLIENT KEY#CONTENT(KEY,...)[OPTIONS]... want KEY,..."
    source: ClassVar[str] = "clients"
    client: str
    tasks: tuple[GraphTask, ...]
    wanted: tuple[str, ...]

    @classmethod
    def draw(cls, world: ClusterView, chooser: Chooser) -> Self:
        client = chooser.pick(tuple(world.submitters))
        goals = draw_goals(world, chooser)
        chosen = closure(world, client, goals, chooser)
        needed = {need for task in chosen.values() for need in task.needs}
        ends = [key for key in chosen if key not in needed]
        others = some([key for key in chosen if key not in ends], 0, 2, chooser)
        wanted = tuple(key for key in chosen if key in ends or key in others)
        return cls(client, tuple(chosen.values()), wanted)

    def why_impossible(self, world: ClusterView) -> str | None:
        if self.client not in world.clients:
            return f"there is no client {self.client}"
        if self.client not in world.submitters:
            return f"the scheduler has not got what {world.submitters[0]} submitted"
        fixed, listed = world.fixed(self.client), {task.key for task in self.tasks}
        for task in self.tasks:
            if task.key in fixed and world.contents.get(task.key) != task.spec:
                return f"{task.key} is in use with other content"
            for key in task.needs:
                known = key in world.wants[self.client] or key in world.data
                if key not in listed and not known:
                    return f"{task.key} needs {key}, which {self.client} does not know"
        return None

    def apply(self, world: ClusterControl) -> None:
        world.send_request(
            self.client,
            client_requests.Submit(
                specs=tuple(task.spec for task in self.tasks),
                wanted=self.wanted,
                options={
                    task.key: task.options
                    for task in self.tasks
                    if task.options is not NO_OPTIONS and task.options != NO_OPTIONS
                },
            ),
        )

    def arguments(self) -> Sequence[str]:
        return (self.client, *map(str, self.tasks), "want", ",".join(self.wanted))

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        if len(words) < 4 or words[-2] != "want":
            raise BadText('expected a client, tasks, "want", and keys')
        tasks = text.each_once([parse_task(word) for word in words[1:-2]], lambda task: task.key)
        known: set[str] = set()
        for task in tasks:
            if task.key in task.needs:
                raise BadText(f"{task.key} needs itself")
            known.add(task.key)
            for key in task.needs:
                if key not in known and any(key == other.key for other in tasks):
                    raise BadText(f"{task.key} needs {key}, which comes after it")
        wanted = text.each_once([text.name(key) for key in words[-1].split(",")])
        for key in wanted:
            if key not in known:
                raise BadText(f"{key} is wanted, but not in the graph")
        return cls(text.name(words[0], "a client"), tasks, wanted)

    def keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for task in self.tasks for key in (*task.needs, task.key)))

    def peers(self) -> tuple[str, ...]:
        on = (worker for task in self.tasks for worker in task.options.workers)
        return tuple(dict.fromkeys((self.client, *on)))

    def renamed(self, names: Names) -> Self:
        return type(self)(
            names.get(self.client, self.client),
            tuple(task.renamed(names) for task in self.tasks),
            tuple(names.get(key, key) for key in self.wanted),
        )

    def simpler(self) -> Iterator[Self]:
        for tasks in one_less(self.tasks):
            if tasks:
                yield self.of(tasks, self.wanted)
        if len(self.wanted) > 1:
            for wanted in one_less(self.wanted):
                yield replace(self, wanted=wanted)
        for place, task in enumerate(self.tasks):
            for simpler in task.simpler():
                yield replace(self, tasks=(*self.tasks[:place], simpler, *self.tasks[place + 1 :]))

    def without(self, key: str) -> Self | None:
        tasks = tuple(
            replace(task, needs=tuple(need for need in task.needs if need != key))
            for task in self.tasks
            if task.key != key
        )
        wanted = tuple(wanted_key for wanted_key in self.wanted if wanted_key != key)
        return replace(self, tasks=tasks, wanted=wanted or (tasks[-1].key,)) if tasks else None

    def contents(self) -> tuple[TaskSpec, ...]:
        return tuple(task.spec for task in self.tasks)

    def recomputed(self, change: Callable[[TaskSpec], TaskSpec]) -> Self:
        return replace(self, tasks=tuple(task.computing(change(task.spec)) for task in self.tasks))

    def of(self, tasks: Sequence[GraphTask], wanted: Sequence[str]) -> Self:
        """The graph of these tasks alone; what is needed of others is not needed any more."""
        left = [task.key for task in tasks]
        kept = tuple(
            replace(task, needs=tuple(key for key in task.needs if key in left)) for task in tasks
        )
        still = tuple(key for key in wanted if key in left)
        return type(self)(self.client, kept, still or (left[-1],))
