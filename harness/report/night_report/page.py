"""A night as one page of HTML that needs no network: whatever it says is text, wherever it came from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.campaigns.shard.shard import WATCHED
from workerfuzz.harness.report.finding_text import harm, what
from workerfuzz.harness.report.groups import Group, groups
from workerfuzz.harness.report.live.status import clock_time
from workerfuzz.harness.report.night_report import tables
from workerfuzz.harness.report.night_report.curves import Curves, curves
from workerfuzz.harness.report.night_report.finding_detail import Shown
from workerfuzz.harness.report.night_report.heat_map import Heat, heat, short
from workerfuzz.harness.report.night_report.line_chart import chart
from workerfuzz.harness.report.night_report.night_report import Morning
from workerfuzz.harness.report.night_report.packed import TOGETHER, packed
from workerfuzz.harness.report.templating import environment


@dataclass(frozen=True, slots=True)
class Section:
    """What there is to say of one group."""

    group: Group
    heats: list[Heat]
    drawings: list[tuple[Curves, Any]]
    tactics: list[tables.Row]
    steps: list[tables.StepKind]


#: How templates write numbers, and the like.
FILTERS: Final[Mapping[str, Callable[[Any], str]]] = MappingProxyType(
    {
        "count": lambda number: f"{number:,.0f}",
        "short": short,
        "share": lambda number: f"{number:.1%}" if 0 < number < 0.1 else f"{number:.0%}",
        "clock": clock_time,
    }
)


def page(morning: Morning, shown: Sequence[Shown]) -> str:
    """The page.

    Args:
        shown: what was met, and what is fixed, in the order in which it is told.
    """
    made = environment()
    made.filters.update(FILTERS)
    from markupsafe import Markup

    texts = [text for it in shown for text in (it.picture.wide, it.picture.small, it.test)]
    sections = [section(number, group, Markup) for number, group in enumerate(morning.groups)]
    before = groups(morning.before.shards) if morning.before is not None else []
    text: str = made.get_template("report.html").render(
        morning=morning,
        night=morning.night,
        by_kind=by_kind(shown),
        packed=packed(texts),
        together=TOGETHER,
        sections=sections,
        checked=tables.checked(morning.groups, morning.findings),
        shards=tables.shards(morning.night.shards),
        compared=list(tables.compared(morning.groups, before)),
        watched=WATCHED,
        harm=harm,
        what=what,
    )
    return text


def section(number: int, group: Group, markup: Any) -> Section:
    drawings = curves(group)
    return Section(
        group,
        [heat(edges) for edges in group.parties()],
        [(it, markup(chart(it, f"chart-{number}-{it.name}"))) for it in drawings],
        tables.tactics(group),
        tables.step_kinds(group),
    )


def by_kind(shown: Sequence[Shown]) -> dict[str, list[tuple[int, Shown]]]:
    """What is shown, each with its number among all of it."""
    found: dict[str, list[tuple[int, Shown]]] = {}
    for number, it in enumerate(shown):
        found.setdefault(it.kind, []).append((number, it))
    return found
