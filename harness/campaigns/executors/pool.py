"""The shards of a campaign while they run somewhere else: some at a time, until all are over."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Generic, Protocol, TypeVar

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.executor import ProgressCallback
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding

#: Seconds between two looks at shards that say nothing.
LOOK_S: Final = 0.5

#: Seconds that a shard has to end with what it has; it may be shrinking.
GRACE_S: Final = 20.0


class PoolMember(Protocol):
    """One shard, wherever it runs.

    Attributes:
        place: of its plan among the others.
        account: what it came to so far.
        over: nothing more will come.
    """

    place: int
    account: ShardResult

    @property
    def over(self) -> bool: ...

    def look(self, now: float) -> list[Finding | None]:
        """Takes in what was said, and says what was found; None for each other account."""

    def stop(self, now: float, *, at_once: bool) -> None:
        """It is to end with what it has, soon."""

    def close(self) -> None:
        """Nothing of it goes on afterwards."""


M = TypeVar("M", bound=PoolMember)


class Pool(Generic[M]):
    """The shards that are under way, and those that are over.

    Attributes:
        begin: begins the shard of a plan, whose place is given.
        wait: until one of them says something, or so many seconds have passed.
        tell: told of each account as it comes.
        begun: all of them, in the order of their plans.
        asked: how often somebody asked for the end.
        heard: of that, how often it was done.
    """

    def __init__(
        self,
        begin: Callable[[int, Plan], M],
        wait: Callable[[Sequence[M], float], None],
        tell: ProgressCallback,
    ) -> None:
        self.begin = begin
        self.wait = wait
        self.tell = tell
        self.begun: list[M] = []
        self.going: list[M] = []
        self.asked = 0
        self.heard = 0

    def __enter__(self) -> "Pool[M]":
        return self

    def __exit__(self, *ignored: object) -> None:
        for shard in self.going:
            shard.close()

    def accounts(self) -> list[ShardResult]:
        return [shard.account for shard in self.begun]

    def work(self, plans: Iterator[Plan], jobs: int, is_over: Callable[[], bool]) -> None:
        """Until all is over, or is to be."""
        while True:
            while not self.asked and len(self.going) < jobs:
                plan = next(plans, None)
                if plan is None:
                    break
                self.going.append(self.begin(len(self.begun), plan))
                self.begun.append(self.going[-1])
            if not self.going:
                return
            try:
                self.look()
            except KeyboardInterrupt:
                self.asked += 1
            if not self.asked and is_over():
                self.asked += 1
            if self.heard < self.asked:
                self.stop()

    def look(self) -> None:
        """Takes in what was said, and looks after those who say nothing."""
        self.wait(self.going, LOOK_S)
        try:
            for shard in self.going:
                for found in shard.look(time.monotonic()):
                    self.tell(shard.place, shard.account, found)
        finally:  # however much is told
            self.going = [shard for shard in self.going if not shard.over]

    def stop(self) -> None:
        """The first time all end with what they have; the second time at once."""
        for shard in self.going:
            shard.stop(time.monotonic(), at_once=self.asked > 1)
        self.heard = self.asked

    @contextmanager
    def hearing_signals(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM are noted, so that they break nothing. Only the main thread gets any."""

        def note(*_: object) -> None:
            self.asked += 1

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {it: signal.signal(it, note) for it in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
