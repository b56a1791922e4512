"""Requests to a worker process and its replies: lines of JSON."""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

import msgspec

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding

#: Version of these lines. Both sides must have the same.
FORMAT: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of a worker process, beyond which it is ended.

    Attributes:
        step_s: CPU time of one step. In a cluster, a shard itself gives up Python code sooner.
        rest_s: CPU time of all of coming to rest.
        silent_s: wall time without a step, a message, or the end. A process that is busy has ten times
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


class RunShard(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Run the shard of a plan.

    Attributes:
        log: file of the write-ahead log.
    """

    plan: Plan
    log: str
    limits: Limits = field(default_factory=Limits)


class ReproduceCrash(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Show and shrink a finding that may end the process.

    Its result is a list of one ``Finding``; of None where the steps do not show it.

    Attributes:
        finding: it has the case of all its steps.
        is_doubtful: something outside may have ended the process: if the steps do not show the
            finding, there was none.
        log, limits: as in ``RunShard``.
    """

    plan: Plan
    finding: Finding
    is_doubtful: bool
    log: str
    limits: Limits = field(default_factory=Limits)


class ListTargets(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """List what can be fuzzed; the arguments are those of ``targets``.

    Its result is a list of pairs: a ``Target``, and the version of its subject.
    """

    subjects: list[str]
    scope: str | None


class MinimiseCorpus(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Minimise the entries of one target in a corpus folder; its result is a ``Minimised``."""

    folder: str
    target: Target


Request: TypeAlias = RunShard | ReproduceCrash | ListTargets | MinimiseCorpus


class ShardProgress(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Progress of a shard.

    Attributes:
        result: so far; None: the shard has begun, or its subject is not there yet.
        new: index in ``result.findings`` of what was just found.
        is_last: the shard is over.
    """

    result: ShardResult | None = None
    new: int | None = None
    is_last: bool = False

    @property
    def finding(self) -> Finding | None:
        """The finding that was just made."""
        return self.result.findings[self.new] if self.result and self.new is not None else None


class RequestDone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The request is done.

    Attributes:
        result: as JSON, of the type that follows from the request.
    """

    result: msgspec.Raw


class RequestRefused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The request cannot be done there; says in a line why."""

    reason: str


class HarnessFailed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The harness itself failed.

    Attributes:
        result: of the shard until then.
    """

    description: str
    result: ShardResult | None = None


Reply: TypeAlias = ShardProgress | RequestDone | RequestRefused | HarnessFailed


class RequestLine(msgspec.Struct, frozen=True, kw_only=True):
    """The line on standard input of a worker process.

    Attributes:
        parent: process that started it, with which it ends.
    """

    request: Request
    parent: int
    format: int = FORMAT


class ReplyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line on standard output of a worker process."""

    reply: Reply
    format: int = FORMAT
