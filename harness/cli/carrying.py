"""Where a campaign runs that a command begins: here, in processes, or on a cluster."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workerfuzz.harness.cli.options import REFERENCE


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is done, and where.

    Attributes:
        carry: does it; given who is told of accounts, and of what was found. Returns what it came to.
        where: in words; empty for here.
    """

    plan: Any
    carry: Callable[[Callable[..., None]], Any]
    where: str = ""

    def __str__(self) -> str:
        return f"{self.plan}{f', {self.where}' if self.where else ''}"


def carried(
    plan: Any, out: Path, jobs: int | None, python: str | None, memory: float | None
) -> Campaign:
    """The reference is fuzzed here, unless somebody wants otherwise; all else in processes."""
    if plan.subject == REFERENCE and jobs is None and python is None:
        return here(plan, out)
    return in_processes(plan, out, jobs or 1, python, memory)


def here(plan: Any, out: Path) -> Campaign:
    """One shard in this process. Raises SubjectUnavailable."""
    from workerfuzz.harness.campaigns.engines import fill
    from workerfuzz.harness.campaigns.shard import open_shard

    shard = open_shard(plan, out)

    def carry(tell: Callable[..., None]) -> Any:
        shard.tell = lambda met: tell(shard.account, met)
        return fill(shard)

    return Campaign(plan, carry)


def in_processes(
    plan: Any, out: Path, jobs: int, python: str | None, memory: float | None
) -> Campaign:
    """So many shards, each in a process of its own. Raises CannotCarry."""
    import sys

    from workerfuzz.harness.campaigns.carriers.errand import Limits
    from workerfuzz.harness.campaigns.carriers.interpreter import interpreter
    from workerfuzz.harness.campaigns.carriers.processes import run_shards
    from workerfuzz.harness.campaigns.plan import shards
    from workerfuzz.harness.campaigns.together import together

    path = interpreter(python, plan.subject) if python is not None else sys.executable
    limits = Limits() if memory is None else Limits(memory_nbytes=int(memory * 2**30) or None)
    plans = shards(plan, jobs)

    def carry(tell: Callable[..., None]) -> Any:
        def told(place: int, account: Any, found: Any) -> None:
            tell(account, found)

        accounts = run_shards(plans, out, jobs=jobs, tell=told, python=path, limits=limits)
        account = accounts[0] if len(plans) == len(accounts) == 1 else together(plan, accounts)
        account.interrupted = account.interrupted or len(accounts) < len(plans)
        return account

    where = f"{len(plans)} processes" if len(plans) > 1 else ""
    return Campaign(plan, carry, where)
