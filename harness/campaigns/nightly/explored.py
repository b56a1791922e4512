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
            own = [it for it in night.shards if it.plan.explores and target.system == system(it)]
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
    dearest = max((it.cost for it in known.values()), default=-1)
    of_cost: dict[int, list[str]] = {}
    for combination in combinations(target.scope, dearest) if known else ():
        of_cost.setdefault(combination.cost, []).append(str(combination))
    for cost, universes in of_cost.items():
        found = [known[it] for it in universes if it in known]
        complete = [it for it in found if it.is_complete]
        yield (
            f"{target}: {len(complete)} of {counted(len(universes), 'universe')} of cost {cost} "
            f"complete, {sum(it.states for it in found):,} states, "
            f"{sum(it.transitions for it in found):,} transitions, "
            f"{counted(sum(it.findings for it in found), 'finding')}"
        )
        for it in found:
            if not it.is_complete:
                yield (
                    f"{target}: {it.universe}: {it.states:,} states, depth {it.depth}, "
                    f"{it.frontier:,} not expanded; {counted(it.findings, 'finding')}"
                )
