"""What passes between a campaign and the tasks of a cluster that run its shards: plain data."""

from dataclasses import dataclass, field

from workerfuzz.harness.campaigns.executors.protocol import Limits, ShardMessage
from workerfuzz.harness.campaigns.plan.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteTask:
    """What is to be done.

    Attributes:
        name: no other task has it.
        mailbox: where it tells how far it is.
        python: interpreter in which it is done; empty: that of the machine where it is done.
    """

    name: str
    mailbox: str
    plan: Plan
    python: str = ""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteMessage:
    """How far a task is.

    Attributes:
        task: its name.
        attempt: a task whose machine is lost is begun again elsewhere, and that is another attempt.
        word: the first one is empty: it has begun.
    """

    task: str
    attempt: str
    word: ShardMessage
