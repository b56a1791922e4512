"""The display of a running campaign: a picture on a terminal, elsewhere a line at times.

Whoever runs the shards, here or in other processes, tells of their accounts about once a second.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.finding_text import harm_and_what
from workerfuzz.harness.report.live.screen import screen
from workerfuzz.harness.report.live.status import CampaignStatus, told

#: Seconds between two pictures at least, however many shards tell of themselves.
PICTURE_S: Final = 0.5

#: Seconds until the first line where there is no terminal; from one to the next it doubles,
FIRST_LINE_S: Final = 10.0

#: up to so many.
LONGEST_S: Final = 300.0


class Watcher(Protocol):
    """Somebody who is told how a campaign goes on."""

    def tell(self, account: ShardResult, met: Finding | None = None) -> None:
        """Report the progress of a shard; and a new finding, as soon as there is one."""


@contextmanager
def watching(
    budget: Budget, *, quiet: bool = False, console: Console | None = None
) -> Iterator[Watcher]:
    """Shows a campaign while this lasts, and then takes the picture away.

    Args:
        budget: of all shards together.
        quiet: nothing is shown.
        console: where; standard error, unless somebody wants it elsewhere.
    """
    where = console or Console(stderr=True, highlight=False, markup=False, soft_wrap=False)
    if quiet:
        yield Silent()
    elif where.is_terminal and not where.is_dumb_terminal:
        both = sys.stdout.isatty()  # else what is printed meanwhile goes where it was sent
        with Live(console=where, auto_refresh=False, transient=True, redirect_stdout=both) as live:
            yield LiveScreen(CampaignStatus(budget), live, where.width)
    else:
        yield Lines(CampaignStatus(budget), where)


class Silent:
    """Shows nothing."""

    def tell(self, account: ShardResult, met: Finding | None = None) -> None:
        pass


@dataclass(slots=True)
class LiveScreen:
    """Draws how it stands, in one place of the terminal.

    Attributes:
        columns: of the terminal, when it was drawn last.
        next: when it may be drawn again.
    """

    standing: CampaignStatus
    live: Live
    columns: int
    next: float = 0.0

    def tell(self, account: ShardResult, met: Finding | None = None) -> None:
        self.standing.tell(account)
        if met is not None:
            self.live.console.print(Text(new(met), "red"))
        if met is not None or account.doing or self.standing.clock() >= self.next:
            self.draw()

    def draw(self) -> None:
        """As large as the terminal is now."""
        console = self.live.console
        columns, lines = console.size
        if columns < self.columns:
            console.clear()  # lines that were wrapped meanwhile cannot be found again
        self.columns = columns
        self.live.update(screen(self.standing, columns, lines), refresh=True)
        self.next = self.standing.clock() + PICTURE_S


@dataclass(slots=True)
class Lines:
    """Says now and then how it stands.

    Attributes:
        next: when there is to be another line, in seconds since it began.
    """

    standing: CampaignStatus
    console: Console
    next: float = FIRST_LINE_S

    def tell(self, account: ShardResult, met: Finding | None = None) -> None:
        self.standing.tell(account)
        if met is not None:
            self.say(new(met))
        seconds = self.standing.seconds
        if seconds >= self.next:
            self.say(told(self.standing))
            self.next = seconds + min(seconds, LONGEST_S)

    def say(self, line: str) -> None:
        self.console.print(line, soft_wrap=True)


def new(met: Finding) -> str:
    """A new bug in one line."""
    where = f" ({met.path})" if met.path else ""
    return f"new: {met.signature[0]}: {harm_and_what(met)}{where}"
