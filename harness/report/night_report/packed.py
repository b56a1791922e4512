"""Texts that a page holds ready and shows when somebody asks for them: compressed, many at a time."""

import base64
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

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
    counts = Counter(it for text in texts for it in {*text.split(GAP)} if it)
    shared = [it for it, count in counts.items() if count > 1]
    shared.sort()
    places = {it: place for place, it in enumerate(shared)}
    split = [[places.get(it, it) for it in text.split(GAP)] for text in texts]
    return Packed(letters(shared), tuple(letters(block) for block in together(split)))


def together(texts: Sequence[object]) -> Iterator[Sequence[object]]:
    for start in range(0, len(texts), TOGETHER):
        yield texts[start : start + TOGETHER]


def letters(value: object) -> str:
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(zlib.compress(data, 9)).decode("ascii")
