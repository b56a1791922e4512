"""Configuration of a run of a cluster."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.workload_profile import ClusterWorkloadProfile, draw_workload

#: Keys that a run uses; each depends on earlier ones only. The last ones make a group.
KEYS: Final = ("a", "b", "c", "d", "e", "g", "h", "f-0", "f-1", "f-2", "f-3", "f-4", "f-5")

#: Clients, and how many workers may come after the first ones.
CLIENTS: Final = ("c0", "c1")
LATER: Final = 2


#: Limits of transfers, where every value has a size of 1; as often as they are to come up.
TRANSFER_LIMITS: Final[tuple[Mapping[str, int], ...]] = (
    {},
    {},
    {"transfer_count": 1, "transfer_throttle_nbytes": 0},
    {"transfer_message_nbytes": 1},
    {"transfer_incoming_nbytes": 1},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterConfig:
    """Configuration of a cluster.

    Attributes:
        workers: how many there are at the beginning; they are called w0, w1, ...
        worker: of every worker.
        saturation: tasks that a worker is given for each thread before more are queued; inf: no queue.
        allowed_failures: workers that may die while they run a task before the task is given up.
        validate: the system checks itself, where it can.
    """

    workers: int = 2
    worker: WorkerConfig = field(default_factory=WorkerConfig)
    saturation: float = 1.1
    allowed_failures: int = 3
    validate: bool = True


@dataclass(frozen=True, slots=True)
class ClusterRunConfig:
    """Everything about a run that is fixed before its first step."""

    scope: ClassVar[str] = "cluster"
    config: ClusterConfig = field(default_factory=ClusterConfig)
    keys: tuple[str, ...] = KEYS
    clients: tuple[str, ...] = CLIENTS
    later: int = LATER
    workload: ClusterWorkloadProfile = field(default_factory=ClusterWorkloadProfile)


def draw_cluster(chooser: Chooser, workers: int | None = None) -> ClusterRunConfig:
    """Small, because bugs need few of everything."""
    config = ClusterConfig(
        workers=workers or chooser.pick((2, 3, 1, 4)),
        worker=WorkerConfig(
            nthreads=chooser.pick((1, 1, 2)),
            resources=chooser.pick(({}, {}, {"cpu": 1.0}, {"cpu": 2.0})),
            suspicious_limit=chooser.integer(1, 5),
            **chooser.pick(TRANSFER_LIMITS),
        ),
        saturation=chooser.pick((1.1, math.inf)),
        allowed_failures=chooser.pick((3, 0, 1)),
    )
    single = chooser.pick((2, 3, 3, 4, 5, 7))
    group = chooser.pick((0, 6))
    keys = (*KEYS[:single], *KEYS[7 : 7 + group])
    return ClusterRunConfig(
        config,
        keys,
        clients=CLIENTS[: chooser.integer(1, 2)],
        later=chooser.integer(0, LATER),
        workload=draw_workload(keys[:single], config.worker.resources, chooser),
    )


def production_mode(drawn: ClusterRunConfig, number: int) -> ClusterRunConfig:
    """Return the configuration of a run by its number: in every other one nothing validates itself."""
    if number % 2 == 0:
        return drawn
    return replace(drawn, config=replace(drawn.config, validate=False))
