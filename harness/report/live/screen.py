"""The picture of a running campaign on a terminal; as wide as that is, with or without colours."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from rich.console import Group as Together
from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.finding_text import harm_and_what
from workerfuzz.harness.report.groups import Group, steps_per_second
from workerfuzz.harness.report.live.status import CampaignStatus, clock_time, time_line

#: Columns from which on there is room for everything about a shard.
WIDE: int = 72


def screen(standing: CampaignStatus, columns: int, lines: int) -> RenderableType:
    """The whole picture, for a terminal of that size."""
    together = standing.groups()
    parts = [head(standing), *(about(group, standing) for group in together)]
    parts.append(found(standing.findings()))
    room = lines - 4 - 5 * len(together) - len(parts)
    if len(standing.shards) > 1 and room > 2:
        parts.append(shards(list(standing.shards.values()), room, columns))
    return Together(*parts)


def head(standing: CampaignStatus) -> RenderableType:
    """Time, how much of the budget is used, speed."""
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(ratio=1)
    row.add_column(no_wrap=True)
    row.add_row(ProgressBar(total=1.0, completed=standing.share()), time_line(standing))
    done = f"{standing.runs:,} runs, {standing.steps:,} steps, {standing.speed:,.0f} steps/s"
    return Together(row, one_line(Text(done)))


def about(group: Group, standing: CampaignStatus) -> RenderableType:
    """Draw the coverage of one system."""
    rows = facts()
    edges = ", ".join(map(str, group.parties())) or "none yet"
    since = standing.seconds - standing.newest.get(group.name, standing.seconds)
    rows.add_row("edges", one_line(Text(f"{edges}; the last new one {clock_time(since)} ago")))
    rows.add_row("rarest", one_line(Text(listed(f"{name} {n:,}" for name, n in group.rarest()))))
    open_ = group.open()
    said = f"{len(open_)}: {listed(open_)}" if open_ else "none"
    rows.add_row("open", one_line(Text(said)))
    alone = len(group.shards) == 1
    busy = [
        it.doing if alone else f"{it.doing} (seed {it.plan.seed})"
        for it in group.shards
        if it.doing
    ]
    if busy:
        rows.add_row("now", one_line(Text(listed(busy))))
    return Together(one_line(Text(group.name, "bold")), rows)


def found(met: Sequence[Finding]) -> RenderableType:
    """Draw the number of findings, and the new ones."""
    new = [it for it in met if it.is_new]
    rows = facts()
    style = "bold red" if new else "green"
    count = Text.assemble((f"{len(new)} new", style), f", {len(met) - len(new)} known")
    rows.add_row("found", one_line(count))
    for it in new[:5]:
        rows.add_row("", one_line(Text(f"{it.signature[0]}: {harm_and_what(it)}")))
    return rows


def shards(accounts: Sequence[ShardResult], room: int, columns: int) -> RenderableType:
    """A line for each shard, as many as there is room for."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("seed", no_wrap=True, min_width=6)
    table.add_column("", no_wrap=True, overflow="ellipsis", max_width=max(columns // 3, 8))
    heads = ("runs", "steps", "steps/s", "edges", "new", "known")
    kept = heads if columns >= WIDE else ("steps/s", "edges", "new")
    for name in kept:
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    for account in islice(accounts, room - 1):
        cells = dict(zip(heads, numbers(account), strict=True))
        plan = account.plan
        table.add_row(
            str(plan.seed),
            f"{plan.subject} {plan.scope} {plan.engine}",
            *(cells[it] for it in kept),
        )
    if len(accounts) > room - 1:
        table.add_row("", f"and {len(accounts) - room + 1} more")
    return table


def numbers(account: ShardResult) -> Iterator[str]:
    """Yield the cells of a shard, in the order of the column heads."""
    done = account.total
    new = len(account.new)
    yield f"{account.runs:,}"
    yield f"{done.steps:,}"
    yield f"{steps_per_second(account):,.0f}"
    yield f"{len(done.edges)}"
    yield f"{new}"
    yield f"{len(account.findings) - new}"


def facts() -> Table:
    """Names on the left, what there is to say on the right."""
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", no_wrap=True, min_width=6)
    table.add_column()
    return table


def one_line(text: Text) -> Text:
    """Cut text that does not fit, with an ellipsis."""
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def listed(names: Iterable[str]) -> str:
    return ", ".join(names)
