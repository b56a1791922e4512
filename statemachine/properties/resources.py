"""Comparison of amounts of resources, which are sums of floats."""

from typing import Final

#: Share of a total by which two amounts may differ. Taking and giving back in another order changes
#: the last bits of a float: 0.3 - 0.1 - 0.2 is not 0. Each addition is off by at most 2**-53 of the
#: total, so that this allows for millions of them, and hides no amount that anybody would ask for.
ROUNDING: Final = 1e-9


def is_same_amount(one: float, other: float, total: float) -> bool:
    """Return whether two amounts of a resource differ by rounding at most.

    Args:
        total: all that there is of it.
    """
    return abs(one - other) <= ROUNDING * abs(total)
