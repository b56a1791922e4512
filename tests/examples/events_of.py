"""Events for examples, in few words, and random runs as lists of events."""

from collections.abc import Sequence

from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.task import Priority, Request, TaskSpec
from workerfuzz.statemachine.worker.worker_state import WorkerState


def compute(
    key: str,
    run_id: int,
    *,
    spec: int = 0,
    priority: Priority = (0,),
    resources: dict[str, float] | None = None,
    **needs: str,
) -> events.ComputeTask:
    """``compute("y", 2, x="b", z="ac")``: y needs x, which b holds, and z, which a and c hold."""
    return events.ComputeTask(
        spec=TaskSpec(key=key, dependencies=tuple(needs), run_spec=spec),
        request=Request(run_id=run_id, priority=priority, resources=resources or {}),
        who_has={dep: tuple(peers) for dep, peers in needs.items()},
    )


class RecordingWorker(ReferenceWorker):
    """Keeps every event that happened to it."""

    def __init__(self, worker: WorkerState) -> None:
        super().__init__(worker)
        self.events: list[Event] = []

    def handle(self, event: Event) -> Sequence[Instruction]:
        self.events.append(event)
        return super().handle(event)


class RecordingSubject(ReferenceSubject):
    def worker(self, config: WorkerConfig) -> RecordingWorker:
        return RecordingWorker(WorkerState(config))


def random_run(seed: int) -> tuple[WorkerConfig, list[Event]]:
    """The events of one random run, up to where it comes to rest."""
    world = walk(RecordingSubject(), f"run {seed}")
    assert isinstance(world.view, RecordingWorker)
    return world.view.config, world.view.events
