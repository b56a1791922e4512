"""Aims of a measurement, and a table that says which were reached."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from timing import spread, table


@dataclass(frozen=True, slots=True)
class Aim:
    """One row of it.

    Attributes:
        what: that is measured, with its unit.
        aim: what it should be; empty where nobody said.
        measured: what it is.
        met: None where nothing is aimed at, or where too little was measured to tell.
    """

    what: str
    aim: str
    measured: str
    met: bool | None = None


#: What a part of the measurements has to say, as it comes: text to be printed, rows for the end.
Said = str | Aim


def at_most(what: str, limit: float, values: Sequence[float], digits: int = 2) -> Aim:
    """The median of values, with their quartiles, is to be no more than this."""
    return row(what, f"at most {limit:g}", values, digits, lambda middle: middle <= limit)


def at_least(what: str, limit: float, values: Sequence[float], digits: int = 2) -> Aim:
    """The median of values, with their quartiles, is to be no less than this."""
    return row(what, f"at least {limit:g}", values, digits, lambda middle: middle >= limit)


def row(
    what: str, aim: str, values: Sequence[float], digits: int, holds: Callable[[float], bool]
) -> Aim:
    if not values:
        return Aim(what, aim, "nothing measured")
    return Aim(what, aim, spread(values, digits), holds(statistics.median(values)))


def all_of(what: str, aim: str, good: int, count: int) -> Aim:
    """Each of so many is to be as it should; only so many are."""
    return Aim(what, aim, f"{good} of {count}", good == count if count else None)


def summary(aims: Sequence[Aim]) -> str:
    """The table; how much of it was reached is below."""
    words = {True: "yes", False: "NO", None: "-"}
    rows = [(aim.what, aim.aim, aim.measured, words[aim.met]) for aim in aims]
    judged = [aim.met for aim in aims if aim.met is not None]
    return "\n".join(
        [
            table(("measured", "aimed at", "found", "reached"), rows),
            f"{sum(judged)} of {len(judged)} aims are reached",
        ]
    )
