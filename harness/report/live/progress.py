"""Progress of long operations: a bar on a terminal, nothing anywhere else."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

T = TypeVar("T")

#: Seconds between two pictures at least.
PICTURE_S: Final = 0.1

#: Told what is being done now, and of how many things so many are done.
Told = Callable[[str, int, int | None], None]


@dataclass(slots=True)
class Bar:
    """Draws how far it is, when it is told; no thread does, for others may fork.

    Attributes:
        next: when it may be drawn again, in seconds.
    """

    progress: Progress
    task: TaskID
    next: float = 0.0

    def tell(self, doing: str, done: int, total: int | None) -> None:
        self.progress.update(self.task, description=doing, completed=done, total=total)
        now = time.monotonic()
        if now >= self.next:
            self.progress.refresh()
            self.next = now + PICTURE_S


@contextmanager
def showing(*, quiet: bool = False, console: Console | None = None) -> Iterator[Told]:
    """Shows how far something has come while this lasts, and then takes it away.

    Args:
        console: where; standard error, unless somebody wants it elsewhere.
    """
    where = console or Console(stderr=True, highlight=False, markup=False)
    if quiet or not where.is_terminal or where.is_dumb_terminal:
        yield lambda doing, done, total: None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    both = sys.stdout.isatty()  # what is printed meanwhile goes above the bar, or where it was sent
    with Progress(
        *columns, console=where, transient=True, auto_refresh=False, redirect_stdout=both
    ) as progress:
        task = progress.add_task("", total=None)
        yield Bar(progress, task).tell


def followed(
    items: Iterable[T],
    doing: str,
    total: int | None = None,
    *,
    quiet: bool = False,
    console: Console | None = None,
) -> Iterator[T]:
    """The items one after the other, while it shows how many are done.

    Args:
        total: how many there will be; None: nobody knows.
    """
    with showing(quiet=quiet, console=console) as tell:
        done = 0
        tell(doing, done, total)
        for item in items:
            yield item
            done += 1
            tell(doing, done, total)
