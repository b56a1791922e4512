"""A shard in another process: what it says adds up to one account, however the process ends."""

import signal
from collections.abc import Callable, Iterator
from typing import Final

from workerfuzz.harness.campaigns.account import Account
from workerfuzz.harness.campaigns.carriers.errand import FORMAT, Word
from workerfuzz.harness.campaigns.carriers.process import ShardProcess
from workerfuzz.harness.campaigns.met import Met
from workerfuzz.harness.campaigns.plan import Plan
from workerfuzz.harness.campaigns.wire import Unreadable

#: Seconds that a shard has to end with what it has; it may be shrinking.
GRACE_S: Final = 20.0


class Carried:
    """One shard. It begins as soon as it is made.

    Attributes:
        place: of its plan among the others.
        account: what it came to so far.
        over: nothing more will come.
        start: makes a process for a plan.
        deadline: when it is ended if it has not ended by then; None: nobody asked it to.
    """

    def __init__(self, place: int, plan: Plan, start: Callable[[Plan], ShardProcess]) -> None:
        self.place = place
        self.account = Account(plan)
        self.over = False
        self.deadline: float | None = None
        self.process = start(plan)

    def fileno(self) -> int:
        return self.process.fileno()

    def look(self, now: float) -> Iterator[Met | None]:
        """Takes in what was said; yields what was found, or None for each other account."""
        try:
            for word in self.process.words():
                yield from self.take(word)
        except Unreadable as error:
            self.account.faults.append(f"its process says what nobody understands: {error}")
            self.process.kill()
        if self.process.ended:
            self.ended()
        elif self.deadline is not None and now > self.deadline:
            self.process.kill()

    def take(self, word: Word) -> Iterator[Met | None]:
        if word.format != FORMAT:
            raise Unreadable(f"format {word.format} of shards, where {FORMAT} was expected")
        if word.account is not None:
            self.account = word.account
            yield self.account.met[word.new] if word.new is not None else None
        if word.fault:
            self.account.faults.append(f"the harness failed, {word.fault}")
        self.account.refused = word.refused

    def ended(self) -> None:
        """Its process is gone."""
        if self.process.status != 0 and self.deadline is None and not self.account.faults:
            words = self.process.last_words().rpartition("\n")[2]
            said = f"; its last words: {words}" if words else ""
            self.account.faults.append(f"the process {how(self.process.status)}{said}")
        self.account.interrupted = self.account.interrupted or self.process.status != 0
        self.close()

    def stop(self, now: float, *, at_once: bool = False) -> None:
        """It is to end with what it has, soon."""
        self.deadline = now if at_once else now + GRACE_S
        if at_once:
            self.process.kill()
        else:
            self.process.stop()

    def close(self) -> None:
        self.over = True
        self.process.close()


def how(status: int) -> str:
    """A process ended, by what ``wait`` says of it."""
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"
