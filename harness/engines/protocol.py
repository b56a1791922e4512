"""Protocols of an engine, which chooses the steps of runs, and of the search that it makes them for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.worlds.scopes import AnyRunConfig, FuzzingScope, Observer, World
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.worker import Step


@dataclass(frozen=True, slots=True)
class ExploredUniverse:
    """Extent of the exploration of one universe among others.

    Attributes:
        universe: amounts of everything, as ``--universe`` takes them.
        cost: sum of the amounts beyond the least.
        states, transitions, depth, frontier, is_complete, stopped: as of an exploration.
        findings: distinct violations.
        seconds: CPU time.
    """

    universe: str
    cost: int
    states: int
    transitions: int
    depth: int
    frontier: int
    is_complete: bool
    stopped: str = ""
    findings: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Explored:
    """Extent of an exploration.

    Attributes:
        states: worlds that do not continue alike.
        transitions: steps that were taken from them.
        depth: every run of so many steps was made.
        frontier: states that were not gone on from.
        is_complete: every run there is was made, up to where it meets a known state.
        stopped: ``depth``, ``states`` or ``time``, where one of these ended it.
        universes: those that were explored, where there are several; the numbers above are their sums.
        states_before, transitions_before: those among them of explorations that this one goes on with.
    """

    states: int
    transitions: int
    depth: int
    frontier: int
    is_complete: bool = False
    stopped: str = ""
    universes: tuple[ExploredUniverse, ...] = ()
    states_before: int = 0
    transitions_before: int = 0


class SearchBudget(Protocol):
    """Limits of a search."""

    @property
    def profile(self) -> str:
        """Name of the profile of Hypothesis."""

    @property
    def most_runs(self) -> int | None:
        """Runs, or states where these count; None: time alone limits it."""

    @property
    def is_timed(self) -> bool:
        """Time may end it before the runs do."""


class StepAllowances(Protocol):
    """Steps that are still allowed, given how many there were of each group that is limited."""

    @property
    def start(self) -> tuple[int, ...]:
        """Nothing has happened."""

    def after(self, spent: tuple[int, ...], kind: type[Step]) -> tuple[int, ...] | None:
        """Return the counts after one more step of that kind; None if it is not allowed."""


class SearchSpace(Protocol):
    """Universe and limits of an exploration."""

    @property
    def depth(self) -> int | None:
        """Of runs, at most."""

    @property
    def distinct(self) -> bool:
        """Participants that differ in their names alone are told apart."""

    @property
    def reduced(self) -> bool:
        """Steps that commute are taken in one order."""

    @property
    def universe(self) -> str:
        """Amounts of everything; empty: as the other options say."""

    @property
    def budget(self) -> int | None:
        """Cost of the dearest universe; None: there is only one."""

    @property
    def frontier(self) -> str:
        """Folder that keeps where an exploration stopped; empty: none."""

    def run_config(self, scope: str) -> AnyRunConfig:
        """Return the configuration of every run."""

    def allowances(self, scope: str) -> StepAllowances:
        """Return how often steps may happen."""

    def universes(self, scope: str) -> Iterator["SearchSpace"]:
        """Yield the universes of the budget, the cheapest first."""


class SearchPlan(Protocol):
    """Options of a search that engines read, each those that it knows."""

    @property
    def seed(self) -> int:
        """Of all runs."""

    @property
    def first(self) -> int:
        """Number of the first run."""

    @property
    def tactic(self) -> str:
        """The only tactic of the walk; empty: all of them."""

    @property
    def space(self) -> SearchSpace:
        """Space to be explored."""

    @property
    def subject(self) -> str:
        """Name of the system under test."""

    @property
    def budget(self) -> SearchBudget:
        """Limits of the search."""


class Search(Protocol):
    """A search for violations: what its runs are made of, and what becomes of them."""

    @property
    def plan(self) -> SearchPlan:
        """Options of the search."""

    @property
    def subject(self) -> AnySubject:
        """The system under test."""

    @property
    def scope(self) -> FuzzingScope:
        """The scope of the runs."""

    @property
    def entries(self) -> Sequence[CorpusEntry]:
        """Corpus entries to begin with."""

    @property
    def runs(self) -> int:
        """Runs that are over."""

    @property
    def number(self) -> int:
        """Number of the run that is under way."""

    def run_config(self, chooser: Chooser) -> AnyRunConfig:
        """Draw the configuration of a run."""

    def observing(self, tactic: str) -> Observer:
        """Return the observer of the steps of a run with that tactic."""

    def spent(self) -> bool:
        """Return whether the search is over."""

    def attempt(self, run: Callable[[], World]) -> None:
        """Make one run, and record its steps and the violation that ends it, if any."""

    def add_entry(self, entry: CorpusEntry) -> None:
        """Record a run that reached something new."""

    def explore(self, extent: Explored, violation: Violation | None = None) -> None:
        """Record how far an exploration is, and the violation that it came to, if any."""


class Engine(Protocol):
    """Makes runs for a search until that is over. Campaigns choose from ``shard.ENGINES``."""

    def __call__(self, search: Search, /) -> None: ...
