"""A night as one page of HTML that needs no network: whatever it says is text, wherever it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workerfuzz.harness.campaigns.shard import WATCHED
from workerfuzz.harness.report.bugs import harm, status, what
from workerfuzz.harness.report.groups import Group, groups
from workerfuzz.harness.report.morning import tables
from workerfuzz.harness.report.morning.chart import chart
from workerfuzz.harness.report.morning.curves import Curves, curves
from workerfuzz.harness.report.morning.heat import Heat, heat, short
from workerfuzz.harness.report.morning.morning import Morning
from workerfuzz.harness.report.morning.packed import TOGETHER, packed
from workerfuzz.harness.report.morning.shown import Shown
from workerfuzz.harness.report.standing import clock_time


class NoTemplates(Exception):
    """Pages cannot be made here; says what to install."""


@dataclass(frozen=True, slots=True)
class Section:
    """What there is to say of one group."""

    group: Group
    heats: list[Heat]
    drawings: list[tuple[Curves, Any]]
    tactics: list[tables.Row]
    steps: list[tables.StepKind]


def environment() -> Any:
    """Where templates are, and how texts get into them: escaped. Raises NoTemplates."""
    try:
        import jinja2
    except ImportError:
        raise NoTemplates(
            "a report as HTML needs jinja2: pip install 'workerfuzz[report]'; "
            "--markdown, --junit and --annotations do not"
        ) from None
    made = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["count"] = lambda number: f"{number:,.0f}"
    made.filters["short"] = short
    made.filters["share"] = lambda number: f"{number:.1%}" if 0 < number < 0.1 else f"{number:.0%}"
    made.filters["clock"] = clock_time
    return made


def page(morning: Morning, shown: Sequence[Shown]) -> str:
    """The page.

    Args:
        shown: the findings of the night, in the order in which they are told.

    Raises:
        NoTemplates: jinja2 is not here.
    """
    made = environment()
    from markupsafe import Markup

    texts = [text for it in shown for text in (it.picture, it.test)]
    sections = [section(number, group, Markup) for number, group in enumerate(morning.groups)]
    before = groups(morning.before.shards) if morning.before is not None else []
    text: str = made.get_template("report.html").render(
        morning=morning,
        night=morning.night,
        by_status=by_status(shown),
        blocks=list(packed(texts)),
        together=TOGETHER,
        sections=sections,
        checked=tables.checked(morning.groups, morning.met),
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


def by_status(shown: Sequence[Shown]) -> dict[str, list[tuple[int, Shown]]]:
    """The findings, each with its number among all of them."""
    found: dict[str, list[tuple[int, Shown]]] = {}
    for number, it in enumerate(shown):
        found.setdefault(status(it.met), []).append((number, it))
    return found
