"""The time until a mutant is caught, the property that catches it, and the few steps that show it."""

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from hypothesis import Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import get_state_machine_test
from hypothesis.strategies import DataObject

from workerfuzz.harness.campaigns.mutants.catalogue import BY_NAME, MUTANTS, OF_SCHEDULER, named
from workerfuzz.harness.campaigns.mutants.mutant import Mutant
from workerfuzz.harness.cases.format.vocabulary import REFERENCE
from workerfuzz.harness.engines.hypothesis.machine import MACHINES
from workerfuzz.harness.engines.hypothesis.profiles import PROFILES
from workerfuzz.harness.engines.shrink.shrink import shrink
from workerfuzz.harness.engines.walk.walker import Walker
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.strategies.worker import Step
from workerfuzz.strategies.worker.run_config import RunConfig

#: The model without any mutant is measured as well: it must not be caught.
HEALTHY: Final = "healthy"

#: The walk gives up after so many steps, a quarter of a minute or so.
MOST_STEPS: Final = 60_000

#: Processes at a time; each mutant has one to itself, so that nothing of it stays behind.
JOBS: Final = 2


@dataclass(frozen=True, slots=True)
class Measured:
    """Result of looking for one mutant.

    Attributes:
        name: of the mutant; ``HEALTHY`` for the model without one.
        caught_by: name of the property that noticed; empty where none did.
        steps: taken until then, in all runs together.
        shrunk: the few steps that show it, as a case writes them.
        counterexample: what shows that the property does not hold.
        at_rest: it shows only after the last step, while the worker comes to rest.
        problem: what the harness itself stumbled over; empty where it did not.
        swept: it corrupts a task that no step touched: only a full sweep shows that.
    """

    name: str
    caught_by: str = ""
    steps: int = 0
    shrunk: tuple[str, ...] = ()
    counterexample: str = ""
    at_rest: bool = False
    seconds: float = 0.0
    problem: str = ""
    swept: bool = False
    scope: str = "worker"

    @property
    def is_caught(self) -> bool:
        return bool(self.caught_by)

    @property
    def is_right(self) -> bool:
        """A mutant is caught by a property that the catalogue names; the healthy model is not.

        The catalogue names those of the mutant's own scope.
        """
        if self.name == HEALTHY:
            return not self.is_caught and not self.problem
        mutant = BY_NAME[self.name]
        elsewhere = self.scope == "cluster" and mutant not in OF_SCHEDULER
        return (
            self.is_caught
            and not self.problem
            and (elsewhere or self.caught_by in mutant.caught_by)
        )


@dataclass(slots=True)
class PlantedSearch:
    """Runs of one engine until a property is broken.

    Attributes:
        most_steps: the walk gives up after these; Hypothesis does as much as its quick profile.
        steps: taken so far.
        violation: what ended the search; None where nothing did.
    """

    scope: str
    seed: int
    most_steps: int = MOST_STEPS
    steps: int = 0
    violation: Violation | None = None

    @property
    def subject(self) -> Any:
        """The reference, as a whole cluster where that is the scope."""
        return get_cluster(REFERENCE) if self.scope == "cluster" else ReferenceSubject()

    def by_walk(self) -> None:
        """One run after the other, each from a seed of its own."""
        run = 0
        walker = Walker(self.subject, self.seed, SCOPES[self.scope])
        while self.violation is None and self.steps < self.most_steps:
            try:
                world = walker.run(run)
                self.steps += len(world.steps)
            except Violation as violation:
                self.steps += len(violation.steps)
                self.violation = violation
            run += 1

    def by_hypothesis(self) -> None:
        """The quick profile; what it finds is shrunk by ourselves, from the run as it was found."""
        search = self

        base: Any = MACHINES[self.scope]

        class MeasuredMachine(base):  # type: ignore[misc]  # known at run time only
            @classmethod
            def system(cls) -> Any:
                return search.subject

            @classmethod
            def on_event(cls, world: Any, step: Step | None) -> None:
                search.steps += step is not None and search.violation is None

            def take(self, kind: type[Step], data: DataObject) -> None:
                with search.noticing():
                    super().take(kind, data)

            def teardown(self) -> None:
                with search.noticing():
                    super().teardown()

        quick = settings(PROFILES["quick"], phases=(Phase.generate,))
        try:
            seeded(self.seed)(get_state_machine_test(MeasuredMachine, settings=quick))()
        except Exception:
            if self.violation is None:
                raise

    @contextmanager
    def noticing(self) -> Iterator[None]:
        """Keep the first violation: what comes after it is Hypothesis, making sure."""
        try:
            yield
        except Violation as violation:
            if self.violation is None:
                self.steps += not violation.at_rest  # the last step was not told as an event
                self.violation = violation
            raise


ENGINES: Final[Mapping[str, Callable[[PlantedSearch], None]]] = MappingProxyType(
    {"hypothesis": PlantedSearch.by_hypothesis, "walk": PlantedSearch.by_walk}
)


def measure(
    mutant: Mutant | None,
    engine: str = "hypothesis",
    *,
    seed: int = 0,
    most_steps: int = MOST_STEPS,
    scope: str = "worker",
) -> Measured:
    """Plant a mutant in this process, look for it, shrink what shows it, and take it out again.

    Args:
        mutant: None for the healthy model.
        engine: ``hypothesis`` (its quick profile) or ``walk``.
    """
    name = mutant.name if mutant is not None else HEALTHY
    search = PlantedSearch(scope, seed, most_steps)
    began = time.monotonic()
    with mutant.planted() if mutant is not None else nullcontext():
        try:
            ENGINES[engine](search)
            return measured(name, search, began)
        except Exception as error:  # noqa: BLE001 - a mutant may break what judges it: that is shown
            problem = f"{type(error).__name__}: {error}"
            seconds = time.monotonic() - began
            return Measured(name, steps=search.steps, seconds=seconds, problem=problem, scope=scope)


def measured(name: str, search: PlantedSearch, began: float) -> Measured:
    """The result of a search; the mutant is still planted, so that what was found can be shrunk."""
    seconds = time.monotonic() - began
    if search.violation is None:
        return Measured(name, steps=search.steps, seconds=seconds, scope=search.scope)
    shrunk = shrink(search.subject, search.violation)
    return Measured(
        name,
        caught_by=shrunk.violation.property,
        steps=search.steps,
        shrunk=tuple(map(str, shrunk.steps)),
        counterexample=shrunk.violation.counterexample,
        at_rest=shrunk.violation.at_rest,
        seconds=seconds,
        swept=search.scope == "worker" and needs_a_sweep(search.subject, shrunk.violation),
        scope=search.scope,
    )


class UnsweptWorld(WorkerWorld):
    """Checks nothing but what its events touched."""

    def sweep(self) -> None:
        """Nothing is swept."""


def needs_a_sweep(subject: Subject, violation: Violation) -> bool:
    """Return True if the same steps break nothing, or something else, without a full sweep."""
    assert isinstance(violation.run_config, RunConfig)
    found = violation_of(UnsweptWorld(subject, violation.run_config), violation.steps)
    return found is None or found.property != violation.property


def measure_named(name: str, engine: str, seed: int, most_steps: int, scope: str) -> Measured:
    """Measure one mutant in a process of its own: only names are sent to it."""
    mutant = named(name) if name != HEALTHY else None
    return measure(mutant, engine, seed=seed, most_steps=most_steps, scope=scope)


def wanted(names: Sequence[str], scope: str) -> list[str]:
    """Return the names to measure: the healthy model, then mutants.

    Raises:
        ValueError: no mutant has that name; says what may have been meant.
    """
    every = BY_NAME if scope == "cluster" else [mutant.name for mutant in MUTANTS]
    return [HEALTHY, *(named(name).name for name in names or every)]


def measure_all(
    names: Sequence[str] = (),
    engine: str = "hypothesis",
    on_result: Callable[[Measured], None] | None = None,
    *,
    seed: int = 0,
    most_steps: int = MOST_STEPS,
    jobs: int = JOBS,
    scope: str = "worker",
) -> list[Measured]:
    """Measure the healthy model and mutants, each in a process of its own.

    Args:
        names: of mutants; none for all of them.
        on_result: told of each result as it comes; the list that is returned is in fixed order.

    Raises:
        ValueError: no mutant, or no engine, has that name; says what may have been meant.
    """
    chosen = wanted(names, scope)
    if engine not in ENGINES:
        raise ValueError(f'unknown engine "{engine}"; one of {", ".join(ENGINES)}')
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    results: dict[str, Measured] = {}
    with ProcessPoolExecutor(jobs, mp_context=context, max_tasks_per_child=1) as pool:
        futures = [
            pool.submit(measure_named, name, engine, seed, most_steps, scope) for name in chosen
        ]
        try:
            for future in as_completed(futures):
                result = future.result()
                results[result.name] = result
                if on_result is not None:
                    on_result(result)
        except BaseException:
            cancel(futures)
            raise
    return [results[name] for name in chosen]


def cancel(futures: Iterable[Future[Measured]]) -> None:
    for future in futures:
        future.cancel()
