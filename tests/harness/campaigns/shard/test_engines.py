"""Every engine makes runs for anything that is a search; commands offer those of the table."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.shard import ENGINES
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.cli import options
from workerfuzz.harness.engines.protocol import Explored
from workerfuzz.harness.subjects import get
from workerfuzz.harness.worlds.scopes import WORKER, AnyRunConfig, Observer, World
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.worker import Step

MOST = 3


@dataclass
class FewRuns:
    """A search that is over after a few runs, or states where these count."""

    plan: Plan = field(default_factory=lambda: Plan(budget=Budget(runs=MOST)))
    subject = get("reference")
    scope = WORKER
    entries: tuple[CorpusEntry, ...] = ()
    runs: int = 0
    number: int = 0
    steps: int = 0
    tactics: set[str] = field(default_factory=set)
    reached: list[CorpusEntry] = field(default_factory=list)

    def run_config(self, chooser: Chooser) -> AnyRunConfig:
        return WORKER.draw(chooser)

    def observing(self, tactic: str) -> Observer:
        self.tactics.add(tactic)
        return self.observe

    def observe(self, world: World, step: Step | None) -> None:
        self.steps += step is not None

    def spent(self) -> bool:
        return self.runs >= MOST

    def attempt(self, run: Callable[[], World]) -> None:
        assert run().steps
        self.runs += 1

    def add_entry(self, entry: CorpusEntry) -> None:
        self.reached.append(entry)

    def explore(self, extent: Explored, violation: Violation | None = None) -> None:
        assert violation is None
        self.runs = extent.states


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_makes_runs_until_the_search_is_over(name: str) -> None:
    search = FewRuns()
    ENGINES[name](search)
    assert search.runs >= MOST
    assert search.steps
    assert bool(search.reached) == (name == "walk")
    assert (search.tactics == {name}) == (name != "walk")


def test_commands_offer_the_engines_of_the_table() -> None:
    assert {name.value for name in options.EngineName} == {*ENGINES}
