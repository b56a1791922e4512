"""Search for a configuration of one key: the walk, until a run gets there; then as few steps as do.

A configuration is a few clauses: ``scheduler processing; w0 cancelled(executing); free-keys under way``.
All are about one key; names of workers stand for any workers, different ones for different ones.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Final

from workerfuzz.harness.cases.format.case import Case, ScopeName, record
from workerfuzz.harness.engines.shrink.shrink import PATIENCE_S, Shrinker
from workerfuzz.harness.engines.walk.cells import ABSENT, HOLDING, thread
from workerfuzz.harness.engines.walk.walker import Walker
from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.harness.worlds.scopes import CLUSTER, AnyConfig, World
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties.property import always
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.worker.states import State
from workerfuzz.strategies.worker import Step

#: ``w0 cancelled(executing)``, ``w1 resumed(flight, waiting)``, ``w0 -``.
ON_A_WORKER: Final = re.compile(
    r"(?P<worker>w\d+) (?P<state>[a-z-]+)(\((?P<held>[a-z-]+)(, ?(?P<next>[a-z-]+))?\))?"
)

#: ``w0 thread running``.
THREAD: Final = re.compile(r"(?P<worker>w\d+) thread (?P<stage>issued|running|seceded)")

#: ``free-keys under way``.
UNDER_WAY: Final = re.compile(r"(?P<message>[a-z]+(-[a-z]+)*) under way")

#: ``scheduler processing``.
ON_THE_SCHEDULER: Final = re.compile(r"scheduler (?P<state>[a-z-]+)")

#: A condition on a world, a key, and the workers that names of the text stand for.
Condition = Callable[[ClusterWorld, str, Mapping[str, str]], bool]


class NoSuchConfiguration(ValueError):
    """A text is no configuration; says in a line why."""


@always("A configuration that is looked for is not reached.")
def configuration_is_not_reached(found: str) -> Iterator[str]:
    yield found


@dataclass(frozen=True, slots=True)
class Configuration:
    """Clauses about one key, all of which are to be true at once."""

    text: str
    conditions: Sequence[Condition] = field(repr=False)
    workers: Sequence[str]

    def observe(self, world: World, step: Step | None) -> None:
        """End the run as soon as it is reached. An observer of worlds."""
        if step is None or not isinstance(world, ClusterWorld):
            return
        key = self.key_in(world)
        if key:
            world.end_with(configuration_is_not_reached, f"{self.text}: {key}")

    def key_in(self, world: ClusterWorld) -> str:
        """The key of which it is true now; empty: of none."""
        there = sorted(world.present)
        for key in world.run_config.keys:
            for chosen in permutations(there, len(self.workers)):
                named = dict(zip(self.workers, chosen, strict=True))
                if all(condition(world, key, named) for condition in self.conditions):
                    return key
        return ""


def parse_configuration(text: str) -> Configuration:
    """Read a configuration. Raises NoSuchConfiguration."""
    clauses = [" ".join(clause.split()) for clause in text.split(";")]
    conditions = [condition_of(clause) for clause in clauses if clause]
    if not conditions:
        raise NoSuchConfiguration("a configuration needs a clause, as in: scheduler processing")
    workers = dict.fromkeys(re.findall(r"\bw\d+\b", text))
    return Configuration("; ".join(filter(None, clauses)), conditions, [*workers])


def condition_of(clause: str) -> Condition:
    """The condition that a clause means. Raises NoSuchConfiguration."""
    if match := ON_THE_SCHEDULER.fullmatch(clause):
        state = known(match["state"], [*SchedulerTaskState, ABSENT], "the scheduler")
        return lambda world, key, workers: (world.cluster.state(key) or ABSENT) == state
    if match := THREAD.fullmatch(clause):
        worker, stage = match["worker"], match["stage"]
        return lambda world, key, workers: thread(world, workers[worker], key) == stage
    if match := ON_A_WORKER.fullmatch(clause):
        return on_worker(match)
    if match := UNDER_WAY.fullmatch(clause):
        return under_way(match["message"])
    if clause in {"wanted", "not wanted"}:
        is_wanted = clause == "wanted"
        return lambda world, key, workers: (
            is_wanted == any(key in wants for wants in world.client_model.wants.values())
        )
    raise NoSuchConfiguration(
        f'"{clause}": a clause is "scheduler STATE", "w0 STATE", "w0 cancelled(STATE)", '
        '"w0 thread running", "MESSAGE under way", "wanted" or "not wanted"'
    )


def known(state: str, states: Sequence[str], party: str) -> str:
    """The same state, if there is one of that name. Raises NoSuchConfiguration."""
    if state not in states:
        raise NoSuchConfiguration(f"{party} has no state {state}; it has {', '.join(states)}")
    return state


def on_worker(match: re.Match[str]) -> Condition:
    """A task is in a state on a worker, and holds and wants what is said, if anything is."""
    worker, held, following = match["worker"], match["held"], match["next"]
    wanted = known(match["state"], [*State, ABSENT], "a worker")
    for words in (held, following):
        if words is not None:
            known(words, [*State], "a worker")
    if held is not None and wanted not in HOLDING:
        raise NoSuchConfiguration(f"{wanted} holds nothing; {' and '.join(HOLDING)} do")

    def condition(world: ClusterWorld, key: str, workers: Mapping[str, str]) -> bool:
        view: WorkerView = world.cluster.worker(workers[worker])
        if (view.state(key) or ABSENT) != wanted:
            return False
        if held is not None and view.previous(key) != held:
            return False
        return following is None or view.next(key) == following

    return condition


def under_way(message: str) -> Condition:
    """A message about the key was sent and has not arrived."""

    def condition(world: ClusterWorld, key: str, workers: Mapping[str, str]) -> bool:
        return any(
            words.split()[0] == message and key in words.replace(",", " ").split()
            for box in world.mail.values()
            for envelope in box
            for words in world.cluster.message_texts(envelope)
        )

    return condition


class ReachShrinker(Shrinker):
    """Shrinks a way to a configuration."""

    def __init__(self, system: ClusterSystem, found: Violation, sought: Configuration) -> None:
        super().__init__(system, found, PATIENCE_S)
        self.sought = sought

    def replay(self, steps: Sequence[Step], config: AnyConfig) -> Violation | None:
        run_config = self.scope.run_config_of(steps, config)
        world = self.scope.open(self.subject, run_config, observer=self.sought.observe)
        return violation_of(world, steps)


@dataclass(slots=True)
class ReachSearch:
    """The search for a configuration so far.

    Attributes:
        runs: that were made.
        steps: that they took.
    """

    system: ClusterSystem
    sought: Configuration
    seed: int = 0
    runs: int = 0
    steps: int = 0

    def find(self, is_over: Callable[[], bool]) -> Case | None:
        """A case of the fewest steps found that get there; None: it is over, and no run did."""
        walker = Walker(self.system, self.seed, CLUSTER)
        while not is_over():
            try:
                steps = walker.run(self.runs, lambda tactic: self.sought.observe).steps
            except Violation as violation:
                steps = [*violation.steps]
                if violation.property == configuration_is_not_reached.name:
                    return self.case_of(violation)
            finally:
                self.runs += 1
            self.steps += len(steps)
        return None

    def case_of(self, violation: Violation) -> Case:
        """Shrink a way, and record it."""
        shrunk = ReachShrinker(self.system, violation, self.sought).run()
        return record(
            self.system,
            shrunk.steps,
            shrunk.config,
            title=f"reached: {self.sought.text}",
            scope=ScopeName.CLUSTER,
        )
