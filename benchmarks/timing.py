"""Measuring on a machine that others use as well: turn and turn about, medians, and the spread."""

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

#: Does one part of the work and returns what one unit of it cost, in seconds.
Program = Callable[[int], float]

#: Nothing that is measured turn and turn about ever waits: its CPU time is what it would take on a
#: machine of its own, and much steadier than what a clock on the wall says on a shared one.
clock: Final = time.thread_time


@contextmanager
def quiet() -> Iterator[None]:
    """No garbage is collected meanwhile; what there was before is collected first."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    """Gives the CPU seconds that were spent inside, once that is over."""
    began = clock()
    ended = began
    yield lambda: ended - began
    ended = clock()


#: What a program cost at each of its turns, in the same order for all programs.
Costs = list[float]


def alternate(programs: Mapping[str, Program], parts: int, rounds: int) -> dict[str, Costs]:
    """Let each program do each part of the work, once a round.

    Parts should be short: each is done by one program directly after the other, so that whatever
    else goes on slows both of them down, and what is compared is compared turn by turn. Who begins
    changes. One more round, before the others, warms up and is not counted.
    """
    gc.collect()
    gc.freeze()  # what there is by now is not looked at again before each turn
    costs: dict[str, Costs] = {name: [] for name in programs}
    for round_ in range(rounds + 1):
        for part in range(parts):
            names = list(programs)
            first = (part + round_) % len(names)
            for name in names[first:] + names[:first]:
                with quiet():
                    cost = programs[name](part)
                if round_:
                    costs[name].append(cost)
    gc.unfreeze()
    return costs


def ratios(one: Costs, other: Costs) -> list[float]:
    """Turn by turn: what the one cost, in units of what the other cost."""
    return [mine / yours for mine, yours in zip(one, other, strict=True)]


def excess(one: Costs, other: Costs) -> Costs:
    """Turn by turn: what the one cost more than the other."""
    return [mine - yours for mine, yours in zip(one, other, strict=True)]


def microseconds(costs: Costs) -> str:
    return f"{1e6 * statistics.median(costs):.1f}"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """``1.23 (1.20 to 1.31)``: the median and the quartiles."""
    low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else [*values] * 3
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns, the first one aligned to the left, the others to the right."""
    cells = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )
