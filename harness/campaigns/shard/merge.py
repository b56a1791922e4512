"""Accounts that add up: of one shard that took several processes, and of all shards of a campaign."""

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.result import Point, ShardResult
from workerfuzz.harness.engines.findings.finding import Finding, SeenBefore, merge_findings


def continued(before: ShardResult, after: ShardResult) -> ShardResult:
    """A shard that went on in another process: what it did before, and after that."""
    return replace(
        merged(before.plan, (up_to(before, after.plan.first), after)),
        curve=[
            *before.curve,
            *(Point(round(before.seconds + it.seconds, 3), it.tactics) for it in after.curve),
        ],
        runs=after.runs,
        seconds=before.seconds + after.seconds,
    )


def up_to(result: ShardResult, run: int) -> ShardResult:
    """The result before a run, which is made again: what it found is counted then."""
    findings = [
        replace(it, occurrences=it.occurrences if it.run < run else 0) for it in result.findings
    ]
    return replace(result, findings=findings)


def together(plan: Plan, results: Sequence[ShardResult]) -> ShardResult:
    """Merge the results of shards that shared the work of a plan and ran in parallel."""
    return replace(
        merged(plan, results),
        runs=sum(it.total.runs for it in results),
        seconds=max((it.seconds for it in results), default=0.0),
    )


def merged(plan: Plan, results: Sequence[ShardResult]) -> ShardResult:
    """Merge the fields that do not depend on whether the shards ran in sequence or in parallel."""
    return ShardResult(
        plan,
        version=first(it.version for it in results),
        counters=counters_by_tactic(results),
        findings=in_order(results),
        fixed=each_once(title for it in results for title in it.fixed),
        expected=next((it.expected for it in results if it.expected), []),
        cannot=next((it.cannot for it in results if it.cannot), {}),
        kinds=next((it.kinds for it in results if it.kinds), []),
        corpus_size=max((it.corpus_size for it in results), default=0),
        corpus_added=sum(it.corpus_added for it in results),
        unreadable=each_once(line for it in results for line in it.unreadable),
        corpus_error=first(it.corpus_error for it in results),
        interrupted=any(it.interrupted for it in results),
        faults=each_once(fault for it in results for fault in it.faults),
        refused=first(it.refused for it in results),
        explored=next((it.explored for it in reversed(results) if it.explored is not None), None),
    )


def knowing(plan: Plan, result: ShardResult) -> Plan:
    """The plan of who goes on: what is new by then is known to have a case."""
    new = (SeenBefore(Path(it.path).name or f"run {it.run}", it.signature) for it in result.new)
    return dataclasses.replace(plan, seen=(*plan.seen, *new))


def counters_by_tactic(results: Iterable[ShardResult]) -> dict[str, Counters]:
    """Add up the counters of each tactic."""
    sums: dict[str, Counters] = {}
    for result in results:
        for tactic, tally in result.counters.items():
            sums.setdefault(tactic, Counters()).add(tally)
    return sums


def in_order(results: Sequence[ShardResult]) -> list[Finding]:
    """Each bug that came up once, in the order of appearance."""
    found = [it for result in results for it in result.findings]
    places = {it.bug: place for place, it in reversed([*enumerate(found)])}
    return sorted(merge_findings(found), key=lambda it: places[it.bug])


def first(texts: Iterable[str]) -> str:
    """That is not empty."""
    return next(filter(None, texts), "")


def each_once(texts: Iterable[str]) -> list[str]:
    return [*dict.fromkeys(texts)]
