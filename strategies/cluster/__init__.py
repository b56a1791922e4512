"""Kinds of step at the scope of a cluster, and their text."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.strategies.cluster.from_clients import (
    Cancel,
    Connect,
    Disconnect,
    Disconnected,
    Release,
    Retry,
    Scatter,
    Scattered,
    Store,
)
from workerfuzz.strategies.cluster.from_network import (
    Break,
    Deliver,
    Garble,
    Overflow,
    Receive,
    Refuse,
    Serve,
)
from workerfuzz.strategies.cluster.from_scheduler import (
    Drop,
    Gathered,
    GatherOnWorker,
    ManageMemory,
    Notice,
    Recompute,
    Replicate,
    Retire,
    Retired,
    Steal,
    Unretire,
)
from workerfuzz.strategies.cluster.from_workers import (
    Begin,
    Dies,
    Fail,
    FindMissing,
    Join,
    Pause,
    Reschedule,
    RetryBusyWorker,
    Secede,
    Spoil,
    Succeed,
    Unpause,
)
from workerfuzz.strategies.cluster.step import ClusterStep
from workerfuzz.strategies.cluster.submit import Submit

#: Every kind of step at the scope of a cluster.
CLUSTER_STEPS: Final[tuple[type[ClusterStep], ...]] = (
    Submit, Release, Cancel, Retry, Scatter, Deliver,
    Begin, Succeed, Fail, Reschedule, Secede, Spoil, FindMissing, Pause, Unpause,
    Serve, Receive, Refuse, Break, Garble, RetryBusyWorker,
    Steal, Replicate, Drop, Dies, Notice, Join,
    Store, Scattered, GatherOnWorker, Gathered, Overflow, Recompute,
    Retire, Unretire, Retired, ManageMemory,
    Disconnect, Disconnected, Connect,
)  # fmt: skip

BY_WORD: Final[Mapping[str, type[ClusterStep]]] = MappingProxyType(
    {kind.word: kind for kind in CLUSTER_STEPS}
)
