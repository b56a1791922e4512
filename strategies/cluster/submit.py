"""A client submits a graph: ``submit c0 a b(a) c#1(a,b)[retries=1,cpu=1] want b,c``."""

import functools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Self

from workerfuzz.statemachine import requests
from workerfuzz.statemachine.requests import NO_OPTIONS, Options
from workerfuzz.statemachine.task import TaskSpec
from workerfuzz.strategies import text
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.step import ClusterStep
from workerfuzz.strategies.cluster.view import ClusterActs, ClusterView
from workerfuzz.strategies.steps.step import Names, one_less, some
from workerfuzz.strategies.text import BadText

#: Keys of one large group: enough of them are queued on the scheduler.
GROUP: Final = "f-"

_TASK: Final = re.compile(
    r"(?P<key>[^#(\[]+)(#(?P<content>[0-9]{1,3}))?(\((?P<needs>[^)]*)\))?(\[(?P<how>[^\]]*)\])?"
)


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a graph.

    Attributes:
        content: number of what it computes; another number is another value.
    """

    key: str
    needs: tuple[str, ...] = ()
    content: int = 0
    actor: bool = False
    options: Options = NO_OPTIONS

    @property
    def spec(self) -> TaskSpec:
        return TaskSpec(
            key=self.key, dependencies=self.needs, run_spec=self.content, actor=self.actor
        )

    def __str__(self) -> str:
        content = f"#{self.content}" if self.content else ""
        needs = f"({','.join(self.needs)})" if self.needs else ""
        how = ",".join(described(self.options, self.actor))
        return f"{self.key}{content}{needs}{f'[{how}]' if how else ''}"

    def renamed(self, names: Names) -> "Task":
        workers = tuple(names.get(worker, worker) for worker in self.options.workers)
        return replace(
            self,
            key=names.get(self.key, self.key),
            needs=tuple(names.get(key, key) for key in self.needs),
            options=replace(self.options, workers=workers),
        )

    def computing(self, spec: TaskSpec) -> "Task":
        """The same task with other content."""
        assert isinstance(spec.run_spec, int)
        return replace(self, needs=spec.dependencies, content=spec.run_spec, actor=spec.actor)

    def simpler(self) -> Iterator["Task"]:
        for needs in one_less(self.needs):
            yield replace(self, needs=needs)
        if self.content:
            yield replace(self, content=0)
        if self.actor:
            yield replace(self, actor=False)
        if self.options != NO_OPTIONS:
            yield replace(self, options=NO_OPTIONS)
        for name in ("priority", "retries", "resources", "workers", "loose"):
            if getattr(self.options, name) != getattr(NO_OPTIONS, name):
                plain = {name: getattr(NO_OPTIONS, name)}
                yield replace(self, options=replace(self.options, **plain))


def described(options: Options, actor: bool) -> Iterator[str]:
    """What stands in brackets behind a task."""
    if actor:
        yield "actor"
    if options.priority:
        yield f"priority={options.priority}"
    if options.retries:
        yield f"retries={options.retries}"
    yield from (f"{name}={amount:g}" for name, amount in options.resources.items())
    if options.workers:
        yield f"on={'|'.join(options.workers)}"
    if options.loose:
        yield "loose"


def parse_task(word: str) -> Task:
    found = _TASK.fullmatch(word)
    if found is None:
        raise BadText(f'expected KEY#CONTENT(KEY,...)[OPTIONS], found "{word}"')
    needs = found["needs"]
    options, actor = parse_options(found["how"])
    return Task(
        key=text.name(found["key"]),
        needs=text.each_once([text.name(key) for key in needs.split(",")]) if needs else (),
        content=int(found["content"] or 0),
        actor=actor,
        options=options,
    )


def parse_options(how: str | None) -> tuple[Options, bool]:
    """``actor,priority=1,retries=2,cpu=1,on=w0|w1,loose``."""
    words = how.split(",") if how else []
    flags = {word for word in words if "=" not in word}
    for word in sorted(flags - {"actor", "loose"}):
        raise BadText(f'expected actor, loose or name=value, found "{word}"')
    given = dict(text.options(word for word in words if "=" in word))
    options = Options(
        priority=text.number(given.pop("priority", "0"), "priority"),
        retries=text.number(given.pop("retries", "0"), "retries"),
        workers=tuple(text.name(it, "a worker") for it in given.pop("on", "").split("|") if it),
        loose="loose" in flags,
        resources={name: float(text.number(amount, name)) for name, amount in given.items()},
    )
    return options, "actor" in flags


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
    tasks: tuple[Task, ...]
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

    def obstacle(self, world: ClusterView) -> str | None:
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

    def happen(self, world: ClusterActs) -> None:
        world.ask(
            self.client,
            requests.Submit(
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
        left = [
            replace(it, needs=tuple(need for need in it.needs if need != key)) for it in self.tasks
        ]
        tasks = [task for task in left if task.key != key]
        return self.of(tasks, self.wanted) if tasks else None

    def contents(self) -> tuple[TaskSpec, ...]:
        return tuple(task.spec for task in self.tasks)

    def recomputed(self, change: Callable[[TaskSpec], TaskSpec]) -> Self:
        return replace(self, tasks=tuple(task.computing(change(task.spec)) for task in self.tasks))

    def of(self, tasks: Sequence[Task], wanted: Sequence[str]) -> Self:
        """The graph of these tasks alone; what is needed of others is not needed any more."""
        left = [task.key for task in tasks]
        kept = tuple(
            replace(task, needs=tuple(key for key in task.needs if key in left)) for task in tasks
        )
        still = tuple(key for key in wanted if key in left)
        return type(self)(self.client, kept, still or (left[-1],))


@functools.lru_cache(maxsize=1_000)
def divided(keys: tuple[str, ...]) -> tuple[Sequence[str], Sequence[str]]:
    """Those that stand for themselves, and those of a group."""
    group = tuple(key for key in keys if key.startswith(GROUP))
    return tuple(key for key in keys if key not in group), group


@functools.lru_cache(maxsize=10_000)
def single_before(key: str, keys: tuple[str, ...]) -> Sequence[str]:
    """Those that a key may depend on: what stands for itself, before it."""
    single, _ = divided(keys[: keys.index(key)])
    return single


def draw_goals(world: ClusterView, chooser: Chooser) -> Sequence[str]:
    """Keys that the graph is for: a few of the pool, or a large group."""
    single, group = divided(tuple(world.pool))
    if world.data:
        single, group = ([key for key in them if key not in world.data] for them in (single, group))
    if group and (not single or chooser.integer(0, 2) == 2):
        return some(group, (len(group) + 1) // 2, len(group), chooser)
    return some(single, 1, 3, chooser)


def closure(
    world: ClusterView, client: str, goals: Collection[str], chooser: Chooser
) -> Mapping[str, Task]:
    """The goals with all they need, in the order of the pool.

    What is in use keeps its content; the rest is drawn anew. What the client wants already may be left
    out of the graph, as futures are.
    """
    fixed, mine = world.fixed(client), world.wants[client]
    chosen: dict[str, Task] = {}
    left = list(goals)
    while left:
        key = left.pop()
        if key in chosen or key not in world.pool:
            continue
        if key in world.data:
            continue
        if key in fixed:
            spec = world.contents[key]
            content = spec.run_spec if isinstance(spec.run_spec, int) else 0
            task = Task(key, tuple(spec.dependencies), content, spec.actor)
        else:
            task = draw_task(world, client, key, chooser)
        chosen[key] = task
        for need in task.needs:
            known = need in mine and need not in goals
            if not known or (need in world.contents and chooser.integer(0, 1)):
                left.append(need)
    return {key: chosen[key] for key in world.pool if key in chosen}


def draw_task(world: ClusterView, client: str, key: str, chooser: Chooser) -> Task:
    """New content for a key."""
    single = single_before(key, tuple(world.pool))
    data, wants = world.data, world.wants[client]
    if data:
        single = [other for other in single if other not in data or other in wants]
    grouped = key.startswith(GROUP)
    needs = some(single, 0, 1 if grouped else 3, chooser) if single else ()
    return Task(
        key=key,
        needs=needs,
        content=chooser.pick(world.variety.contents),
        actor=chooser.pick(world.variety.actors) and not grouped,
        options=NO_OPTIONS if grouped else draw_options(world, chooser),
    )


def draw_options(world: ClusterView, chooser: Chooser) -> Options:
    """Mostly none; resources often, where workers have any."""
    if not chooser.pick(world.variety.optional):
        return NO_OPTIONS
    resources = ("resources",) * (4 if world.resources else 1)
    what = chooser.pick(("priority", "retries", *resources, "workers"))
    if what == "priority":
        return Options(priority=chooser.pick((1, -1)))
    if what == "retries":
        return Options(retries=chooser.integer(1, 2))
    if what == "resources":
        return Options(resources=dict.fromkeys(world.resources, 1.0))
    present = tuple(world.present)
    if not present:
        return NO_OPTIONS
    return Options(workers=some(present, 1, 2, chooser), loose=chooser.pick((True, False)))
