"""Steps per second and core: the walk, Hypothesis, and the subject alone.

Timed: whole runs with their end, in CPU time of the thread: making a world, drawing steps, letting them
happen, every property, coming to rest, and what a campaign counts. The floor are the calls of such runs,
made again in a bare loop in which nothing is drawn, kept or checked.
"""

import functools
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

from aims import Aim, Said, at_least, at_most
from bareloops import Counted, recorded, replayed
from timing import Costs, Program, alternate, excess, microseconds, ratios, spread, stopwatch, table

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.shard import fill
from workerfuzz.harness.engines.walk.walker import Walker
from workerfuzz.harness.subjects import system
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.scopes import WORKER
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.strategies.worker import WORKER_STEPS, Step, parse

#: What is measured: subject and scope, and for how many steps of the walk there is one of Hypothesis.
SUBJECTS: Final = (("reference", "worker"), ("reference", "cluster"), ("dask", "cluster"))

#: How many times the steps of Hypothesis the walk is to take in the same time, with a worker.
FASTER: Final = {"": 4, ", unchecked": 7}

#: Hypothesis has so many times fewer runs, because it takes longer.
FEWER: Final = 4


def plan_of(name: str, scope: str, engine: str, runs: int, turn: int) -> Plan:
    """A campaign of one shard; what is known is not looked up."""
    return Plan(
        subject=name, scope=scope, engine=engine, seed=turn, budget=Budget(runs=runs), known=False
    )


def seconds_a_step(name: str, scope: str, engine: str, runs: int, turn: int) -> float:
    """Seconds that a step takes in such a campaign."""
    plan = plan_of(name, scope, engine, runs, turn)
    with stopwatch() as seconds:
        account = fill(Counted(plan, system(name, scope)))
    return seconds() / account.total.steps


@contextmanager
def unchecked() -> Iterator[None]:
    """No property is checked after a step; what comes to rest is judged all the same."""

    def nothing(*ignored: object, **options: object) -> None:
        pass

    with ExitStack() as stack:
        for world, names in (
            (WorkerWorld, ("_check", "sweep")),
            (ClusterWorld, ("check", "sweep", "compare_slots", "demand")),
        ):
            stack.enter_context(patch.multiple(world, **dict.fromkeys(names, nothing)))
        yield


def within(context: Callable[[], AbstractContextManager[None]], program: Program) -> Program:
    """The same program in a context, which is not timed."""

    def inside(turn: int) -> float:
        with context():
            return program(turn)

    return inside


def measure(name: str, scope: str, runs: int, turns: int) -> dict[str, Costs]:
    """Cost of a step, turn by turn."""
    plans = [plan_of(name, scope, "walk", runs, turn) for turn in range(turns)]
    bare = [recorded(plan) for plan in plans]
    campaign = functools.partial(seconds_a_step, name, scope)
    walk = functools.partial(campaign, "walk", runs)
    hypothesis = functools.partial(campaign, "hypothesis", max(runs // FEWER, 1))
    programs: dict[str, Program] = {
        "floor": lambda turn: replayed(plans[turn], bare[turn]),
        "walk": walk,
        "hypothesis": hypothesis,
        "walk, unchecked": within(unchecked, walk),
        "hypothesis, unchecked": within(unchecked, hypothesis),
    }
    if scope == "worker":
        learning = functools.partial(walked, name, runs)
        programs["learning walk, unchecked"] = within(unchecked, learning)
    return alternate(programs, turns, 1)


def walked(name: str, runs: int, turn: int) -> float:
    """The walk and its feedback, without what a campaign counts."""
    walker, steps = Walker(system(name, "worker"), turn), 0
    with stopwatch() as seconds:
        for number in range(runs):
            steps += len(walker.run(number).steps)
    return seconds() / steps


def speeds(subjects: Sequence[tuple[str, str]], runs: int, turns: int) -> Iterator[Said]:
    """A table, and how the walk compares."""
    rows, aims = [], []
    for name, scope in subjects:
        costs = measure(name, scope, runs if scope == "worker" else max(runs // 4, 1), turns)
        rows += [
            (f"{name}, {scope}: {who}", f"{1 / statistics.median(value):,.0f}", microseconds(value))
            for who, value in costs.items()
            if not who.startswith("learning")
        ]
        aims += compared(name, scope, costs)
    yield table(("one core", "steps/s", "us a step"), rows)
    yield from aims


def compared(name: str, scope: str, costs: Mapping[str, Costs]) -> Iterator[Aim]:
    """The walk beside Hypothesis, and what of it is not the subject."""
    for how, text in (("", ""), (", unchecked", ", properties off")):
        times = ratios(costs[f"hypothesis{how}"], costs[f"walk{how}"])
        what = f"walk / Hypothesis, steps/s, {name}, {scope}{text}"
        if scope == "worker":
            yield at_least(what, FASTER[how], times, 1)
        else:
            yield Aim(what, "", spread(times, 1))
    if scope == "worker":
        ours = [1e6 * item for item in excess(costs["learning walk, unchecked"], costs["floor"])]
        yield at_most("engine, surroundings, feedback: us a step", 15, ours, 1)


# The engine alone


class EmptyWorld:
    """A world in which everything is possible and nothing happens."""

    def __init__(
        self, subject: Any, run_config: Any, observer: Callable[[Any, Step], None]
    ) -> None:
        self.steps: list[Step] = []
        self.view = self
        self.observer = observer
        self.run_config = run_config

    def possible(self) -> tuple[type[Step], ...]:
        return WORKER_STEPS

    def draw(self, kind: type[Step], chooser: object) -> Step:
        return NOTHING

    def apply(self, step: Step) -> None:
        self.steps.append(step)
        self.observer(self, step)

    def changes(self) -> tuple[()]:
        return ()

    touched = changes

    def finish(self) -> None:
        """Nothing is outstanding."""

    close = finish


#: The step that is taken there.
NOTHING: Final = parse("pause")


def on_nothing(runs: int, turn: int) -> float:
    """Seconds a step of a walk on an empty world, its choice of tactic and its credit included."""
    scope = replace(WORKER, open=EmptyWorld)
    walker, steps = Walker(system("reference", "worker"), turn, scope), 0
    with stopwatch() as seconds:
        for number in range(runs):
            steps += len(walker.run(number).steps)
    return seconds() / steps


def engine(runs: int, turns: int) -> Iterator[Aim]:
    costs = alternate({"engine": functools.partial(on_nothing, runs)}, turns, 1)["engine"]
    yield at_most("engine on an empty world: us a step", 5, [1e6 * cost for cost in costs], 1)
