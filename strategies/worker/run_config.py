"""Configuration of a run of one worker: its size, keys and peers."""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from workerfuzz.statemachine.worker.config import NO_LIMIT, WorkerConfig
from workerfuzz.strategies.choosers import Chooser

#: Keys that a run uses; each depends on earlier ones only.
KEYS: Final = ("u", "v", "w", "x", "y", "z")
PEERS: Final = ("a", "b", "c")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadProfile:
    """Distribution of steps. Values are repeated as often as they should come up; the simplest first.

    Attributes:
        sizes: of values, in bytes; around the limits of small configurations. None: not told.
        priorities, contents, actors: of compute requests.
        values: names of values that threads return; empty for one that tells what was computed.
        together: keys that one message is about, at most.
    """

    sizes: tuple[int | None, ...] = (None, None, None, 40, 60, 110)
    priorities: tuple[int, ...] = (0, 0, 1, 2)
    contents: tuple[int, ...] = (0, 0, 0, 1)
    actors: tuple[bool, ...] = (*(False,) * 7, True)
    values: tuple[str, ...] = (*("",) * 8, "none", "zero", "empty")
    together: int = 3


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Everything about a run that is fixed before its first step."""

    scope: ClassVar[str] = "worker"
    config: WorkerConfig = field(default_factory=WorkerConfig)
    keys: tuple[str, ...] = KEYS
    peers: tuple[str, ...] = PEERS
    workload: WorkloadProfile = field(default_factory=WorkloadProfile)


def draw_run_config(chooser: Chooser) -> RunConfig:
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
    return RunConfig(config, KEYS[-chooser.integer(3, 6) :], PEERS[: chooser.integer(1, 3)])
