"""A diagnosis of a cluster as one HTML page, which needs no network. Keys are shown as text."""

from typing import Final

from workerfuzz.harness.diagnose.diagnosis import Diagnosis
from workerfuzz.harness.diagnose.model import SCHEDULER
from workerfuzz.harness.diagnose.names import printable
from workerfuzz.harness.diagnose.text import (
    heading,
    headline,
    of_going_on,
    place_of,
    seconds,
    told_of,
)
from workerfuzz.harness.report.swimlanes.svg import style_sheet
from workerfuzz.harness.report.templating import render, resource

#: Most of each on a page: a browser has to show it.
MOST_GROUPS: Final = 100
MOST_KEYS: Final = 1_000
MOST_CONTRADICTIONS: Final = 1_000
MOST_LINKS: Final = 200
MOST_LINES: Final = 2_000


def page(diagnosis: Diagnosis) -> str:
    """Return the page."""
    labels = diagnosis.dump.labels
    groups = [
        {
            "headline": printable(headline(group)),
            "chain": [
                (place_of(diagnosis.dump, link), printable(link.sentence))
                for link in reversed(group.chain.links[-MOST_LINKS:])
            ],
            "wanted": [*map(printable, group.wanted[:MOST_KEYS])],
        }
        for group in diagnosis.groups[:MOST_GROUPS]
    ]
    contradictions = [
        {
            "place": SCHEDULER if contradiction.place == SCHEDULER else labels[contradiction.place],
            "text": printable(contradiction.text),
            "property": contradiction.property,
            "sentence": contradiction.sentence,
            "quiet": seconds(contradiction.quiet_s),
        }
        for contradiction in diagnosis.contradictions[:MOST_CONTRADICTIONS]
    ]
    release = diagnosis.dump.release
    return render(
        "diagnosis.html.jinja",
        style=style_sheet() + resource("case.css"),
        heading=[*map(printable, heading(diagnosis))],
        groups=groups,
        going_on=[line.strip() for line in map(printable, of_going_on(diagnosis)) if line],
        contradictions=contradictions,
        settled=seconds(diagnosis.settled_s),
        candidates=[
            (candidate.title, " · ".join(told_of(candidate, release)), candidate.workaround)
            for candidate in diagnosis.candidates
        ],
        story=[(labels[place], printable(text)) for place, text in diagnosis.story[-MOST_LINES:]],
    )
