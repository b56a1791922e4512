"""The universes that a night explored, or found to be explored, in lines."""

from collections.abc import Iterable, Iterator

from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.engines.explore.combinations import combinations
from workerfuzz.harness.engines.protocol import ExploredUniverse


def explored_lines(night: Night) -> Iterator[str]:
    """Yield for each target that was explored how far it is, by the cost of universes."""
    for target in night.targets:
        if target.explores:
            own = [
                shard
                for shard in night.shards
                if shard.plan.explores and target.system == system(shard)
            ]
            yield from target_lines(target, last_extents(own))


def system(result: ShardResult) -> tuple[str, str]:
    return result.plan.subject, result.plan.scope


def last_extents(results: Iterable[ShardResult]) -> dict[str, ExploredUniverse]:
    """Return the last extent of each universe."""
    return {
        universe.universe: universe
        for result in results
        if result.explored is not None
        for universe in result.explored.universes
    }


def target_lines(target: Target, known: dict[str, ExploredUniverse]) -> Iterator[str]:
    """Yield a line for each cost, and one for each universe that is not complete."""
    dearest = max((universe.cost for universe in known.values()), default=-1)
    of_cost: dict[int, list[str]] = {}
    for combination in combinations(target.scope, dearest) if known else ():
        of_cost.setdefault(combination.cost, []).append(str(combination))
    for cost, universes in of_cost.items():
        found = [known[universe] for universe in universes if universe in known]
        complete = [universe for universe in found if universe.is_complete]
        yield (
            f"{target}: {len(complete)} of {counted(len(universes), 'universe')} of cost {cost} "
            f"complete, {sum(universe.states for universe in found):,} states, "
            f"{sum(universe.transitions for universe in found):,} transitions, "
            f"{counted(sum(universe.findings for universe in found), 'finding')}"
        )
        for universe in found:
            if not universe.is_complete:
                yield (
                    f"{target}: {universe.universe}: {universe.states:,} states, "
                    f"depth {universe.depth}, {universe.frontier:,} not expanded; "
                    f"{counted(universe.findings, 'finding')}"
                )
