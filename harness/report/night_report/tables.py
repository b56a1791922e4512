"""Tables of a night: what was checked, done and how fast, and what the night before was like."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.vocabulary import properties
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.groups import Group, system


@dataclass(frozen=True, slots=True)
class Checked:
    """A property, and what became of it.

    Attributes:
        counts: how often it was checked in the runs that were watched, by group.
        broken: runs that broke it, by group.
    """

    name: str
    kind: str
    sentence: str
    counts: tuple[int, ...]
    broken: tuple[int, ...]


def checked(groups: Sequence[Group], findings: Sequence[Finding]) -> list[Checked]:
    """Every property that was checked or broken; the broken ones first, then by kind and name."""
    every = properties()
    names = {name for group in groups for name in group.done.checked}
    names.update(finding.signature[0] for finding in findings)
    sentences = {finding.signature[0]: finding.sentence for finding in findings}
    rows = []
    for name in names:
        known = every.get(name)
        rows.append(
            Checked(
                name,
                known.kind if known is not None else "",
                known.sentence if known is not None else sentences.get(name, ""),
                tuple(group.done.checked.get(name, 0) for group in groups),
                tuple(breaks(name, group, findings) for group in groups),
            )
        )
    return sorted(rows, key=lambda checked: (not any(checked.broken), checked.kind, checked.name))


def breaks(name: str, group: Group, findings: Sequence[Finding]) -> int:
    """Runs of a group that broke a property."""
    return sum(
        finding.occurrences
        for finding in findings
        if (finding.signature[0], finding.subject, finding.scope)
        == (name, group.subject, group.scope)
    )


@dataclass(frozen=True, slots=True)
class StepKind:
    """A kind of step.

    Attributes:
        possible: in how much of the time it was possible, 0 to 1.
        taken: how often.
        share: of all steps that were taken, 0 to 1.
        why_not: why there is no way to do it here; empty where there is.
    """

    word: str
    possible: float
    taken: int
    share: float
    why_not: str


def step_kinds(group: Group) -> list[StepKind]:
    """Every kind of step there is, in the order in which worlds have them."""
    done = group.done
    watched, steps = max(done.watched, 1), max(sum(done.taken.values()), 1)
    return [
        StepKind(
            word,
            done.possible.get(word, 0) / watched,
            done.taken.get(word, 0),
            done.taken.get(word, 0) / steps,
            group.cannot.get(word, ""),
        )
        for word in group.kinds
    ]


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """A shard, or a tactic of a group."""

    name: str
    description: str
    runs: int
    steps: int
    seconds: float
    edges: int
    found: int

    @property
    def speed(self) -> float:
        """Steps per second of the time that counts here."""
        return self.steps / self.seconds if self.seconds else 0.0


def tactics(group: Group) -> list[ComparisonRow]:
    """Each tactic of a group; its time is CPU time, without shrinking."""
    by_name: dict[str, list[ShardResult]] = {}
    for shard in group.shards:
        for name in shard.counters:
            by_name.setdefault(name, []).append(shard)
    rows = []
    for name, shards in sorted(by_name.items()):
        tallies = [shard.counters[name] for shard in shards]
        edges = {edge for tally in tallies for edge in tally.edges}
        rows.append(
            ComparisonRow(
                name,
                "",
                sum(tally.runs for tally in tallies),
                sum(tally.steps for tally in tallies),
                sum(tally.seconds for tally in tallies),
                len(edges),
                sum(tally.found for tally in tallies),
            )
        )
    return rows


def shards(accounts: Sequence[ShardResult]) -> list[ComparisonRow]:
    """Each shard; its time is wall time, everything included."""
    rows = []
    for account in accounts:
        done, plan = account.total, account.plan
        told = f"{system(account)}, {plan.engine}{', interrupted' if account.interrupted else ''}"
        rows.append(
            ComparisonRow(
                str(plan.seed),
                told,
                done.runs,
                done.steps,
                account.seconds,
                len(done.edges),
                done.found,
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class NightDifference:
    """A number of this night and of the one before.

    Attributes:
        more_is_better: None where it is neither.
    """

    name: str
    now: float
    before: float
    more_is_better: bool | None = True

    @property
    def description(self) -> str:
        """``+12 %``, or ``+3`` of small numbers."""
        difference = self.now - self.before
        if not difference:
            return "the same"
        if max(self.now, self.before) < 1000 or not self.before:
            return f"{difference:+,.0f}"
        return f"{difference / self.before:+.0%}"

    @property
    def judged(self) -> str:
        """``better``, ``worse``, or neither."""
        if self.more_is_better is None or self.now == self.before:
            return ""
        return "better" if (self.now > self.before) is self.more_is_better else "worse"


@dataclass(frozen=True, slots=True)
class Compared:
    """A group beside what the same system did the night before, if it was fuzzed.

    Attributes:
        former: its name then.
        gained: *sometimes* properties that hold now, and did not.
        lost: those that held, and do not.
    """

    name: str
    former: str
    changes: tuple[NightDifference, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]


def compared(now: Sequence[Group], before: Sequence[Group]) -> Iterator[Compared]:
    """Each group whose system was fuzzed then as well."""
    former = {(group.subject, group.scope): group for group in before}
    for group in now:
        then = former.get((group.subject, group.scope))
        if then is not None:
            reached, had = (
                {*compared.done.edges, *compared.done.reached} for compared in (group, then)
            )
            yield Compared(
                group.name,
                then.name,
                tuple(changes(group, then)),
                tuple(sorted(reached - had)),
                tuple(sorted(had - reached)),
            )


def changes(now: Group, before: Group) -> Iterator[NightDifference]:
    """Yield the values that are compared."""
    yield NightDifference("runs", now.done.runs, before.done.runs, None)
    yield NightDifference("steps", now.done.steps, before.done.steps, None)
    fast, faster = (speed(group) for group in (before, now))
    yield NightDifference("steps per second and shard", faster, fast)
    for edges in now.participants():
        yield NightDifference(
            f"transitions of the {edges.participant}",
            edges.reached,
            before.edges(edges.participant).reached,
        )
    yield NightDifference(
        "not reached yet", len(now.open()), len(before.open()), more_is_better=False
    )
    yield NightDifference("runs with a violation", now.done.found, before.done.found, None)


def speed(group: Group) -> float:
    """Steps of one shard in a second of wall time."""
    return group.done.steps / max(sum(shard.seconds for shard in group.shards), 1e-9)
