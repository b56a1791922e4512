"""Accounts that add up: of one shard that took several processes, and of all shards of a campaign."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from workerfuzz.harness.campaigns.findings.finding import Finding, merge_met
from workerfuzz.harness.campaigns.plan.plan import Plan, Seen
from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.result import Point, ShardResult


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


def up_to(account: ShardResult, run: int) -> ShardResult:
    """A run that ended while its bug was looked at, and is made again, counts once."""
    met = [replace(it, times=it.times if it.run < run else 0) for it in account.met]
    return replace(account, met=met)


def together(plan: Plan, accounts: Sequence[ShardResult]) -> ShardResult:
    """What the shards did that shared the work of a plan; they ran side by side."""
    return replace(
        merged(plan, accounts),
        runs=sum(it.total.runs for it in accounts),
        seconds=max((it.seconds for it in accounts), default=0.0),
    )


def merged(plan: Plan, accounts: Sequence[ShardResult]) -> ShardResult:
    """What adds up, whichever way they follow each other."""
    return ShardResult(
        plan,
        version=first(it.version for it in accounts),
        tallies=tallies(accounts),
        met=in_order(accounts),
        fixed=each_once(title for it in accounts for title in it.fixed),
        expected=next((it.expected for it in accounts if it.expected), []),
        cannot=next((it.cannot for it in accounts if it.cannot), {}),
        kinds=next((it.kinds for it in accounts if it.kinds), []),
        stems=max((it.stems for it in accounts), default=0),
        stems_added=sum(it.stems_added for it in accounts),
        unread=each_once(line for it in accounts for line in it.unread),
        ungrown=first(it.ungrown for it in accounts),
        interrupted=any(it.interrupted for it in accounts),
        faults=each_once(fault for it in accounts for fault in it.faults),
        refused=first(it.refused for it in accounts),
    )


def knowing(plan: Plan, account: ShardResult) -> Plan:
    """The plan of who goes on: what is new by then is known to have a case."""
    new = (Seen(it.signature, Path(it.path).name or f"run {it.run}") for it in account.new)
    return replace(plan, seen=(*plan.seen, *new))


def tallies(accounts: Iterable[ShardResult]) -> dict[str, Counters]:
    """By tactic."""
    sums: dict[str, Counters] = {}
    for account in accounts:
        for tactic, tally in account.tallies.items():
            sums.setdefault(tactic, Counters()).add(tally)
    return sums


def in_order(accounts: Sequence[ShardResult]) -> list[Finding]:
    """Each bug that came up once, in the order of appearance."""
    met = [it for account in accounts for it in account.met]
    places = {it.signature: place for place, it in reversed([*enumerate(met)])}
    return sorted(merge_met(met), key=lambda it: places[it.signature])


def first(texts: Iterable[str]) -> str:
    """That is not empty."""
    return next(filter(None, texts), "")


def each_once(texts: Iterable[str]) -> list[str]:
    return [*dict.fromkeys(texts)]
