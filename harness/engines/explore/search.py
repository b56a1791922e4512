"""The engine that explores: one universe, or all of a budget, the cheapest first."""

import time
from pathlib import Path
from typing import Final

from workerfuzz.harness.cases.triage.signature import signature
from workerfuzz.harness.engines.explore import frontier
from workerfuzz.harness.engines.explore.combinations import parse_universe
from workerfuzz.harness.engines.explore.explore import KEPT, KEPT_OF_LARGE, Exploration
from workerfuzz.harness.engines.explore.frontier import SavedExploration
from workerfuzz.harness.engines.protocol import (
    Explored,
    ExploredUniverse,
    Search,
    SearchSpace,
)
from workerfuzz.harness.engines.shrink.shrink import replay
from workerfuzz.harness.subjects import declaration
from workerfuzz.harness.worlds.violation import Violation

#: The only tactic of exploring.
EXPLORE: Final = "explore"

#: States of one universe among others, at most: the others shall have their turn.
MOST_OF_ONE: Final = 200_000


def search_by_exploring(search: Search) -> None:
    """All runs there are, each ending where a state is new; a state counts as a run."""
    UniverseSearch(search).run()


class UniverseSearch:
    """Explores universes one after the other, as long as the budget of the search lasts.

    Attributes:
        done: universes that are over, with their extent.
        known: distinct violations, by whether the same steps show them again from the beginning.
        states_before, transitions_before: of former explorations that this one goes on with.
    """

    def __init__(self, search: Search) -> None:
        self.search = search
        self.space = search.plan.space
        self.done: list[ExploredUniverse] = []
        self.known: dict[tuple[str, ...], bool] = {}
        self.states_before = self.transitions_before = 0
        self.is_embedded = declaration(search.plan.subject).is_embedded

    def run(self) -> None:
        scope, budget = self.search.scope.name, self.search.plan.budget
        if self.space.budget is None:
            self.explore(self.space, budget.most_runs)
            return
        for space in self.space.universes(scope):
            if self.explore(space, MOST_OF_ONE) or self.search.spent():
                return

    def explore(self, space: SearchSpace, most_states: int | None) -> bool:
        """Explore one universe, or go on with it. Return True if the time was over."""
        if not space.frontier:
            return self.explore_alone(space, most_states)
        with frontier.taken(self.path(space)) as is_free:
            return is_free and self.explore_alone(space, most_states)

    def explore_alone(self, space: SearchSpace, most_states: int | None) -> bool:
        search, scope = self.search, self.search.scope.name
        began, found = time.process_time(), dict[tuple[str, ...], None]()
        cost = parse_universe(space.universe, scope).cost if space.universe else 0
        exploration = Exploration(
            search.subject,
            space.run_config(scope),
            space.allowances(scope),
            depth=space.depth,
            most_states=most_states,
            is_over=lambda: self.is_over(extent()),
            observer=search.observing(EXPLORE),
            distinct=space.distinct,
            reduced=space.reduced,
            kept=KEPT if self.is_embedded else KEPT_OF_LARGE,
        )
        before = self.begin(space, exploration)

        def extent() -> ExploredUniverse:
            seconds, findings = time.process_time() - began, len(found)
            if before is not None:
                seconds, findings = seconds + before.seconds, findings + before.findings
            return extent_of(space.universe, cost, exploration, findings, seconds)

        if before is not None and before.is_complete:
            self.done.append(before)
            search.explore(self.total())
            return False
        try:
            for violation in exploration.violations():
                if self.is_confirmed(violation):
                    found[signature(violation).bug] = None
                    search.explore(self.total(extent()), violation)
        finally:
            self.end(space, exploration, extent())
        return exploration.stopped == "time"

    def is_over(self, extent: ExploredUniverse) -> bool:
        self.search.explore(self.total(extent))
        return self.search.spent()

    def total(self, *present: ExploredUniverse) -> Explored:
        """Extent of all universes, the one that is being explored among them."""
        every = (*self.done, *present)
        return Explored(
            sum(universe.states for universe in every),
            sum(universe.transitions for universe in every),
            max(universe.depth for universe in every),
            sum(universe.frontier for universe in every),
            all(universe.is_complete for universe in every),
            next((universe.stopped for universe in every if universe.stopped), ""),
            every if self.space.budget is not None else (),
            self.states_before,
            self.transitions_before,
        )

    def is_confirmed(self, violation: Violation) -> bool:
        """Return whether it shows from the beginning as well; copies of some systems differ a little."""
        if self.is_embedded:
            return True
        bug = signature(violation).bug
        if bug not in self.known:
            config = violation.run_config.config
            again = replay(self.search.subject, config, violation.steps, self.search.scope)
            self.known[bug] = again is not None and signature(again).bug == bug
        return self.known[bug]

    # Where the last exploration stopped

    def begin(self, space: SearchSpace, exploration: Exploration) -> ExploredUniverse | None:
        """Let an exploration go on where it stopped; return how far that was."""
        saved = self.saved(space)
        if saved is None:
            return None
        self.states_before += saved.extent.states
        self.transitions_before += saved.extent.transitions
        if not saved.extent.is_complete:
            frontier.restore(saved, exploration)
            if exploration.most_states is not None:
                exploration.most_states += saved.extent.states
        return saved.extent

    def saved(self, space: SearchSpace) -> SavedExploration | None:
        return frontier.load(self.path(space), self.system) if space.frontier else None

    def end(self, space: SearchSpace, exploration: Exploration, extent: ExploredUniverse) -> None:
        """The exploration of one universe is over: note and keep how far it got."""
        self.search.explore(self.total(extent))
        self.done.append(extent)
        if space.frontier:
            frontier.save(self.path(space), self.system, extent, exploration)

    def path(self, space: SearchSpace) -> Path:
        plan, scope = self.search.plan, self.search.scope.name
        universe = space.universe or str(space.run_config(scope))
        return frontier.place_of(Path(space.frontier), plan.subject, scope, universe)

    @property
    def system(self) -> str:
        return frontier.system_of(self.search.plan.subject, self.search.subject.version())


def extent_of(
    universe: str, cost: int, exploration: Exploration, findings: int, seconds: float
) -> ExploredUniverse:
    """Return how far the exploration of a universe is."""
    explored = exploration.extent
    return ExploredUniverse(
        universe,
        cost,
        explored.states,
        explored.transitions,
        explored.depth,
        explored.frontier,
        explored.is_complete,
        explored.stopped,
        findings,
        seconds,
    )
