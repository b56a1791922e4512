"""Workers with many records, and events that are about none of them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.task import Request, TaskSpec

#: One slot, which every kind of bystander below leaves taken or needs not.
SMALL: Final = WorkerConfig()

#: A free slot, and a resource of which nothing is left.
WITH_RESOURCE: Final = WorkerConfig(nthreads=2, resources={"gpu": 1.0})

#: Holds whatever the bystanders need, and is busy.
ELSEWHERE: Final = "z"


def names(count: int) -> list[str]:
    return [f"bystander-{number}" for number in range(count)]


def compute(key: str, run_id: int, *needs: str, gpu: bool = False) -> events.ComputeTask:
    resources = {"gpu": 1.0} if gpu else {}
    return events.ComputeTask(
        spec=TaskSpec(key=key, dependencies=needs),
        request=Request(run_id=run_id, priority=(1, run_id), resources=resources),
        who_has=dict.fromkeys(needs, ("a",) if key == "y" else ()),
    )


def in_memory(count: int) -> list[Event]:
    return [events.UpdateData(values=dict.fromkeys(names(count), 1))]


def ready(count: int) -> list[Event]:
    return [compute(key, run_id) for run_id, key in enumerate(names(count), 1)]


def constrained(count: int) -> list[Event]:
    return [compute(key, run_id, gpu=True) for run_id, key in enumerate(names(count), 1)]


def waiting(count: int) -> list[Event]:
    """For one key that nobody holds."""
    return [compute(key, run_id, "nowhere") for run_id, key in enumerate(names(count), 1)]


def in_fetch(count: int) -> list[Event]:
    """From a peer that is busy; the first was asked for, so that it could say so."""
    return [
        events.AcquireReplicas(who_has={names(1)[0]: (ELSEWHERE,)}),
        events.GatherDepBusy(worker=ELSEWHERE),
        events.AcquireReplicas(who_has=dict.fromkeys(names(count), (ELSEWHERE,))),
    ]


#: What the others are, what their worker has, and how they come to be so.
KINDS: Final[Mapping[str, tuple[WorkerConfig, Callable[[int], list[Event]]]]] = MappingProxyType(
    {
        "in memory": (SMALL, in_memory),
        "ready": (SMALL, ready),
        "constrained": (WITH_RESOURCE, constrained),
        "waiting": (SMALL, waiting),
        "in fetch": (SMALL, in_fetch),
    }
)


def cycle(run_id: int) -> list[Event]:
    """Events about x and y alone, after which everything is as it was."""
    return [
        events.AcquireReplicas(who_has={"x": ("a",)}),
        compute("y", run_id, "x"),
        events.StealRequest(key="y"),
        events.FreeKeys(keys=("y",)),
        events.GatherDepSuccess(worker="a", values={"x": 1}),
        events.RemoveReplicas(keys=("x",)),
        events.ForgetKeys(keys=("x", "y")),
    ]
