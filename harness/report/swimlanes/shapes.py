"""Pieces of SVG, as text: every word in them is escaped, every number is as short as it can be."""

import math
from html import escape
from typing import Final

#: Widths in px of a letter of the picture's font, which is 12 px high.
LETTER: Final = 7.25

#: Length of the head of an arrow, and half its width, in px.
HEAD: Final = (8, 4)


def n(value: float) -> str:
    """A coordinate, rounded to half a pixel."""
    return f"{round(value * 2) / 2:g}"


def wide(text: str) -> float:
    """Return the width of a text, in px."""
    return len(text) * LETTER


def fitting(words: str, room: float) -> str:
    """As much of a text as there is room for, in px; what is cut off leaves an ellipsis."""
    letters = max(int(room / LETTER), 2)
    return words if len(words) <= letters else f"{words[: letters - 1]}…"


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "") -> str:
    """Words on a line. ``anchor``: ``ends``, they end at x; ``mid``, x is in their middle."""
    classes = " ".join(filter(None, (kind, anchor)))
    named = f' class="{classes}"' if classes else ""
    return f'<text x="{n(x)}" y="{n(y)}"{named}>{escape(words, quote=False)}</text>'


def rect(x: float, y: float, width: float, height: float, kind: str, *, round_by: float = 4) -> str:
    corner = f' rx="{n(round_by)}"' if round_by else ""
    return (
        f'<rect x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}"{corner} '
        f'class="{kind}"/>'
    )


def path(commands: str, kind: str) -> str:
    return f'<path d="{commands}" class="{kind}"/>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return path(f"M{n(x1)} {n(y1)}L{n(x2)} {n(y2)}", kind)


def dot(x: float, y: float, kind: str, radius: float = 4) -> str:
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(radius)}" class="{kind}"/>'


def cross(x: float, y: float, kind: str, size: float = 5) -> str:
    near, far = n(2 * size), n(-2 * size)
    return path(f"M{n(x - size)} {n(y - size)}l{near} {near}m{far} 0l{near} {far}", kind)


def arrow(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A line with a head that touches its end."""
    length, half = HEAD
    along = math.atan2(y2 - y1, x2 - x1)
    left, right = along + math.pi, along + math.pi
    base = (x2 + length * math.cos(left), y2 + length * math.sin(right))
    aside = (half * math.sin(along), -half * math.cos(along))
    corners = (base[0] + aside[0], base[1] + aside[1]), (base[0] - aside[0], base[1] - aside[1])
    (ax, ay), (bx, by) = corners
    head = f"M{n(x2)} {n(y2)}L{n(ax)} {n(ay)}L{n(bx)} {n(by)}z"
    return line(x1, y1, *base, kind) + path(head, f"h {kind}h")


def group(content: str, **attributes: object) -> str:
    """Several pieces; attributes are ``data-`` ones, but for the class, and for where they are."""
    names = {"class_": "class", "at": "transform"}
    given = "".join(
        f' {names.get(name, f"data-{name}")}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value != ""
    )
    return f"<g{given}>{content}</g>"
