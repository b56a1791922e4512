"""Measuring on a machine that others use as well: turn and turn about, medians, and the spread."""

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

#: Does one part of the work and returns the seconds that counted.
Program = Callable[[int], float]


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
    """Gives the seconds that passed inside, once that is over."""
    began = time.perf_counter()
    ended = began
    yield lambda: ended - began
    ended = time.perf_counter()


def alternate(programs: Mapping[str, Program], parts: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each program, by name, one number for each round.

    A round is all parts of the work; each part is done by one program directly after the other, and
    who begins changes from part to part. One more round before these warms up and is not counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for round_ in range(rounds + 1):
        total = dict.fromkeys(programs, 0.0)
        for part in range(parts):
            names = list(programs) if (part + round_) % 2 else list(reversed(programs))
            for name in names:
                with quiet():
                    total[name] += programs[name](part)
        if round_:
            for name, it in total.items():
                seconds[name].append(it)
    return seconds


def ratios(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """Round by round: what the one took, in units of what the other took."""
    return [mine / yours for mine, yours in zip(one, other, strict=True)]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """``1.23 (1.20 to 1.31)``: the median, the least and the most."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def quartiles(values: Sequence[float], digits: int = 2) -> str:
    """``median; quartiles; most``, for numbers that differ by their nature, not by noise."""
    low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else [*values] * 3
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f}), at most {max(values):.{digits}f}"


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
