"""The status of a running campaign: the last results of its shards, and the budget that is left."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.engines.findings.finding import Finding, merge_findings
from workerfuzz.harness.report.groups import Group, groups, steps_per_second, system

#: Subject, scope, engine, seed and first run.
ShardKey = tuple[str, str, str, int, int]


def shard_key(result: ShardResult) -> ShardKey:
    """Key that distinguishes a shard of a campaign from the others."""
    plan = result.plan
    return plan.subject, plan.scope, plan.engine, plan.seed, plan.first


@dataclass(slots=True)
class CampaignStatus:
    """The status of a running campaign.

    Attributes:
        budget: of all shards together.
        clock: seconds of wall time.
        shards: the last result of each, in the order in which they began.
        edges: transitions that were taken, by the name of the system.
        newest: when the last of these came, in seconds since it began.
    """

    budget: Budget
    clock: Callable[[], float] = time.monotonic
    shards: dict[ShardKey, ShardResult] = field(default_factory=dict)
    edges: dict[str, set[str]] = field(default_factory=dict)
    newest: dict[str, float] = field(default_factory=dict)
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def update(self, result: ShardResult) -> None:
        """Take in the result of a shard."""
        self.shards[shard_key(result)] = result
        name = system(result)
        edges = self.edges.setdefault(name, set())
        before = len(edges)
        edges.update(*(tally.edges for tally in result.counters.values()))
        if len(edges) > before:
            self.newest[name] = self.seconds

    def groups(self) -> list[Group]:
        """The shards by what they fuzz."""
        return groups(self.shards.values())

    @property
    def seconds(self) -> float:
        """Wall time since it began."""
        return self.clock() - self.began

    @property
    def runs(self) -> int:
        return sum(result.total.runs for result in self.shards.values())

    @property
    def steps(self) -> int:
        return sum(result.total.steps for result in self.shards.values())

    @property
    def speed(self) -> float:
        """Steps per second of all shards."""
        return sum(map(steps_per_second, self.shards.values()))

    def findings(self) -> list[Finding]:
        """Each bug that came up once."""
        return merge_findings(
            finding for result in self.shards.values() for finding in result.findings
        )

    def share(self) -> float:
        """Return the used share of the budget, from 0 to 1."""
        cpu_s = sum(result.total.seconds for result in self.shards.values())
        return min(self.budget.used(self.seconds, cpu_s, self.runs), 1.0)

    def left(self) -> float | None:
        """Seconds that are left, if it goes on as it did; None as long as nobody can say."""
        share = self.share()
        return self.seconds * (1 / share - 1) if share else None


def clock_time(seconds: float) -> str:
    """``1:23`` or ``2:01:23``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def time_line(status: CampaignStatus) -> str:
    """``1:23, 3:37 left``."""
    left = status.left()
    return clock_time(status.seconds) + (f", {clock_time(left)} left" if left is not None else "")


def status_line(status: CampaignStatus) -> str:
    """Return the status in one line."""
    edges = [str(participant) for group in status.groups() for participant in group.participants()]
    findings = status.findings()
    new = sum(finding.is_new for finding in findings)
    return ", ".join(
        (
            time_line(status),
            f"{status.runs:,} runs",
            f"{status.steps:,} steps ({status.speed:,.0f}/s)",
            f"edges: {' and '.join(edges) or 'none'}",
            f"{sum(len(group.open()) for group in status.groups())} never reached",
            f"{counted(new, 'new finding')}, {len(findings) - new} known",
        )
    )
