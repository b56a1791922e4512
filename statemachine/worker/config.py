"""What a worker is given when it starts, and never changes."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
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
