"""The display of a running campaign: on a terminal, in a pipe, and with --quiet."""

import io
import re
from dataclasses import replace

import pytest
from examples.accounts import account, met
from rich.cells import cell_len
from rich.console import Console

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.report.live.live import (
    CampaignLines,
    CampaignProgress,
    campaign_display,
    finding_line,
)
from workerfuzz.harness.report.live.status import CampaignStatus

#: Colours, and movements of the cursor.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def terminal(columns: int = 100, lines: int = 30, colours: str | None = "truecolor") -> Console:
    """One that nobody sees."""
    return Console(
        file=io.StringIO(),
        force_terminal=True,
        width=columns,
        height=lines,
        color_system=colours,  # type: ignore[arg-type]  # one of those that there are
        highlight=False,
        legacy_windows=False,
        _environ={},
    )


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def progress_on(console: Console, clock: Clock) -> CampaignProgress:
    return CampaignProgress(CampaignStatus(Budget(seconds=60), clock), console)


def picture(results: list[ShardResult], columns: int = 120, lines: int = 30) -> list[str]:
    """The lines that are drawn last."""
    console = terminal(columns, lines, None)
    with progress_on(console, Clock()) as progress:
        for shard in results:
            progress.show(shard)
        before = shown(console)
        progress.draw()
        drawn = shown(console).removeprefix(before)
    return [CONTROL.sub("", line).rstrip() for line in drawn.split("\n")]


BUSY = [
    account(
        1,
        findings=[met(severity="WAITS", severity_detail="c0: a"), met("other", known="an old one")],
    ),
    account(2, doing="shrinking 30 steps that break nothing_is_left"),
]


def test_picture_tells_all_there_is_to_tell() -> None:
    text = "\n".join(picture(BUSY))
    assert "0:00, 1:00 left" not in text  # no time has passed: nobody knows
    for line in (
        "40 runs, 2,000 steps, 200 steps/s",
        "clusters of dask 2026.8.0",
        "worker 3 of 4, scheduler 0 of 2; the last new one 0:00 ago",
        "worker executing -> memory 4, worker ready -> executing 74",
        "3: worker executing -> error, scheduler waiting -> processing",
        "shrinking 30 steps that break nothing_is_left (seed 2)",
        "1 new, 1 known",
        "nothing_is_left: a client waits for ever: c0: a",
    ):
        assert line in text


def test_shards_have_a_line_each() -> None:
    rows = [line for line in picture(BUSY) if "cluster walk" in line]
    assert [(row.split()[:4], row.partition("20 runs")[2]) for row in rows] == [
        (["1", "dask", "cluster", "walk"], ", 100 steps/s, 3 edges, 1 new, 1 known"),
        (["2", "dask", "cluster", "walk"], ", 100 steps/s, 3 edges, 0 new, 0 known"),
    ]


def test_a_shard_that_is_over_has_none() -> None:
    over = account(1)
    over.plan = replace(over.plan, budget=Budget(runs=over.runs))
    rows = [line for line in picture([over, account(2), account(3)]) if "cluster walk" in line]
    assert [row.split()[0] for row in rows] == ["2", "3"]


def test_a_single_shard_is_not_told_twice() -> None:
    text = "\n".join(picture([account(7, doing="shrinking")]))
    assert "cluster walk" not in text
    assert "seed 7" not in text


@pytest.mark.parametrize("columns", [20, 32, 48, 79, 200])
@pytest.mark.parametrize("lines", [10, 24])
def test_picture_fits(columns: int, lines: int) -> None:
    drawn = picture([*BUSY, *(account(seed) for seed in range(3, 40))], columns, lines)
    assert max(map(cell_len, drawn)) <= columns
    assert len(drawn) <= lines


def test_harm_is_told_where_there_is_any() -> None:
    assert finding_line(met(severity="NOTHING")) == "new: nothing_is_left: a is left"
    assert finding_line(met(severity="STAYS", path="0001-x.case")) == (
        "new: nothing_is_left: memory stays: a is left (0001-x.case)"
    )


def test_colours_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    for colours, expected in (({}, True), ({"NO_COLOR": "1"}, False)):
        console = Console(
            file=io.StringIO(),
            force_terminal=True,
            width=80,
            color_system="truecolor",
            _environ=colours,
        )
        with progress_on(console, Clock()) as progress:
            progress.show(BUSY[0])
        found = re.findall(r"\x1b\[[0-9;]*3[0-7][0-9;]*m", shown(console))
        assert bool(found) is expected


def test_pictures_come_no_faster_than_anybody_looks() -> None:
    clock, console = Clock(), terminal()
    with progress_on(console, clock) as progress:
        for now, expected in ((0.0, 1), (0.1, 1), (0.4, 1), (0.6, 2), (0.7, 2)):
            clock.now = now
            progress.show(account())
            assert shown(console).count("20 runs") == expected


def test_a_new_bug_is_told_at_once_and_stays() -> None:
    clock, console = Clock(), terminal()
    with progress_on(console, clock) as progress:
        progress.show(account())
        progress.show(account(), met())
    text = CONTROL.sub("", shown(console))
    assert "new: nothing_is_left: a is left\n" in text


def test_a_terminal_that_became_narrower_begins_anew() -> None:
    clock, console = Clock(), terminal(columns=100)
    clear = "\x1b[2J"
    with progress_on(console, clock) as progress:
        progress.show(account())
        console.width, clock.now = 120, 1.0
        progress.show(account())
        assert clear not in shown(console)
        console.width, clock.now = 60, 2.0
        progress.show(account())
        assert shown(console).count(clear) == 1


def test_picture_is_gone_in_the_end() -> None:
    console = terminal()
    with campaign_display(Budget(seconds=60), console=console) as display:
        display.show(account())
        assert "20 runs" in shown(console)
    _, _, gone = shown(console).rpartition("found ")
    lines = len(picture([account()]))
    assert "0 new" in gone
    assert gone.count("\x1b[1A\x1b[2K") == lines


def test_lines_become_rare() -> None:
    clock = Clock()
    out = io.StringIO()
    lines = CampaignLines(CampaignStatus(Budget(seconds=3600), clock), Console(file=out, width=40))
    lengths = []
    for now in range(1, 1400):
        clock.now = float(now)
        before = out.getvalue()
        lines.show(account())
        if out.getvalue() != before:
            lengths.append(now)
    assert lengths == [10, 20, 40, 80, 160, 320, 620, 920, 1220]
    assert out.getvalue().count("\n") == len(lengths)  # not wrapped, however long


def test_where_there_is_no_terminal_a_new_bug_is_a_line() -> None:
    out = io.StringIO()
    with campaign_display(Budget(seconds=60), console=Console(file=out)) as display:
        display.show(account(), met())
    assert out.getvalue() == "new: nothing_is_left: a is left\n"


def test_quiet_is_quiet() -> None:
    console = terminal()
    with campaign_display(Budget(seconds=60), quiet=True, console=console) as display:
        display.show(account(), met())
    assert shown(console) == ""
