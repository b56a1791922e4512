"""The display of a running campaign: on a terminal it is drawn in place, elsewhere a line at times.

Shards, in this process or in others, report their results about once a second.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.finding_text import harm_and_what
from workerfuzz.harness.report.groups import Group, steps_per_second
from workerfuzz.harness.report.live.status import (
    CampaignStatus,
    ShardKey,
    clock_time,
    shard_key,
    status_line,
    time_line,
)

#: Seconds between two pictures at least, however many shards report.
PICTURE_S: Final = 0.5

#: Seconds until the first line where there is no terminal; from one to the next it doubles,
FIRST_LINE_S: Final = 10.0

#: up to so many.
LONGEST_S: Final = 300.0

#: New findings that are drawn.
MOST_FINDINGS: Final = 5


class CampaignDisplay(Protocol):
    """Shows the progress of a campaign."""

    def show(self, result: ShardResult, finding: Finding | None = None) -> None:
        """Show the result of a shard so far; and a new finding, as soon as there is one."""


@contextmanager
def campaign_display(
    budget: Budget, *, quiet: bool = False, console: Console | None = None
) -> Iterator[CampaignDisplay]:
    """Show a campaign while this lasts, and then take the picture away.

    Args:
        budget: of all shards together.
        quiet: nothing is shown.
        console: by default one on standard error.
    """
    where = console or Console(stderr=True, highlight=False, markup=False, soft_wrap=False)
    if quiet:
        yield NoDisplay()
    elif where.is_terminal and not where.is_dumb_terminal:
        with CampaignProgress(CampaignStatus(budget), where) as progress:
            yield progress
    else:
        yield CampaignLines(CampaignStatus(budget), where)


class NoDisplay:
    """Shows nothing."""

    def show(self, result: ShardResult, finding: Finding | None = None) -> None:
        pass


class CampaignProgress(Progress):
    """A bar for the budget of a campaign and one for each shard; between them, coverage and findings."""

    def __init__(self, status: CampaignStatus, console: Console) -> None:
        self.status = status
        self.shards: dict[ShardKey, TaskID] = {}
        self.columns_drawn = console.width
        self.next_s = 0.0
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[counts]}", markup=False),
            console=console,
            auto_refresh=False,  # no thread draws: others may fork
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # else what is printed goes where it was sent
            get_time=status.clock,
            expand=True,
        )
        self.campaign = self.add_task("", total=1.0, counts="")

    def show(self, result: ShardResult, finding: Finding | None = None) -> None:
        """Show the result of a shard so far; and a new finding, as soon as there is one."""
        status, plan = self.status, result.plan
        status.update(result)
        counts = f"{status.runs:,} runs, {status.steps:,} steps, {status.speed:,.0f} steps/s"
        self.update(
            self.campaign, description=time_line(status), completed=status.share(), counts=counts
        )
        key = shard_key(result)
        if key not in self.shards:
            name = f"{plan.seed} {plan.subject} {plan.scope} {plan.engine}"
            self.shards[key] = self.add_task(name, total=1.0, counts="")
        used = plan.budget.used(result.seconds, result.total.seconds, result.runs - plan.first)
        self.update(self.shards[key], completed=used, visible=used < 1, counts=shard_counts(result))
        if finding is not None:
            self.console.print(Text(finding_line(finding), "red"))
        if finding is not None or result.doing or status.clock() >= self.next_s:
            self.draw()

    def refresh(self) -> None:
        """Draw nothing: a task that is added is drawn with the next result."""

    def draw(self) -> None:
        if self.console.width < self.columns_drawn:
            self.console.clear()  # lines that were wrapped meanwhile cannot be found again
        self.columns_drawn = self.console.width
        super().refresh()
        self.next_s = self.status.clock() + PICTURE_S

    def get_renderables(self) -> Iterator[RenderableType]:
        yield self.make_tasks_table(self.tasks[:1])
        for group in self.status.groups():
            yield from group_lines(group, self.status)
        yield from finding_lines(self.status.findings())
        if len(self.shards) > 1:
            yield self.make_tasks_table(self.tasks[1:])


def group_lines(group: Group, status: CampaignStatus) -> Iterator[Text]:
    """The coverage of one system, and the activity of its shards beside their runs."""
    yield line("", group.name, "bold")
    edges = ", ".join(map(str, group.participants())) or "none yet"
    since = status.seconds - status.newest.get(group.name, status.seconds)
    yield line("edges", f"{edges}; the last new one {clock_time(since)} ago")
    yield line("rarest", ", ".join(f"{name} {count:,}" for name, count in group.rarest()))
    open_ = group.open()
    yield line("open", f"{len(open_)}: {', '.join(open_)}" if open_ else "none")
    for result in group.shards:
        if result.doing:
            seed = f" (seed {result.plan.seed})" if len(group.shards) > 1 else ""
            yield line("now", f"{result.doing}{seed}")


def finding_lines(findings: Sequence[Finding]) -> Iterator[Text]:
    """The number of findings, and the new ones."""
    new = [finding for finding in findings if finding.is_new]
    counts = f"{len(new)} new, {len(findings) - len(new)} known"
    yield line("found", counts, "bold red" if new else "green")
    for finding in new[:MOST_FINDINGS]:
        yield line("", f"{finding.signature.property}: {harm_and_what(finding)}")


def line(name: str, text: str, style: str = "") -> Text:
    """A line of the display: it ends with an ellipsis where it does not fit."""
    return Text.assemble(
        (f"{name:7}" if name else "", "dim"), (text, style), no_wrap=True, overflow="ellipsis"
    )


def shard_counts(result: ShardResult) -> str:
    """The counts of one shard."""
    new = len(result.new)
    return (
        f"{result.runs:,} runs, {steps_per_second(result):,.0f} steps/s, "
        f"{len(result.total.edges)} edges, {new} new, {len(result.findings) - new} known"
    )


@dataclass(slots=True)
class CampaignLines:
    """Prints the status of a campaign now and then, where there is no terminal.

    Attributes:
        next_s: when there is to be another line, in seconds since it began.
    """

    status: CampaignStatus
    console: Console
    next_s: float = FIRST_LINE_S

    def show(self, result: ShardResult, finding: Finding | None = None) -> None:
        self.status.update(result)
        if finding is not None:
            self.console.print(finding_line(finding), soft_wrap=True)
        seconds = self.status.seconds
        if seconds >= self.next_s:
            self.console.print(status_line(self.status), soft_wrap=True)
            self.next_s = seconds + min(seconds, LONGEST_S)


def finding_line(finding: Finding) -> str:
    """A new finding in one line."""
    where = f" ({finding.path})" if finding.path else ""
    return f"new: {finding.signature.property}: {harm_and_what(finding)}{where}"
