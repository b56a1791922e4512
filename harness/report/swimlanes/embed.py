"""A picture for a page that holds many: packed small, unpacked by the page when it comes into sight.

The page has ``style_sheet`` and ``script`` once; each picture is an ``embedded``.
"""

import base64
import zlib
from html import escape
from typing import Final

from workerfuzz.harness.cases.swimlanes.chart import Chart
from workerfuzz.harness.report.swimlanes.layout import Layout
from workerfuzz.harness.report.swimlanes.svg import (
    SMALL,
    described,
    fragment,
    style_sheet,
    width_of,
)
from workerfuzz.harness.report.templating import resource

__all__ = ["ROWS", "embedded", "script", "style_sheet"]

#: Rows of a picture, up to the one that broke something; a report may hold a thousand of them.
ROWS: Final = 40


def embedded(chart: Chart, name: str) -> str:
    """A ``<figure>`` of some kB: a picture with room, one for small screens, and both in words.

    Args:
        name: part of the ids in it; no other picture of the page may have it.
    """
    wide = width_of(chart)
    pictures = {
        "wide": fragment(chart, wide, name=f"{name}-w", last=ROWS),
        "small": fragment(chart, SMALL, name=f"{name}-s", last=ROWS),
    }
    packed = "".join(f' data-{size}="{packed_in(svg)}"' for size, svg in pictures.items())
    words = escape("".join(described(chart)), quote=False)
    room = f"min-height:{Layout(chart, wide, ROWS).height:.0f}px"  # until it is unpacked
    size = f'data-width="{wide:g}" style="{room}"'
    return f'<figure class="wf-packed" {size}{packed}>{words}</figure>'


def packed_in(text: str) -> str:
    """Deflated, in letters that an attribute may have."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def script() -> str:
    """What unpacks pictures. For a ``<script>`` at the end of the page."""
    return resource("unpack.js")
