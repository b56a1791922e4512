"""What passes between a process that runs a shard and the one that started it: lines of JSON."""

from dataclasses import dataclass, field
from typing import Final

from workerfuzz.harness.campaigns.account import Account
from workerfuzz.harness.campaigns.plan import Plan

#: Version of these lines. Both sides must have the same.
FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a process may take before it is ended.

    Attributes:
        step_s: CPU time of one step. A shard itself gives up Python code after half of that.
        rest_s: CPU time of all of coming to rest.
        silent_s: wall time without a step, or a word, or the end.
        memory_nbytes: address space that it may take beside what Python itself takes; None: no limit.
    """

    step_s: float = 10.0
    rest_s: float = 45.0
    silent_s: float = 300.0
    memory_nbytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """The first line: what is to be done.

    Attributes:
        out: folder for cases of what is new; empty: they are in the account alone.
        parent: process that asks for it, without which there is nobody to tell.
        box: file for what is under way; empty: nowhere.
    """

    plan: Plan
    out: str
    parent: int
    box: str = ""
    limits: Limits = field(default_factory=Limits)
    format: int = FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A line of the answer: how far it is, or why it does not go on.

    Attributes:
        account: of the shard, so far.
        new: place in ``account.met`` of what was just found.
        refused: the subject cannot be had there.
        fault: the harness failed.
    """

    account: Account | None = None
    new: int | None = None
    refused: str = ""
    fault: str = ""
    format: int = FORMAT
