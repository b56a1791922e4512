"""How far something long has come: a bar on a terminal, nothing anywhere else."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

T = TypeVar("T")

#: Told what is being done now, and of how many things so many are done.
Told = Callable[[str, int, int | None], None]


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
    with Progress(*columns, console=where, transient=True) as progress:
        task = progress.add_task("", total=None)

        def tell(doing: str, done: int, total: int | None) -> None:
            progress.update(task, description=doing, completed=done, total=total)

        yield tell


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
