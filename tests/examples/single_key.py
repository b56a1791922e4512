"""A worker that knows one key, and does not take requests out of its queue when they are freed."""

from collections.abc import Iterable

from examples.tiny import Tiny, TinyWorker

from workerfuzz.statemachine.worker import events, instructions
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction


class UnknownKey(Exception):
    """It was told of something that it does not declare."""


class QueueingWorker(TinyWorker):
    """Keeps a queue of its own; what is freed stays in it (the bug)."""

    def __init__(self, config: WorkerConfig) -> None:
        super().__init__(config)
        self.queue: list[str] = []

    def react(self, event: Event) -> Iterable[Instruction]:
        match event:
            case events.ComputeTask(spec=spec):
                self.know((spec.key, *spec.dependencies))
                self.queue.append(spec.key)
            case events.FreeKeys(keys=keys) | events.ForgetKeys(keys=keys):
                self.know(keys)
            case events.ExecuteSuccess():
                pass
            case _:
                raise UnknownKey(f"told of {event}")
        yield from super().react(event)
        if len(self.queue) > 1 and not self.states:
            run_id = self.requests["a"].request.run_id
            yield instructions.TaskErred(key="a", run_id=run_id, exception="still in the queue")

    def know(self, keys: Iterable[str]) -> None:
        for key in keys:
            if key != "a":
                raise UnknownKey(f"told of {key}")


class SingleKey(Tiny):
    """Declares one key, no peers, and four kinds of event."""

    worker_class = QueueingWorker
    pool = ("a",)
    peers = ()
