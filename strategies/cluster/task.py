"""One task of a graph, and its text: ``c#1(a,b)[retries=1,cpu=1]``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from workerfuzz.statemachine.scheduler.client_requests import NO_OPTIONS, Options
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies import text
from workerfuzz.strategies.step import Names, one_less
from workerfuzz.strategies.text import BadText

_TASK: Final = re.compile(
    r"(?P<key>[^#(\[]+)(#(?P<content>[0-9]{1,3}))?(\((?P<needs>[^)]*)\))?(\[(?P<how>[^\]]*)\])?"
)


@dataclass(frozen=True, slots=True)
class GraphTask:
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

    def renamed(self, names: Names) -> "GraphTask":
        workers = tuple(names.get(worker, worker) for worker in self.options.workers)
        return replace(
            self,
            key=names.get(self.key, self.key),
            needs=tuple(names.get(key, key) for key in self.needs),
            options=replace(self.options, workers=workers),
        )

    def computing(self, spec: TaskSpec) -> "GraphTask":
        """The same task with other content."""
        assert isinstance(spec.run_spec, int)
        return replace(self, needs=spec.dependencies, content=spec.run_spec, actor=spec.actor)

    def simpler(self) -> Iterator["GraphTask"]:
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
    """Yield the options in brackets behind a task."""
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


def parse_task(word: str) -> GraphTask:
    found = _TASK.fullmatch(word)
    if found is None:
        raise BadText(f'expected KEY#CONTENT(KEY,...)[OPTIONS], found "{word}"')
    needs = found["needs"]
    options, actor = parse_options(found["how"])
    return GraphTask(
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
        workers=tuple(
            text.name(part, "a worker") for part in given.pop("on", "").split("|") if part
        ),
        loose="loose" in flags,
        resources={name: float(text.number(amount, name)) for name, amount in given.items()},
    )
    return options, "actor" in flags
