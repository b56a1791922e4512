"""Many shards, each in a process of its own, as many at a time as there are to be.

``run_shards(plans, out, jobs=2, tell=...)`` is all there is to know:

- Plans are taken one at a time, whenever a process is free: they may come from a generator that
  makes them for as long as there is time.
- Accounts come while shards go on: ``tell`` is called with the place of the plan, its account so
  far, and what was just found, if that is why. It is called in the thread of the caller.
- It returns the last account of each plan that was begun, in the order of the plans. What a process
  said is never lost, however it ended. ``Account.faults`` says what went wrong in the harness, and
  ``Account.refused`` why a subject cannot be had; what that means is for the caller to say.
- Ctrl-C and SIGTERM end all shards with what they have; so does a ``tell`` that raises
  KeyboardInterrupt. Their accounts say so, and no further plan is taken.

A process fixes the order of sets, and contains what would take it along (``contained``). That is why
subjects of other people are always fuzzed there.
"""

import selectors
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

from workerfuzz.harness.campaigns.account import Account
from workerfuzz.harness.campaigns.carriers.carried import Carried
from workerfuzz.harness.campaigns.carriers.errand import Limits
from workerfuzz.harness.campaigns.carriers.process import Starter
from workerfuzz.harness.campaigns.met import Met
from workerfuzz.harness.campaigns.plan import Plan

#: Told of the place of a plan, its account so far, and what was just found; None: time passed.
Tell: TypeAlias = Callable[[int, Account, Met | None], None]

#: Seconds between two looks at processes that say nothing.
LOOK_S: Final = 0.5


def silent(place: int, account: Account, found: Met | None) -> None:
    """Tells nobody."""


def run_shards(
    plans: Iterable[Plan],
    out: Path | None,
    *,
    jobs: int = 1,
    tell: Tell = silent,
    python: str = sys.executable,
    limits: Limits | None = None,
) -> list[Account]:
    """Runs shards in processes; returns their accounts.

    Args:
        out: folder for cases of what is new; None: they are in the account alone.
        jobs: processes at a time.
        tell: told of each account as it comes.
        python: interpreter of the environment in which they run, with workerfuzz in it.
        limits: what a process may take; by default those of ``Limits``.
    """
    with tempfile.TemporaryDirectory(prefix="workerfuzz-") as folder, Crew(tell) as crew:
        its = limits or Limits()
        starter = Starter(out=out, folder=Path(folder), python=python, limits=its)
        with asked_to_end(crew):
            crew.work(iter(plans), starter, jobs)
    return crew.accounts()


class Crew:
    """The shards that are under way, and those that are over.

    Attributes:
        begun: all of them, in the order of their plans.
        asked: how often somebody asked for the end.
        heard: of that, how often it was done.
    """

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.begun: list[Carried] = []
        self.going: list[Carried] = []
        self.asked = 0
        self.heard = 0

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *ignored: object) -> None:
        for shard in self.going:
            shard.close()

    def accounts(self) -> list[Account]:
        return [shard.account for shard in self.begun]

    def work(self, plans: Iterator[Plan], starter: Starter, jobs: int) -> None:
        """Until all is over."""
        while True:
            while not self.asked and len(self.going) < jobs:
                plan = next(plans, None)
                if plan is None:
                    break
                self.going.append(Carried(len(self.begun), plan, starter))
                self.begun.append(self.going[-1])
            if not self.going:
                return
            try:
                self.look()
            except KeyboardInterrupt:
                self.asked += 1
            if self.heard < self.asked:
                self.stop()

    def look(self) -> None:
        """Takes in what was said, and looks after those who say nothing."""
        wait(self.going, LOOK_S)
        for shard in self.going:
            for found in shard.look(time.monotonic()):
                self.tell(shard.place, shard.account, found)
        self.going = [shard for shard in self.going if not shard.over]

    def stop(self) -> None:
        """The first time all end with what they have; the second time at once."""
        for shard in self.going:
            shard.stop(time.monotonic(), at_once=self.heard > 0)
        self.heard = self.asked


def wait(going: Iterable[Carried], seconds: float) -> None:
    """Until one of them says something, or time has passed."""
    with selectors.DefaultSelector() as selector:
        for shard in going:
            selector.register(shard.fileno(), selectors.EVENT_READ)
        selector.select(seconds)


@contextmanager
def asked_to_end(crew: Crew) -> Iterator[None]:
    """Ctrl-C and SIGTERM are noted, so that they break nothing. Only the main thread gets signals."""

    def note(*_: Any) -> None:
        crew.asked += 1

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
