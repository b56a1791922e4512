"""R43, R14: every way to be released, and the state that follows from it."""

import pytest

from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker.edges import EDGES
from workerfuzz.statemachine.worker.states import State
from workerfuzz.strategies import worker
from workerfuzz.strategies.worker.run_config import RunConfig

#: Steps before, the step that releases x, the state x was in, and the state that follows.
CALLERS = {
    "waiting, freed": ("compute-task x needs w@a", "free-keys x", "waiting", "released"),
    "waiting, told not to compute": (
        "compute-task x needs w@a",
        "cancel-compute x",
        "waiting",
        "released",
    ),
    "ready, freed": ("pause | compute-task x", "free-keys x", "ready", "released"),
    "ready, needed": (
        "pause | compute-task x | compute-task y needs x@b",
        "cancel-compute x",
        "ready",
        "fetch",
    ),
    "constrained, freed": (
        "pause | compute-task x cpu=1",
        "free-keys x",
        "constrained",
        "released",
    ),
    "constrained, forgotten": ("pause | compute-task x cpu=1", "forget-keys x", "constrained", "-"),
    "fetch, not needed": ("pause | acquire-replicas x@a", "free-keys x", "fetch", "released"),
    "fetch, to be computed": ("pause | acquire-replicas x@a", "compute-task x", "fetch", "ready"),
    "missing, not needed": ("acquire-replicas x", "remove-replicas x", "missing", "released"),
    "missing, scattered": ("acquire-replicas x", "update-data x", "missing", "memory"),
    "cancelled, thread came back": (
        "compute-task x | free-keys x",
        "execute-success x",
        "cancelled",
        "released",
    ),
    "cancelled, transfer came back": (
        "acquire-replicas x@a | free-keys x",
        "gather-dep-success a x",
        "cancelled",
        "released",
    ),
    "cancelled, other content waits": (
        "compute-task x | free-keys x | compute-task x spec=1",
        "execute-success x",
        "cancelled",
        "executing",
    ),
    "resumed, thread came back": (
        "compute-task x | compute-task y needs x | free-keys x",
        "execute-failure x",
        "resumed",
        "missing",
    ),
    "resumed, transfer brought nothing": (
        "acquire-replicas x@a | compute-task x",
        "gather-dep-network-failure a",
        "resumed",
        "executing",
    ),
    "memory, freed": (
        "compute-task x | execute-success x",
        "free-keys x",
        "memory",
        "released",
    ),
    "memory, freed but needed": (
        "compute-task x | execute-success x | pause | compute-task y needs x@b",
        "free-keys x",
        "memory",
        "fetch",
    ),
    "memory, copy dropped": (
        "acquire-replicas x@a | gather-dep-success a x",
        "remove-replicas x",
        "memory",
        "released",
    ),
    "error, freed": ("compute-task x | execute-failure x", "free-keys x", "error", "released"),
    "error, again": ("compute-task x | execute-failure x", "compute-task x", "error", "executing"),
    "rescheduled, stolen": ("pause | compute-task x", "steal-request x", "ready", "released"),
    "rescheduled, freed": (
        "compute-task x | reschedule x",
        "free-keys x",
        "rescheduled",
        "released",
    ),
}


@pytest.mark.parametrize(("before", "last", "start", "finish"), CALLERS.values(), ids=CALLERS)
def test_state_after_release(before: str, last: str, start: str, finish: str) -> None:
    from workerfuzz.statemachine.worker.config import WorkerConfig

    world = WorkerWorld(ReferenceSubject(), RunConfig(WorkerConfig(resources={"cpu": 1})))
    for line in before.split(" | "):
        world.apply(worker.parse(line))
    assert world.view.state("x") == start
    world.apply(worker.parse(last))
    assert (world.view.state("x") or "-") == finish
    released = [change for key, change in world.view.changes() if key == "x"]
    assert any(change.finish is State.RELEASED for change in released)
    world.finish()


def test_every_edge_into_released_is_listed() -> None:
    listed = {caller[2] for caller in CALLERS.values()}
    assert {str(start) for start, finish in EDGES if finish is State.RELEASED} == listed
