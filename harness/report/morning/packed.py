"""Texts that a page holds ready and shows when somebody asks for them: compressed, many at a time."""

import base64
import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

#: Texts that are compressed together: more are smaller, fewer are shown sooner.
TOGETHER: Final = 12


def packed(texts: Sequence[str]) -> Iterator[str]:
    """Blocks of so many texts each, in the order given: a JSON list, compressed by zlib, in base64.

    Base64 has no character that means anything to a page, whatever the texts say.
    """
    for start in range(0, len(texts), TOGETHER):
        block = json.dumps(texts[start : start + TOGETHER], ensure_ascii=False)
        yield base64.b64encode(zlib.compress(block.encode(), 9)).decode("ascii")
