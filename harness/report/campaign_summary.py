"""What the command line prints of a campaign: what was done, what was found, what was not reached."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from workerfuzz.harness.campaigns.findings.finding import Finding
from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.result import Explored, ShardResult
from workerfuzz.harness.engines.shrink.finding_writer import counted


def campaign_lines(account: ShardResult) -> Iterator[str]:
    """The same for every scope and every engine."""
    yield first_line(account)
    done, plan = account.total, account.plan
    if account.explored is not None:
        yield explored_line(account.explored)
    yield step_line(account, done)
    for why, words in by_reason(account.cannot).items():
        yield f"{plan.subject} {account.version} has no {', '.join(words)}: {why}"
    yield from edge_lines(account, done)
    if plan.corpus:
        grown = f"{counted(account.stems, 'stem')} to grow from, {account.stems_added:,} added"
        yield f"corpus {plan.corpus}: {grown}"
    yield from finding_lines(account)


def first_line(account: ShardResult) -> str:
    """What was fuzzed, and how much."""
    done = account.total
    interrupted = ", interrupted" if account.interrupted else ""
    rate = done.steps / account.seconds if account.seconds else 0
    plan = account.plan
    what = "clusters of " if plan.scope == "cluster" else ""
    seed = "" if plan.explores else f", seed {plan.seed}"
    return (
        f"{what}{plan.subject} {account.version}, engine {plan.engine}{seed}: "
        f"{done.runs:,} runs, {done.steps:,} steps in {account.seconds:.1f} s{interrupted} "
        f"({rate:,.0f} steps/s)"
    )


#: What ended an exploration before it was complete.
ENDS: Final[Mapping[str, str]] = {
    "depth": "no longer runs were wanted",
    "states": "no more states were wanted",
    "time": "its time was over",
    "": "it was interrupted",
}


def explored_line(it: Explored) -> str:
    """How much of the space was explored."""
    said = f"{it.states:,} states, {it.transitions:,} transitions, depth {it.depth}"
    if it.is_complete:
        return f"{said}: complete"
    return f"{said}, {it.frontier:,} states not gone on from: not complete, {ENDS[it.stopped]}"


def by_reason(cannot: Mapping[str, str]) -> Mapping[str, list[str]]:
    """Kinds of step that are not there, by the reason why."""
    found: dict[str, list[str]] = {}
    for word, why in cannot.items():
        found.setdefault(why, []).append(word)
    return found


def step_line(account: ShardResult, done: Counters) -> str:
    """How often each kind of step was taken, and in how much of the time it was possible."""
    watched = max(done.watched, 1)
    said = [
        f"{word} {done.taken.get(word, 0):,} ({done.possible.get(word, 0) / watched:.0%})"
        for word in account.kinds
        if word not in account.cannot
    ]
    return f"steps taken (and possible): {', '.join(said)}"


def edge_lines(account: ShardResult, done: Counters) -> Iterator[str]:
    """What was reached of the transitions that there are, and of all there is to reach."""
    for party in ("worker", "scheduler"):
        edges = {name for name in account.expected if name.startswith(f"{party} ")}
        reached = [name for name in done.edges if name.startswith(f"{party} ")]
        if edges:
            yield f"reached {len(edges.intersection(reached))} of {len(edges)} edges of the {party}"
        elif reached:
            yield f"reached {len(reached)} edges of the {party}"
    unreached = account.unreached()
    if unreached:
        yield f"not reached, and so not tested: {', '.join(unreached)}"


def finding_lines(account: ShardResult) -> Iterator[str]:
    """Known bugs, fixed ones, and what is new; the most harmful first."""
    known = [met for met in account.met if not met.is_new]
    for met in sorted(known, key=lambda met: (met.rank, -met.times)):
        yield f"known, {counted(met.times, 'run')}: {met.known}"
    for title in account.fixed:
        yield f"fixed in {account.version}: {title}"
    for met in account.new:
        yield from found_lines(met)
    yield verdict(account.new, known)


def verdict(new: Sequence[Finding], known: Sequence[Finding]) -> str:
    """One line about all findings."""
    beside = f", {len(known)} known" if known else ""
    return (
        f"{counted(len(new), 'new finding')}{beside}" if new else f"nothing new was found{beside}"
    )


def found_lines(met: Finding) -> Iterator[str]:
    """What there is to say of one new finding."""
    yield ""
    yield f"new, {counted(met.times, 'run')}, first in run {met.run}:"
    yield from met.lines


@dataclass(frozen=True, slots=True)
class SummaryLines:
    """What a test suite tells of what it fuzzed.

    Attributes:
        fuzzed: how much of what, a line each.
        known: titles of known bugs that came up.
        failed: what was found that is new, and what went wrong; none: all is well.
        interrupted: somebody asked for the end.
    """

    fuzzed: list[str]
    known: list[str]
    failed: list[str]
    interrupted: bool


def in_suite(accounts: Sequence[ShardResult]) -> SummaryLines:
    """Of the accounts of one process of it."""
    fuzzed = [first_line(it) for it in accounts if not it.refused]
    known = [met.known for it in accounts for met in it.met if not met.is_new]
    new = [line for it in accounts for met in it.new for line in found_lines(met)]
    wrong = [line for it in accounts for line in (*it.faults, it.refused) if line]
    failed = [*(f"workerfuzz: {line}" for line in wrong), *new]
    return SummaryLines(
        fuzzed,
        [*dict.fromkeys(known)],
        [*failed, *fuzzed] if failed else [],
        any(it.interrupted for it in accounts),
    )
