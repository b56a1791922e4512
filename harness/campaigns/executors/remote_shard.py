"""A shard on a cluster: whatever becomes of the machines that it runs on, it adds up to one result.

The cluster begins a task again whose machine is lost. Here that is noticed by its first message, and
the rest of the shard is sent instead, as another task: what was found is known by then.
"""

import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from typing import Final

from msgspec import structs

from workerfuzz.harness.campaigns.executors.pool import GRACE_S
from workerfuzz.harness.campaigns.executors.protocol import Limits, ShardProgress
from workerfuzz.harness.campaigns.plan.plan import Plan, rest_of
from workerfuzz.harness.campaigns.shard.merge import continued, knowing
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.engines.findings.finding_writer import report_unshrunk

#: So often a shard is sent once more; who loses more machines than that has another problem.
MOST_LOSSES: Final = 5

#: Seconds from the end of a shard until that is known here.
ON_ITS_WAY_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteTask:
    """A shard as a task of the cluster.

    Attributes:
        name: no other task has it.
        mailbox: queue of the cluster for its progress.
        python: interpreter in which it is done; empty: that of the machine where it is done.
    """

    name: str
    mailbox: str
    plan: Plan
    python: str = ""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteMessage:
    """A progress message of a task.

    Attributes:
        task: its name.
        attempt: a task whose machine is lost is begun again elsewhere, and that is another attempt.
        progress: the first one is empty: it has begun.
    """

    task: str
    attempt: str
    progress: ShardProgress


class RemoteShard:
    """One shard. It is sent as soon as it is made.

    Attributes:
        index: of its plan among the others.
        result: so far.
        former: the result of its tasks that are gone.
        attempt: the one that sent messages; empty: none did.
        messages: since the last look.
        gone: its task is, as far as the cluster knows; set before the messages that came are read.
        hopeless: why nothing more will come; empty: something may.
        losses: how often its machine was lost.
        deadline: when it is given up; None: nobody asked for its end.
    """

    def __init__(
        self,
        index: int,
        plan: Plan,
        submit: Callable[[RemoteTask], "Future[None]"],
        *,
        mailbox: str,
        python: str = "",
        limits: Limits,
    ) -> None:
        self.index = index
        self.submit = submit
        self.result = ShardResult(plan)
        self.former: ShardResult | None = None
        self.task = RemoteTask(name="", mailbox=mailbox, plan=plan, python=python, limits=limits)
        self.messages: list[RemoteMessage] = []
        self.hopeless = ""
        self.losses = 0
        self.deadline: float | None = None
        self.over = False
        self.send(plan)

    def send(self, plan: Plan) -> None:
        self.task = replace(self.task, name=uuid.uuid4().hex, plan=plan)
        self.attempt = ""
        self.gone = False
        self.future = self.submit(self.task)

    def look(self, now: float) -> list[Finding | None]:
        """Take in the messages; return the findings, and None for each other report of progress."""
        messages, self.messages = self.messages, []
        news: list[Finding | None] = []
        for message in messages:
            if self.over or message.task != self.task.name:
                continue
            if self.attempt and message.attempt != self.attempt:
                news += self.lost("another machine began it")
                continue
            self.attempt = message.attempt
            news += self.take(message.progress)
        if self.over:
            return news
        if self.hopeless:
            return news + self.abandon(self.hopeless)
        if self.deadline is None:
            return news + self.ended() if self.gone else news
        return news + self.give_up() if now > self.deadline else news

    def take(self, progress: ShardProgress) -> list[Finding | None]:
        news: list[Finding | None] = []
        if progress.result is not None:
            result = progress.result
            self.result = result if self.former is None else continued(self.former, result)
            news.append(progress.finding)
        if progress.is_last and (self.deadline is not None or not self.result.interrupted):
            self.over = True
        return news

    def ended(self) -> list[Finding | None]:
        """The task is gone without a last message."""
        try:
            self.future.result()
        except CancelledError:
            return self.abandon("the scheduler of the cluster is gone")
        except Exception as error:  # noqa: BLE001 - of the machine that it ran on, or of the cluster
            return self.lost(f"{type(error).__name__}: {' '.join(str(error).split())}")
        return self.lost("its machine is closing")

    def lost(self, why: str) -> list[Finding | None]:
        """Send the rest of the shard elsewhere: nothing more comes from where it was."""
        self.losses += 1
        self.future.cancel()
        if self.deadline is not None:
            return self.give_up()
        if self.losses > MOST_LOSSES:
            return self.abandon(f"a shard was lost {self.losses} times, the last time: {why}")
        news = self.keep()
        self.result.interrupted = False
        plan = rest_of(
            self.task.plan,
            max(self.result.runs, self.task.plan.first),
            self.result.seconds - (self.former.seconds if self.former is not None else 0.0),
            self.result.total.seconds - (self.former.total.seconds if self.former else 0.0),
        )
        self.former = self.result
        if plan is None:
            self.over = True
        else:
            self.send(knowing(plan, self.kept()))
        return news

    def kept(self) -> ShardResult:
        """Return the result with the shrunk findings alone; others are shrunk where they occur again."""
        return structs.replace(
            self.result,
            findings=[finding for finding in self.result.findings if finding.is_minimal],
        )

    def keep(self) -> list[Finding | None]:
        """Keep, unshrunk, the findings that were being shrunk when the machine was lost."""
        found: list[Finding | None] = []
        for finding in self.result.findings:
            if finding.awaits_shrinking:
                report_unshrunk(finding)
                found.append(finding)
        return found

    def abandon(self, why: str) -> list[Finding | None]:
        """End where nobody could go on with it."""
        self.result.faults.append(why)
        return self.give_up()

    def give_up(self) -> list[Finding | None]:
        """End with the result so far."""
        self.over = True
        self.result.interrupted = True
        return self.keep() or [None]

    # Its end

    def stop(self, now: float, *, at_once: bool) -> None:
        """Tell it to end with what it has, soon; where it never began, it ends at once."""
        self.deadline = now + (0.0 if at_once or not self.attempt else GRACE_S + ON_ITS_WAY_S)
        self.future.cancel()

    def close(self) -> None:
        """Cancel its task."""
        self.future.cancel()
