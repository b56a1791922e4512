"""Steps in which a message of the scheduler arrives. Any message may come at any time, in any order."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Self

from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.states import HOLDING, NEEDS_INPUTS, RUNNABLE, State
from workerfuzz.statemachine.worker.task import Request, TaskSpec
from workerfuzz.strategies import text
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.step import Names, one_less, some
from workerfuzz.strategies.text import BadText, Holding
from workerfuzz.strategies.worker.step import (
    OneKey,
    OnePeer,
    SomeHoldings,
    SomeKeys,
    WorkerStep,
    draw_holdings,
    parse_holdings,
    renamed_holdings,
    simpler_holdings,
)
from workerfuzz.strategies.worker.view import EnvironmentView

#: A new request is most telling here.
AWAITED_AGAIN: Final = frozenset({State.CANCELLED, State.RESUMED, State.ERROR})

#: A request can be withdrawn here.
TO_WITHDRAW: Final = NEEDS_INPUTS | {State.CANCELLED, State.RESUMED}

#: Options of a compute request that are no resource.
RESERVED: Final = ("spec", "priority")


@dataclass(frozen=True, slots=True)
class ComputeTask(WorkerStep):
    """The scheduler asks for a task. Its run id follows from its place in the run.

    Attributes:
        spec: tells contents of the same key apart.
        resources: amount by name, sorted by name.
    """

    usage: ClassVar[str] = (
        "KEY [actor] [spec=N] [priority=N] [RESOURCE=N...] [needs KEY[:NBYTES][@PEER,PEER]...]"
    )
    key: str
    needs: tuple[Holding, ...] = ()
    spec: int = 0
    priority: int = 0
    resources: tuple[tuple[str, int], ...] = ()
    actor: bool = False

    @classmethod
    def draw(cls, world: EnvironmentView, chooser: Chooser) -> Self:
        again = weighted(world, AWAITED_AGAIN)
        content = draw_content(world, chooser.pick((*world.pool, *again)), chooser)
        assert isinstance(content.run_spec, int)
        return cls(
            key=content.key,
            needs=draw_holdings(world, content.dependencies, chooser),
            spec=content.run_spec,
            priority=chooser.pick(world.workload.priorities),
            resources=draw_resources(world.view.config.resources, chooser),
            actor=content.actor,
        )

    def content(self) -> TaskSpec:
        return TaskSpec(
            key=self.key,
            dependencies=tuple(holding.key for holding in self.needs),
            run_spec=self.spec,
            actor=self.actor,
        )

    def why_impossible(self, world: EnvironmentView) -> str | None:
        if self.key in world.fixed and self.content() != world.content[self.key]:
            return f"{self.key} was requested with other content and not freed since"
        for name, amount in self.resources:
            if amount > world.view.config.resources.get(name, 0):
                return f"this worker has no {name}={amount}"
        return None

    def event(self, world: EnvironmentView) -> events.ComputeTask:
        return events.ComputeTask(
            spec=self.content(),
            request=Request(
                run_id=world.run_id + 1,
                priority=(self.priority,),
                resources=dict(self.resources),
            ),
            who_has=who_has(self.needs),
            nbytes=nbytes(self.needs),
        )

    def arguments(self) -> Sequence[str]:
        return (
            self.key,
            *(["actor"] if self.actor else []),
            *([f"spec={self.spec}"] if self.spec else []),
            *([f"priority={self.priority}"] if self.priority else []),
            *(f"{name}={amount}" for name, amount in self.resources),
            *(["needs", *map(str, self.needs)] if self.needs else []),
        )

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        if not words:
            raise BadText("expected a key")
        key, *rest = words
        place = rest.index("needs") if "needs" in rest else len(rest)
        optional, needs = rest[:place], rest[place + 1 :]
        if "needs" in rest and not needs:
            raise BadText('expected a key behind "needs"')
        actor = "actor" in optional
        given = text.options(item for item in optional if item != "actor")
        numbers = {name: text.number(value, name) for name, value in given.items()}
        resources = sorted(item for item in numbers.items() if item[0] not in RESERVED)
        for name, amount in resources:
            if amount <= 0:
                raise BadText(f"{name} must be positive, not {amount}")
        step = cls(
            key=text.name(key),
            needs=parse_holdings(needs),
            spec=numbers.get("spec", 0),
            priority=numbers.get("priority", 0),
            resources=tuple(resources),
            actor=actor,
        )
        if any(holding.key == step.key for holding in step.needs):
            raise BadText(f"{step.key} depends on itself")
        return step

    def keys(self) -> tuple[str, ...]:
        return (self.key, *(holding.key for holding in self.needs))

    def peers(self) -> tuple[str, ...]:
        return tuple(peer for holding in self.needs for peer in holding.peers)

    def renamed(self, names: Names) -> Self:
        return replace(
            self, key=names.get(self.key, self.key), needs=renamed_holdings(self.needs, names)
        )

    def simpler(self) -> Iterator[Self]:
        for needs in (*one_less(self.needs), *simpler_holdings(self.needs)):
            yield replace(self, needs=needs)
        for resources in one_less(self.resources):
            yield replace(self, resources=resources)
        for plain in (replace(self, spec=0), replace(self, priority=0), replace(self, actor=False)):
            if plain != self:
                yield plain

    def without(self, key: str) -> Self | None:
        if key == self.key:
            return None
        return replace(self, needs=tuple(holding for holding in self.needs if holding.key != key))

    def contents(self) -> tuple[TaskSpec, ...]:
        return (self.content(),)

    def recomputed(self, change: Callable[[TaskSpec], TaskSpec]) -> Self:
        other = change(self.content())
        assert isinstance(other.run_spec, int)
        return replace(
            self,
            needs=tuple(holding for holding in self.needs if holding.key in other.dependencies),
            spec=other.run_spec,
            actor=other.actor,
        )


def weighted(world: EnvironmentView, states: Collection[State]) -> Sequence[str]:
    """Return keys in some states, twice: offered beside all others, they are drawn more often."""
    state = world.view.state
    return [key for key in world.pool if state(key) in states] * 2


def draw_content(world: EnvironmentView, key: str, chooser: Chooser) -> TaskSpec:
    """Draw the content of a request: the former one, or another where that was freed."""
    known = world.content.get(key)
    if known is not None and (key in world.fixed or chooser.integer(0, 3) < 2):
        return known
    return TaskSpec(
        key=key,
        dependencies=draw_dependencies(world, key, chooser),
        run_spec=chooser.pick(world.workload.contents),
        actor=chooser.pick(world.workload.actors),
    )


def draw_dependencies(world: EnvironmentView, key: str, chooser: Chooser) -> tuple[str, ...]:
    """Some earlier keys, or some that are here; now and then one that holds a thread or a transfer."""
    earlier = world.pool[: world.pool.index(key)]
    state = world.view.state
    here = [key for key in earlier if state(key) is State.MEMORY]
    chosen = some(chooser.pick((earlier, here)), 0, 2, chooser)
    held = [key for key in earlier if state(key) in HOLDING and key not in chosen]
    if held and chooser.integer(0, 2) == 2:
        chosen = (*chosen, chooser.pick(held))
    return tuple(sorted(chosen, key=earlier.index))


def draw_resources(total: Mapping[str, float], chooser: Chooser) -> tuple[tuple[str, int], ...]:
    """Nothing in one request of three; otherwise some of each resource that the worker has."""
    if not total or chooser.integer(0, 2) == 0:
        return ()
    return tuple((name, chooser.integer(1, int(total[name]))) for name in sorted(total))


def who_has(holdings: Sequence[Holding]) -> events.WhoHas:
    return {holding.key: holding.peers for holding in holdings}


def nbytes(holdings: Sequence[Holding]) -> events.Nbytes:
    return {holding.key: holding.nbytes for holding in holdings if holding.nbytes is not None}


class Freeing(SomeKeys):
    """A step about any keys, or about one that is in use or will be next."""

    @classmethod
    def draw(cls, world: EnvironmentView, chooser: Chooser) -> Self:
        used = (*weighted(world, HOLDING), *inputs_of_runnable(world))
        if used and chooser.integer(0, 1) == 0:
            return cls((chooser.pick(used),))
        return super().draw(world, chooser)


def inputs_of_runnable(world: EnvironmentView) -> Sequence[str]:
    """Return the inputs of tasks that wait for nothing but a thread or resources, task by task."""
    state = world.view.state
    runnable = [key for key in world.pool if state(key) in RUNNABLE]
    return [dependency for key in runnable for dependency in sorted(world.view.dependencies(key))]


class FreeKeys(Freeing):
    """Keys are not wanted any more."""

    def event(self, world: EnvironmentView) -> events.FreeKeys:
        return events.FreeKeys(keys=self.names)


class ForgetKeys(Freeing):
    """Everything about some keys is to be deleted."""

    def event(self, world: EnvironmentView) -> events.ForgetKeys:
        return events.ForgetKeys(keys=self.names)


class AcquireReplicas(SomeHoldings):
    """Copies are wanted here."""

    def event(self, world: EnvironmentView) -> events.AcquireReplicas:
        return events.AcquireReplicas(who_has=who_has(self.holdings), nbytes=nbytes(self.holdings))


class RemoveReplicas(SomeKeys):
    """Copies may be dropped."""

    def event(self, world: EnvironmentView) -> events.RemoveReplicas:
        return events.RemoveReplicas(keys=self.names)


class Withdrawal(OneKey):
    """A step about any key, twice as likely about one whose request can be withdrawn."""

    @classmethod
    def candidates(cls, world: EnvironmentView) -> Sequence[str]:
        return (*world.pool, *weighted(world, TO_WITHDRAW))


class StealRequest(Withdrawal):
    """The scheduler would like to have a task computed elsewhere."""

    def event(self, world: EnvironmentView) -> events.StealRequest:
        return events.StealRequest(key=self.key)


class CancelCompute(Withdrawal):
    """A task is not to be computed."""

    def event(self, world: EnvironmentView) -> events.CancelCompute:
        return events.CancelCompute(key=self.key)


class RefreshWhoHas(SomeHoldings):
    """The scheduler tells who holds keys; possibly nobody, possibly falsely."""

    usage: ClassVar[str] = "KEY[@PEER,PEER]..."

    @classmethod
    def draw(cls, world: EnvironmentView, chooser: Chooser) -> Self:
        drawn = super().draw(world, chooser)
        return cls(tuple([Holding(holding.key, holding.peers) for holding in drawn.holdings]))

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        step = super().parse(words)
        for holding in step.holdings:
            if holding.nbytes is not None:
                raise BadText(f"no size is told here, found {holding}")
        return step

    def event(self, world: EnvironmentView) -> events.RefreshWhoHas:
        return events.RefreshWhoHas(who_has=who_has(self.holdings))


class RemoveWorker(OnePeer):
    """A peer has left, the scheduler says; its transfers end by answers of their own."""

    def event(self, world: EnvironmentView) -> events.RemoveWorker:
        return events.RemoveWorker(worker=self.worker)


class UpdateData(SomeKeys):
    """A client scatters values to this worker."""

    def event(self, world: EnvironmentView) -> events.UpdateData:
        return events.UpdateData(values={key: f"{key} scattered" for key in self.names})
