"""Progress of short operations: a bar on a terminal, nothing anywhere else."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

T = TypeVar("T")

#: Seconds between two pictures at least.
PICTURE_S: Final = 0.1

#: Called with the activity, the number of items that are done, and that of all, where it is known.
ShowProgress: TypeAlias = Callable[[str, int, int | None], None]


@contextmanager
def progress_bar(*, quiet: bool = False, console: Console | None = None) -> Iterator[ShowProgress]:
    """Show the progress of an operation while this lasts, and then take the bar away.

    Args:
        console: by default one on standard error.
    """
    where = console or Console(stderr=True, highlight=False, markup=False)
    if quiet or not where.is_terminal or where.is_dumb_terminal:
        yield lambda activity, done, total: None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns,
        console=where,
        transient=True,
        auto_refresh=False,  # no thread draws: others may fork
        redirect_stdout=sys.stdout.isatty(),  # else what is printed goes where it was sent
    ) as progress:
        task, next_s = progress.add_task("", total=None), 0.0

        def show(activity: str, done: int, total: int | None) -> None:
            nonlocal next_s
            progress.update(task, description=activity, completed=done, total=total)
            if time.monotonic() >= next_s:
                progress.refresh()
                next_s = time.monotonic() + PICTURE_S

        yield show


def track(
    items: Iterable[T],
    activity: str,
    total: int | None = None,
    *,
    quiet: bool = False,
    console: Console | None = None,
) -> Iterator[T]:
    """Yield the items, and show how many are done.

    Args:
        total: their number; None: nobody knows.
    """
    with progress_bar(quiet=quiet, console=console) as show:
        show(activity, 0, total)
        for done, item in enumerate(items, 1):
            yield item
            show(activity, done, total)
