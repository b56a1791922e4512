"""Messages between a worker process and the one that started it: lines of JSON."""

from dataclasses import dataclass, field
from typing import Final

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding

#: Version of these lines. Both sides must have the same.
FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of a worker process, beyond which it is ended.

    Attributes:
        step_s: CPU time of one step. In a cluster, a shard itself gives up Python code sooner.
        rest_s: CPU time of all of coming to rest.
        silent_s: wall time without a step, or a word, or the end. A process that is busy has ten times
            as much: the machine may be busy, too.
        memory_nbytes: address space that it may take beside what Python itself takes; None: no limit.
    """

    step_s: float = 10.0
    rest_s: float = 45.0
    silent_s: float = 120.0
    memory_nbytes: int | None = 4 << 30

    def is_silent(self, wall_s: float, cpu_s: float) -> bool:
        """Nothing was heard for so long, in which so much CPU time was used: nothing will come."""
        busy = cpu_s >= self.step_s / 10
        return wall_s >= self.silent_s * (10 if busy else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRequest:
    """The first line: what is to be done.

    Attributes:
        out: folder for cases of what is new; empty: they are in the account alone.
        parent: process that asks for it, without which there is nobody to tell.
        box: file for what is under way.
        finding: a bug to be kept, with the case of all its steps; None: the shard is to be run.
        outside: what ended the process may have come from outside: if the steps do not show it, it
            was no bug.
    """

    plan: Plan
    out: str
    parent: int
    box: str
    limits: Limits = field(default_factory=Limits)
    finding: Finding | None = None
    outside: bool = False
    format: int = FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardMessage:
    """A line of the answer: how far it is, or why it does not go on.

    Attributes:
        account: of the shard, so far.
        new: place in ``account.findings`` of what was just found.
        kept: what became of the bug that was to be kept; None: its steps do not show it.
        refused: the subject cannot be had there.
        fault: the harness failed.
        last: nothing follows.
    """

    account: ShardResult | None = None
    new: int | None = None
    kept: Finding | None = None
    refused: str = ""
    fault: str = ""
    last: bool = False
    format: int = FORMAT
