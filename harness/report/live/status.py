"""The status of a running campaign: the last results of its shards, and the budget that is left."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.engines.findings.finding import Finding, merge_findings
from workerfuzz.harness.report.groups import Group, groups, steps_per_second, system


@dataclass(slots=True)
class CampaignStatus:
    """The status of a running campaign.

    Attributes:
        budget: of all shards together.
        clock: seconds of wall time.
        shards: what each shard told last, in the order in which they began.
        edges: transitions that were taken, by the name of the system.
        newest: when the last of these came, in seconds since it began.
    """

    budget: Budget
    clock: Callable[[], float] = time.monotonic
    shards: dict[tuple[object, ...], ShardResult] = field(default_factory=dict)
    edges: dict[str, set[str]] = field(default_factory=dict)
    newest: dict[str, float] = field(default_factory=dict)
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def tell(self, account: ShardResult) -> None:
        """A shard has come that far."""
        plan, name = account.plan, system(account)
        self.shards[plan.subject, plan.scope, plan.engine, plan.seed, plan.first] = account
        edges = self.edges.setdefault(name, set())
        before = len(edges)
        edges.update(*(tally.edges for tally in account.counters.values()))
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
        return sum(tally.runs for it in self.shards.values() for tally in it.counters.values())

    @property
    def steps(self) -> int:
        return sum(tally.steps for it in self.shards.values() for tally in it.counters.values())

    @property
    def speed(self) -> float:
        """Steps per second of all shards."""
        return sum(map(steps_per_second, self.shards.values()))

    def findings(self) -> list[Finding]:
        """Each bug that came up once."""
        return merge_findings(it for account in self.shards.values() for it in account.findings)

    def limits(self) -> list[tuple[float, float]]:
        """Return limit and use of each limited resource."""
        cpu_s = sum(tally.seconds for it in self.shards.values() for tally in it.counters.values())
        budget = self.budget
        used = (
            (budget.seconds, self.seconds),
            (budget.cpu_s, cpu_s),
            (budget.most_runs, self.runs),
        )
        return [(limit, spent) for limit, spent in used if limit]

    def share(self) -> float:
        """Return the used share of the scarcest resource, from 0 to 1."""
        return min(max((used / limit for limit, used in self.limits()), default=0.0), 1.0)

    def left(self) -> float | None:
        """Seconds that are left, if it goes on as it did; None as long as nobody can say."""
        left = [self.seconds * (limit - used) / used for limit, used in self.limits() if used]
        return max(min(left), 0.0) if left else None


def clock_time(seconds: float) -> str:
    """``1:23`` or ``2:01:23``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def time_line(standing: CampaignStatus) -> str:
    """``1:23, 3:37 left``."""
    left = standing.left()
    return clock_time(standing.seconds) + (f", {clock_time(left)} left" if left is not None else "")


def told(standing: CampaignStatus) -> str:
    """Return the status in one line."""
    edges = [str(party) for group in standing.groups() for party in group.parties()]
    new = [met for met in standing.findings() if met.is_new]
    return ", ".join(
        (
            time_line(standing),
            f"{standing.runs:,} runs",
            f"{standing.steps:,} steps ({standing.speed:,.0f}/s)",
            f"edges: {' and '.join(edges) or 'none'}",
            f"{sum(len(group.open()) for group in standing.groups())} never reached",
            f"{counted(len(new), 'new finding')}, {len(standing.findings()) - len(new)} known",
        )
    )
