"""Line charts of a group of shards: transitions, states and violations over time, by tactic.

Each tactic has a colour and a dash of its own, and its name where its line ends.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from workerfuzz.harness.campaigns.shard.result import Reading, ShardResult
from workerfuzz.harness.report.finding_text import tactic_name
from workerfuzz.harness.report.groups import Group
from workerfuzz.harness.report.live.status import clock_time
from workerfuzz.harness.report.night_report.heat_map import short

#: Moments at which a curve is read.
MOMENTS: Final = 80

#: Before the first run.
NOTHING: Final = Reading(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class ChartCurve:
    """One line: what a tactic had come to at each moment."""

    tactic: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """Lines of one kind.

    Attributes:
        name: what is counted.
        description: the same in more words, and how shards were taken together.
        moments: seconds since the shards began.
    """

    name: str
    description: str
    moments: tuple[float, ...]
    lines: tuple[ChartCurve, ...]

    @property
    def highest(self) -> int:
        return max((value for line in self.lines for value in line.values), default=0)


def curves(group: Group) -> list[Curves]:
    """Edges and states as the furthest shard of each tactic had them; findings of all shards."""
    moments = moments_of(group.shards)
    tactics = sorted({tactic for shard in group.shards for tactic in shard.counters})
    read = {
        tactic: [readings(shard, tactic, moments) for shard in group.shards] for tactic in tactics
    }

    def lines(name: str, *, together: bool) -> tuple[ChartCurve, ...]:
        join = sum if together else max
        return tuple(
            ChartCurve(
                tactic,
                tuple(
                    join(getattr(one, name) for one in at) for at in zip(*read[tactic], strict=True)
                ),
            )
            for tactic in tactics
        )

    many = len(group.shards) > 1
    furthest = "; the shard that was furthest" if many else ""
    all_of_them = "; all shards together" if many else ""
    return [
        Curves(
            "transitions",
            f"different transitions taken{furthest}",
            moments,
            lines("edges", together=False),
        ),
        Curves(
            "states",
            f"different states of a whole world reached{furthest}",
            moments,
            lines("states", together=False),
        ),
        Curves(
            "findings",
            f"runs with a violation{all_of_them}",
            moments,
            lines("found", together=True),
        ),
    ]


def moments_of(shards: Iterable[ShardResult]) -> tuple[float, ...]:
    """Evenly from the beginning to the end of the longest shard."""
    ends = (max(shard.seconds, *(point.seconds for point in shard.curve), 0.0) for shard in shards)
    longest = max(ends, default=0.0)
    return tuple(longest * place / (MOMENTS - 1) for place in range(MOMENTS))


def readings(shard: ShardResult, tactic: str, moments: Sequence[float]) -> list[Reading]:
    """Return the latest reading of a tactic in a shard at each moment."""
    points = [
        (point.seconds, point.tactics[tactic]) for point in shard.curve if tactic in point.tactics
    ]
    times = [seconds for seconds, _ in points]
    told = [NOTHING, *(reading for _, reading in points)]
    return [told[bisect_right(times, moment)] for moment in moments]


# Drawing

#: Size of the drawing, in its own units, which are pixels where there is room.
WIDTH: Final = 420
HEIGHT: Final = 210

#: What is left free beside the lines: above, right (names of tactics), below, left (numbers).
TOP, RIGHT, BOTTOM, LEFT = 12, 92, 24, 40

#: Height of a name.
LETTER: Final = 13

#: Letters of a name that there is room for.
LETTERS: Final = 11

#: Lines differ in so many ways; then they begin again.
STYLES: Final = 8

#: Seconds between two marks of the time axis.
TIMES: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800)


def chart(curves: Curves, number: str) -> str:
    """One drawing.

    Args:
        number: tells this drawing from all others of the page.
    """
    along = max(curves.moments[-1], 1e-9)
    high = top_of(curves.highest)
    body = [*grid(along, high), *lines(curves, along, high)]
    ends = "; ".join(f"{tactic_name(line.tactic)} {line.values[-1]:,}" for line in curves.lines)
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{number}-title {number}-desc">'
        f'<title id="{number}-title">{escape(curves.description)}</title>'
        f'<desc id="{number}-desc">after {clock_time(along)}: {escape(ends)}</desc>'
        f"{''.join(body)}</svg>"
    )


def across(seconds: float, along: float) -> float:
    return LEFT + seconds / along * (WIDTH - LEFT - RIGHT)


def up(value: float, high: int) -> float:
    return HEIGHT - BOTTOM - value / high * (HEIGHT - TOP - BOTTOM)


def step_of(high: int, marks: int = 4) -> int:
    """1, 2 or 5 times a power of ten, so that there are about so many marks."""
    least = max(high / marks, 1)
    power = 1
    while power * 10 <= least:
        power *= 10
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= least)


def top_of(high: int) -> int:
    """The mark at or above the highest value."""
    step = step_of(high)
    return max(-(-high // step) * step, step)


def grid(along: float, high: int) -> Iterator[str]:
    """Marks of both axes."""
    for value in range(0, high + 1, step_of(high)):
        y = up(value, high)
        yield f'<path class="mark" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield (
            f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
            f"{short(value)}</text>"
        )
    step = next((time for time in TIMES if along / time <= 4), TIMES[-1])
    for place in range(int(along // step) + 1):
        x = across(place * step, along)
        yield (
            f'<text class="tick" x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="middle">'
            f"{clock_time(place * step)}</text>"
        )


def lines(curves: Curves, along: float, high: int) -> Iterator[str]:
    """Each tactic's line, and its name where that ends."""
    names = apart([up(line.values[-1], high) for line in curves.lines])
    for place, (line, y) in enumerate(zip(curves.lines, names, strict=True)):
        style = f"line{place % STYLES}"
        yield f'<path class="line {style}" d="{path(line, curves.moments, along, high)}"/>'
        yield (
            f'<text class="name {style}" x="{WIDTH - RIGHT + 6}" y="{y + 4:.1f}">'
            f"{escape(shortened(tactic_name(line.tactic)))}</text>"
        )


def shortened(name: str) -> str:
    """As much of a name as there is room for."""
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"


def path(line: ChartCurve, moments: Sequence[float], along: float, high: int) -> str:
    """Steps: what was reached stays reached."""
    drawn = [f"M{across(moments[0], along):.1f} {up(line.values[0], high):.1f}"]
    for before, value, moment in zip(line.values, line.values[1:], moments[1:], strict=False):
        if value != before:
            drawn.append(f"H{across(moment, along):.1f}V{up(value, high):.1f}")
    drawn.append(f"H{WIDTH - RIGHT}")
    return "".join(drawn)


def apart(wanted: Sequence[float]) -> list[float]:
    """Heights of names, as near to those wanted as they can be without overlapping."""
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    placed = [0.0] * len(wanted)
    lowest = TOP - LETTER / 2
    for place in order:
        lowest = placed[place] = max(
            wanted[place], lowest + LETTER if place != order[0] else lowest
        )
    overhang = max(placed, default=0.0) - (HEIGHT - BOTTOM)
    if overhang > 0:  # push them up again, the lowest first
        limit = float(HEIGHT - BOTTOM)
        for place in reversed(order):
            placed[place] = min(placed[place], limit)
            limit = placed[place] - LETTER
    return placed
