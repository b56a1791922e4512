"""Result of a campaign of several phases and shards: plain data from which reports are made."""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding, merge_findings
from workerfuzz.harness.subjects import declaration

#: Version of what is written to the disk. A newer one is refused.
FORMAT: Final = 1


class Phase(msgspec.Struct):
    """One part of a campaign.

    Attributes:
        name: ``canary``, ``replay``, ``known``, ``fuzz``, ``mutants``, ``minimise`` or ``report``.
        lines: its report.
        red: why it failed, a line each; none: it did not.
        seconds: wall time.
    """

    name: str
    lines: list[str] = msgspec.field(default_factory=list, name="told")
    red: list[str] = msgspec.field(default_factory=list)
    seconds: float = 0.0


@dataclass(slots=True)
class Night:
    """A campaign: its targets and budget, its phases so far, and the results of its shards.

    Attributes:
        seed: from which the seeds of all shards follow.
        began: date and time, UTC, as ISO 8601 writes it.
        targets: what is fuzzed.
        ended: the same; empty while it goes on.
        versions: of each subject that was fuzzed, and of ``workerfuzz``.
        shards: the result of each shard, in the order of their seeds.
        before: names of the findings that its folder had when it began.
        fixed: findings and known bugs that do not break any more, a line each.
        rounds: how often each target has its turn.
        python: interpreter in whose environment all is fuzzed; empty: this one.
        interrupted: it was ended before its budget was spent.
        trial_fixes: that are in place where a system is fuzzed which has any.
    """

    seed: int
    began: str
    budget: Budget = field(default_factory=Budget)
    targets: list[Target] = field(default_factory=list)
    ended: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    phases: list[Phase] = field(default_factory=list)
    shards: list[ShardResult] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)
    rounds: int = 1
    python: str = ""
    interrupted: bool = False
    trial_fixes: list[str] = field(default_factory=list)
    format: int = FORMAT

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.began[:19].replace(':', '-')}-{self.seed}"

    def fixes_of(self, subject: str) -> tuple[str, ...]:
        """Trial fixes that are in place where a subject is fuzzed."""
        return tuple(self.trial_fixes) if declaration(subject).fixes else ()

    def phase(self, name: str) -> Phase:
        """The part of that name, which may not have begun."""
        for phase in self.phases:
            if phase.name == name:
                return phase
        self.phases.append(Phase(name))
        return self.phases[-1]

    @property
    def red(self) -> list[str]:
        """Why the night is red, a line each; none: it is green."""
        return [f"{phase.name}: {why}" for phase in self.phases for why in phase.red]

    @property
    def new(self) -> list[Finding]:
        """New findings, most harmful first."""
        return [finding for finding in self.findings if finding.is_new]

    @property
    def findings(self) -> list[Finding]:
        """Each bug once, however many shards found it; new and harmful ones first."""
        return merge_findings(finding for shard in self.shards for finding in shard.findings)
