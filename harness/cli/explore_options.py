"""Options of an exploration on the command line."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import typer

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.cli.options import KindAllowance
from workerfuzz.harness.engines.explore.allowances import UnknownAllowance
from workerfuzz.harness.engines.explore.combinations import BadUniverse
from workerfuzz.harness.engines.explore.small_universe import Space

#: States after which an exploration ends, if nothing else is said: so many fit into a gigabyte.
MOST_STATES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class ExploreOptions:
    """Options that are for exploring alone, in the order of the command."""

    keys: int | None
    peers: int | None
    depth: int | None
    allow: list[KindAllowance] | None
    distinct: bool
    universe: str | None
    budget: int | None
    full: bool
    frontier: Path | None

    def planned(self, plan: Plan) -> Plan:
        """The plan with what is to be explored, if something is. Raises BadParameter."""
        return self.explored(plan) if plan.explores else self.refused(plan)

    def refused(self, plan: Plan) -> Plan:
        """The same plan, where none of these was given. Raises BadParameter."""
        for name in self.__slots__:
            if getattr(self, name):
                raise typer.BadParameter(f"--{name} is for --engine explore")
        return plan

    def explored(self, plan: Plan) -> Plan:
        """The plan with what is to be explored. Raises BadParameter."""
        if self.peers and plan.scope == "cluster":
            raise typer.BadParameter("--peers is for one worker; a cluster has --workers")
        is_enumerated = self.universe is not None or self.budget is not None
        if is_enumerated and (self.keys or self.peers or plan.workers):
            raise typer.BadParameter(
                "--universe and --budget tell how many keys and workers there are"
            )
        if self.universe is not None and self.budget is not None:
            raise typer.BadParameter("--universe is one universe, --budget all up to a cost")
        space = Space(
            keys=self.keys or Space().keys,
            others=self.peers or plan.workers,
            allowed=tuple(self.allow or ()),
            depth=self.depth,
            distinct=self.distinct,
            universe=self.universe or "",
            budget=self.budget,
            reduced=is_enumerated and not self.full,
            frontier=str(self.frontier) if self.frontier is not None else "",
        )
        try:
            space.run_config(plan.scope)
            space.allowances(plan.scope)
        except (UnknownAllowance, BadUniverse) as error:
            raise typer.BadParameter(str(error)) from None
        runs = plan.budget.runs or MOST_STATES
        return replace(plan, seed=0, space=space, budget=replace(plan.budget, runs=runs))
