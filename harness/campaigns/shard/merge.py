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
            *(
                Point(round(before.seconds + point.seconds, 3), point.tactics)
                for point in after.curve
            ),
        ],
        runs=after.runs,
        seconds=before.seconds + after.seconds,
    )


def up_to(result: ShardResult, run: int) -> ShardResult:
    """The result before a run, which is made again: what it found is counted then."""
    findings = [
        replace(finding, occurrences=finding.occurrences if finding.run < run else 0)
        for finding in result.findings
    ]
    return replace(result, findings=findings)


def together(plan: Plan, results: Sequence[ShardResult]) -> ShardResult:
    """Merge the results of shards that shared the work of a plan and ran in parallel."""
    return replace(
        merged(plan, results),
        runs=sum(shard.total.runs for shard in results),
        seconds=max((shard.seconds for shard in results), default=0.0),
    )


def merged(plan: Plan, results: Sequence[ShardResult]) -> ShardResult:
    """Merge the fields that do not depend on whether the shards ran in sequence or in parallel."""
    return ShardResult(
        plan,
        version=first(shard.version for shard in results),
        counters=counters_by_tactic(results),
        findings=in_order(results),
        fixed=each_once(title for shard in results for title in shard.fixed),
        expected=next((shard.expected for shard in results if shard.expected), []),
        cannot=next((shard.cannot for shard in results if shard.cannot), {}),
        kinds=next((shard.kinds for shard in results if shard.kinds), []),
        corpus_size=max((shard.corpus_size for shard in results), default=0),
        corpus_added=sum(shard.corpus_added for shard in results),
        unreadable=each_once(line for shard in results for line in shard.unreadable),
        corpus_error=first(shard.corpus_error for shard in results),
        interrupted=any(shard.interrupted for shard in results),
        faults=each_once(fault for shard in results for fault in shard.faults),
        refused=first(shard.refused for shard in results),
        explored=next(
            (shard.explored for shard in reversed(results) if shard.explored is not None), None
        ),
    )


def knowing(plan: Plan, result: ShardResult) -> Plan:
    """The plan of who goes on: what is new by then is known to have a case."""
    new = (
        SeenBefore(Path(finding.path).name or f"run {finding.run}", finding.signature)
        for finding in result.new
    )
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
    found = [finding for result in results for finding in result.findings]
    places = {finding.bug: place for place, finding in reversed([*enumerate(found)])}
    return sorted(merge_findings(found), key=lambda finding: places[finding.bug])


def first(texts: Iterable[str]) -> str:
    """That is not empty."""
    return next(filter(None, texts), "")


def each_once(texts: Iterable[str]) -> list[str]:
    return [*dict.fromkeys(texts)]
