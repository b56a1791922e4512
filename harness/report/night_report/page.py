"""A night as one page of HTML that needs no network: whatever it says is text, wherever it came from."""

import base64
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.campaigns.shard.shard import WATCHED
from workerfuzz.harness.report import finding_text
from workerfuzz.harness.report.groups import Group, groups
from workerfuzz.harness.report.live.status import clock_time
from workerfuzz.harness.report.night_report import tables
from workerfuzz.harness.report.night_report.finding_detail import FindingDetail
from workerfuzz.harness.report.night_report.heat_map import HeatMap, heat_map, short
from workerfuzz.harness.report.night_report.line_chart import Curves, chart, curves
from workerfuzz.harness.report.night_report.night_report import NightReport
from workerfuzz.harness.report.templating import environment


@dataclass(frozen=True, slots=True)
class Section:
    """The part of the page about one group."""

    group: Group
    heats: list[HeatMap]
    drawings: list[tuple[Curves, Any]]
    tactics: list[tables.ComparisonRow]
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


def page(night_report: NightReport, shown: Sequence[FindingDetail]) -> str:
    """The page.

    Args:
        shown: details of the findings, then of the bugs that are fixed.
    """
    made = environment()
    made.filters.update(FILTERS)
    from markupsafe import Markup

    texts = [
        text
        for detail in shown
        for text in (detail.picture.wide, detail.picture.small, detail.test)
    ]
    sections = [section(number, group, Markup) for number, group in enumerate(night_report.groups)]
    before = groups(night_report.before.shards) if night_report.before is not None else []
    text: str = made.get_template("report.html").render(
        night_report=night_report,
        night=night_report.night,
        by_kind=by_kind(shown),
        packed=packed(texts),
        together=TOGETHER,
        sections=sections,
        checked=tables.checked(night_report.groups, night_report.findings),
        shards=tables.shards(night_report.night.shards),
        compared=list(tables.compared(night_report.groups, before)),
        watched=WATCHED,
        words=finding_text,
    )
    return text


def section(number: int, group: Group, markup: Any) -> Section:
    drawings = curves(group)
    return Section(
        group,
        [heat_map(edges) for edges in group.participants()],
        [(curves, markup(chart(curves, f"chart-{number}-{curves.name}"))) for curves in drawings],
        tables.tactics(group),
        tables.step_kinds(group),
    )


def by_kind(shown: Sequence[FindingDetail]) -> dict[str, list[tuple[int, FindingDetail]]]:
    """Group the details by kind, each with its index among all of them."""
    found: dict[str, list[tuple[int, FindingDetail]]] = {}
    for number, detail in enumerate(shown):
        found.setdefault(detail.kind, []).append((number, detail))
    return found


# Texts that are unpacked when somebody opens a finding

#: Texts that are compressed together: more are smaller, fewer are shown sooner.
TOGETHER: Final = 12

#: Between paragraphs.
GAP: Final = "\n\n"


@dataclass(frozen=True, slots=True)
class Packed:
    """Texts in few letters, none of which means anything to a page, whatever the texts say.

    Attributes:
        shared: paragraphs that several texts have.
        blocks: of so many texts each, in the order given. A text is a list of its paragraphs: those
            of its own, and the places of the shared ones.
    """

    shared: str
    blocks: tuple[str, ...]


def packed(texts: Sequence[str]) -> Packed:
    """All of them: lists as JSON, compressed by zlib, in base64."""
    counts = Counter(part for text in texts for part in {*text.split(GAP)} if part)
    shared = [text for text, count in counts.items() if count > 1]
    shared.sort()
    places = {text: place for place, text in enumerate(shared)}
    split = [[places.get(part, part) for part in text.split(GAP)] for text in texts]
    return Packed(letters(shared), tuple(letters(block) for block in together(split)))


def together(texts: Sequence[object]) -> Iterator[Sequence[object]]:
    for start in range(0, len(texts), TOGETHER):
        yield texts[start : start + TOGETHER]


def letters(value: object) -> str:
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(zlib.compress(data, 9)).decode("ascii")
