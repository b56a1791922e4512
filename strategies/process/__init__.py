"""Kinds of step at the scope of processes: those of a cluster that mean the same, and a few more."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.strategies.cluster.from_clients import Cancel, Release, Retry, Scatter
from workerfuzz.strategies.cluster.from_workers import (
    Dies,
    Fail,
    Join,
    Pause,
    Reschedule,
    Spoil,
    Succeed,
    Unpause,
)
from workerfuzz.strategies.cluster.step import ClusterStep
from workerfuzz.strategies.cluster.submit import Submit
from workerfuzz.strategies.process.from_network import Cut, Deliver, Flow, Tick, Until
from workerfuzz.strategies.process.from_participants import (
    Broadcast,
    Close,
    CloseGracefully,
    Enter,
    Gather,
    JoinAs,
    Leave,
    Lock,
    Publish,
    Rebalance,
    ReplicateKeys,
    Restart,
    RetireWorkers,
    Unlock,
    Unpublish,
    Unserialisable,
)

#: Every kind of step at the scope of processes.
PROCESS_STEPS: Final[tuple[type[ClusterStep], ...]] = (
    Submit, Release, Cancel, Retry, Gather, Scatter, Broadcast, ReplicateKeys, Rebalance, Publish,
    Unpublish, RetireWorkers, Restart, Lock, Unlock, Leave, Enter, Deliver, Flow, Tick, Until,
    Succeed, Fail, Reschedule, Spoil, Unserialisable, Pause, Unpause, Dies, Close, CloseGracefully,
    Join, JoinAs, Cut,
)  # fmt: skip

BY_WORD: Final[Mapping[str, type[ClusterStep]]] = MappingProxyType(
    {kind.word: kind for kind in PROCESS_STEPS}
)
