"""The examples of a page: its fenced blocks, and what their first lines say of them.

What stands behind the language is for the tests, and is not shown: ``file=tiny.py`` writes the block to
a file, ``status=1`` is how its commands end, ``skip="reason"`` leaves it out.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

#: Languages whose blocks do something.
RUN: Final = frozenset({"sh", "bash", "console", "python"})


@dataclass(frozen=True, slots=True)
class Fence:
    """One block.

    Attributes:
        line: where its first line stands in the page.
        file: the name under which it is written; empty: it is run.
        status: exit status of its last command.
        skip: why it is not run; empty: it is.
    """

    language: str
    text: str
    line: int
    file: str = ""
    status: int = 0
    skip: str = ""


def fences(page: Path) -> Iterator[Fence]:
    """The blocks of a page that are written or run, in their order."""
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type != "fence" or not token.info or token.map is None:
            continue
        language, *words = shlex.split(token.info)
        texts = dict(word.split("=", 1) for word in words if "=" in word)
        if language in RUN or "file" in texts:
            yield Fence(
                language,
                token.content,
                token.map[0] + 1,
                texts.get("file", ""),
                int(texts.get("status", 0)),
                texts.get("skip", ""),
            )
