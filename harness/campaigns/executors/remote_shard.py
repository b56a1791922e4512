"""A shard on a cluster: whatever becomes of the machines that it runs on, it adds up to one account.

The cluster begins a task again whose machine is lost. Here that is noticed by the first thing that it
says, and what is left of the shard is sent instead, as another task: what was found is known by then.
"""

import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from typing import Final

from msgspec import structs

from workerfuzz.harness.campaigns.executors.pool import GRACE_S
from workerfuzz.harness.campaigns.executors.protocol import Limits, ShardMessage
from workerfuzz.harness.campaigns.plan.plan import Plan, rest_of
from workerfuzz.harness.campaigns.shard.merge import continued, knowing
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.engines.findings.finding_writer import write_unshrunk

#: So often a shard is sent once more; who loses more machines than that has another problem.
MOST_LOSSES: Final = 5

#: Seconds from the end of a shard until that is known here.
ON_ITS_WAY_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteTask:
    """A shard as a task of the cluster.

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
    """A progress message of a task.

    Attributes:
        task: its name.
        attempt: a task whose machine is lost is begun again elsewhere, and that is another attempt.
        word: the first one is empty: it has begun.
    """

    task: str
    attempt: str
    word: ShardMessage


class RemoteShard:
    """One shard. It is sent as soon as it is made.

    Attributes:
        place: of its plan among the others.
        account: what it came to so far.
        before: what it came to in tasks that are gone.
        task: what was sent.
        attempt: the one that was heard of; empty: none was.
        messages: that came since somebody looked.
        gone: its task is, as far as the cluster knows; set before the messages that came are read.
        hopeless: why nothing more will come; empty: something may.
        losses: how often its machine was lost.
        deadline: when it is given up; None: nobody asked for its end.
    """

    def __init__(
        self,
        place: int,
        plan: Plan,
        submit: Callable[[RemoteTask], "Future[None]"],
        *,
        mailbox: str,
        python: str = "",
        limits: Limits,
    ) -> None:
        self.place = place
        self.submit = submit
        self.account = ShardResult(plan)
        self.before: ShardResult | None = None
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
        """Takes in what was said, and says what was found; None for each other account."""
        messages, self.messages = self.messages, []
        news: list[Finding | None] = []
        for message in messages:
            if self.over or message.task != self.task.name:
                continue
            if self.attempt and message.attempt != self.attempt:
                news += self.lost("another machine began it")
                continue
            self.attempt = message.attempt
            news += self.hear(message.word)
        if self.over:
            return news
        if self.hopeless:
            return news + self.forsaken(self.hopeless)
        if self.deadline is None:
            return news + self.ended() if self.gone else news
        return news + self.given_up() if now > self.deadline else news

    def hear(self, word: ShardMessage) -> list[Finding | None]:
        """Take in a message of the shard."""
        news: list[Finding | None] = []
        if word.account is not None:
            its = word.account
            found = its.findings[word.new] if word.new is not None else None
            self.account = continued(self.before, its) if self.before is not None else its
            news.append(found)
        if word.last and (self.deadline is not None or not self.account.interrupted):
            self.over = True
        return news

    def ended(self) -> list[Finding | None]:
        """The task is gone without a last word."""
        try:
            self.future.result()
        except CancelledError:
            return self.forsaken("the scheduler of the cluster is gone")
        except Exception as error:  # noqa: BLE001 - of the machine that it ran on, or of the cluster
            return self.lost(f"{type(error).__name__}: {' '.join(str(error).split())}")
        return self.lost("its machine is closing")

    def lost(self, why: str) -> list[Finding | None]:
        """Nothing more comes from where it was; what is left of it is sent elsewhere."""
        self.losses += 1
        self.future.cancel()
        if self.deadline is not None:
            return self.given_up()
        if self.losses > MOST_LOSSES:
            return self.forsaken(f"a shard was lost {self.losses} times, the last time: {why}")
        news = self.keep()
        self.account.interrupted = False
        plan = rest_of(
            self.task.plan,
            max(self.account.runs, self.task.plan.first),
            self.account.seconds - (self.before.seconds if self.before is not None else 0.0),
            self.account.total.seconds - (self.before.total.seconds if self.before else 0.0),
        )
        self.before = self.account
        if plan is None:
            self.over = True
        else:
            self.send(knowing(plan, self.kept()))
        return news

    def kept(self) -> ShardResult:
        """Return the result with the shrunk findings alone; others are shrunk where they occur again."""
        return structs.replace(
            self.account, findings=[it for it in self.account.findings if it.is_minimal]
        )

    def keep(self) -> list[Finding | None]:
        """Keep, unshrunk, the findings that were being shrunk when the machine was lost."""
        found: list[Finding | None] = []
        for it in self.account.findings:
            if it.awaits_shrinking:
                write_unshrunk(it, None)
                found.append(it)
        return found

    def forsaken(self, why: str) -> list[Finding | None]:
        """Nobody is there any more who could go on with it."""
        self.account.faults.append(why)
        return self.given_up()

    def given_up(self) -> list[Finding | None]:
        """It ends with what was heard of it."""
        self.over = True
        self.account.interrupted = True
        return self.keep() or [None]

    # Its end

    def stop(self, now: float, *, at_once: bool) -> None:
        """It is to end with what it has, soon; where it never began, that is now."""
        self.deadline = now + (0.0 if at_once or not self.attempt else GRACE_S + ON_ITS_WAY_S)
        self.future.cancel()

    def close(self) -> None:
        """Its task is not wanted any more."""
        self.future.cancel()
