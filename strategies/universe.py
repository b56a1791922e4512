"""What a run takes place in: how large the worker is, which keys and which peers there are."""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from workerfuzz.statemachine.config import NO_LIMIT, WorkerConfig
from workerfuzz.strategies.choosers import Chooser

#: Keys that a run uses; each depends on earlier ones only.
KEYS: Final = ("u", "v", "w", "x", "y", "z")
PEERS: Final = ("a", "b", "c")


@dataclass(frozen=True, slots=True)
class Universe:
    """Everything about a run that is fixed before its first step."""

    scope: ClassVar[str] = "worker"
    config: WorkerConfig = field(default_factory=WorkerConfig)
    keys: tuple[str, ...] = KEYS
    peers: tuple[str, ...] = PEERS


def draw_universe(chooser: Chooser) -> Universe:
    """Small, because bugs need few keys, and near the limits, because bugs live there."""
    config = WorkerConfig(
        nthreads=chooser.integer(1, 2),
        resources=chooser.pick(({}, {"cpu": 2}, {"cpu": 2})),
        suspicious_limit=chooser.integer(1, 5),
        transfer_message_nbytes=chooser.pick((NO_LIMIT, 100)),
        transfer_incoming_nbytes=chooser.pick((NO_LIMIT, 150)),
        transfer_count=chooser.pick((NO_LIMIT, 1)),
        transfer_throttle_nbytes=chooser.pick((10_000_000, 0)),
    )
    return Universe(config, KEYS[-chooser.integer(3, 6) :], PEERS[: chooser.integer(1, 3)])
