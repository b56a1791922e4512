"""The shards of a campaign while they run somewhere else: some at a time, until all are over."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final, Generic, Protocol, TypeVar

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.executor import ProgressCallback
from workerfuzz.harness.campaigns.shard.interruptions import handling_interruptions
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding

#: Seconds between two looks at shards that report nothing.
LOOK_S: Final = 0.5

#: Seconds that a shard has to end with what it has; it may be shrinking.
GRACE_S: Final = 20.0


class PoolMember(Protocol):
    """One shard, wherever it runs.

    Attributes:
        index: of its plan among the others.
        result: so far.
        over: nothing more will come.
    """

    index: int
    result: ShardResult

    @property
    def over(self) -> bool: ...

    def look(self, now: float) -> list[Finding | None]:
        """Take in its reports; return the findings, and None for each other report of progress."""

    def stop(self, now: float, *, at_once: bool) -> None:
        """Tell it to end with what it has, soon."""

    def close(self) -> None:
        """End it."""


M = TypeVar("M", bound=PoolMember)


class Pool(Generic[M]):
    """The shards that are under way, and those that are over.

    Attributes:
        begin: begins the shard of a plan, whose index is given.
        wait: returns when one of them reports something, or so many seconds have passed.
        on_progress: called with each result as it comes.
        begun: all of them, in the order of their plans.
        running: those that are not over.
        interruptions: how often somebody asked for the end.
        stops: how often the shards were told.
    """

    def __init__(
        self,
        begin: Callable[[int, Plan], M],
        wait: Callable[[Sequence[M], float], None],
        on_progress: ProgressCallback,
    ) -> None:
        self.begin = begin
        self.wait = wait
        self.on_progress = on_progress
        self.begun: list[M] = []
        self.running: list[M] = []
        self.interruptions = 0
        self.stops = 0

    def __enter__(self) -> "Pool[M]":
        return self

    def __exit__(self, *ignored: object) -> None:
        for shard in self.running:
            shard.close()

    def results(self) -> list[ShardResult]:
        return [shard.result for shard in self.begun]

    def work(self, plans: Iterator[Plan], jobs: int, is_over: Callable[[], bool]) -> None:
        """Run shards until there is no plan left, or somebody asks for the end."""
        while True:
            while not self.interruptions and len(self.running) < jobs:
                plan = next(plans, None)
                if plan is None:
                    break
                self.running.append(self.begin(len(self.begun), plan))
                self.begun.append(self.running[-1])
            if not self.running:
                return
            try:
                self.look()
            except KeyboardInterrupt:
                self.interruptions += 1
            if not self.interruptions and is_over():
                self.interruptions += 1
            if self.stops < self.interruptions:
                self.stop()

    def look(self) -> None:
        """Take in the reports of shards, and look after those that report nothing."""
        self.wait(self.running, LOOK_S)
        try:
            for shard in self.running:
                for finding in shard.look(time.monotonic()):
                    self.on_progress(shard.index, shard.result, finding)
        finally:  # whatever a callback raises
            self.running = [shard for shard in self.running if not shard.over]

    def stop(self) -> None:
        """End all shards: the first time with what they have, the second time at once."""
        for shard in self.running:
            shard.stop(time.monotonic(), at_once=self.interruptions > 1)
        self.stops = self.interruptions

    @contextmanager
    def noting_signals(self) -> Iterator[None]:
        """Note Ctrl-C and SIGTERM, so that they break nothing. Only the main thread gets any."""

        def note(number: int, frame: FrameType | None) -> None:
            self.interruptions += 1

        with handling_interruptions(note):
            yield
