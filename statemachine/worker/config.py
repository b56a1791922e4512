"""Size and limits of a worker, fixed when it starts; and exact arithmetic on its resources."""

import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

NO_LIMIT: Final = sys.maxsize


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """Size and limits of one worker. Sizes are in bytes.

    Attributes:
        nthreads: tasks that may run at the same time, those that seceded not counted.
        resources: total amount by name; units are the user's own.
        suspicious_limit: at this many failures to copy a key, it errs (R38).
        transfer_count: transfers that may be open at once, unless they are small.
        transfer_throttle_nbytes: ``transfer_count`` is ignored while less than this is under way.
        transfer_incoming_nbytes: what all open transfers together may bring.
        transfer_message_nbytes: what one transfer may bring, unless it is a single key.
    """

    nthreads: int = 1
    resources: Mapping[str, float] = field(default_factory=dict)
    suspicious_limit: int = 5
    transfer_count: int = NO_LIMIT
    transfer_throttle_nbytes: int = 10_000_000
    transfer_incoming_nbytes: int = NO_LIMIT
    transfer_message_nbytes: int = NO_LIMIT


def remaining(total: float, taken: Iterable[float]) -> float:
    """Return what is left of a resource, as exactly as users write amounts: 0.6 - 0.1 - 0.2 is 0.3.

    An infinite resource stays infinite.
    """
    amounts = [total, *taken]
    if not math.isfinite(total) or all(amount == int(amount) for amount in amounts):
        return total - sum(amounts[1:]) if math.isfinite(total) else total
    first, *others = (Fraction(str(float(amount))) for amount in amounts)
    return float(first - sum(others))
