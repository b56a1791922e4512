"""One worker that takes notes: what reaches it, from whom, and what it asks for in reply."""

from collections.abc import Collection, Sequence
from typing import Final

from workerfuzz.harness.cases.swimlanes.chart import ArrowKind, LaneRole, SpanKind
from workerfuzz.harness.cases.swimlanes.trace import Trace
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.subjects.tables import viewed
from workerfuzz.harness.worlds.worker.effect import ARGUMENTS, WorkerEffect
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.properties.property import AnyProperty
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.worker_state import ADDRESS
from workerfuzz.strategies import text
from workerfuzz.strategies.worker import Step
from workerfuzz.strategies.worker.run_config import RunConfig

#: Who puts values on a worker from outside.
CLIENT: Final = "client"

#: Events of the worker's own process and threads, which nobody sends.
OWN: Final = (
    events.Pause, events.Unpause, events.FindMissing, events.RetryBusyWorker,
    events.ExecuteSuccess, events.ExecuteFailure, events.Reschedule, events.Secede,
)  # fmt: skip
THREAD_ENDS: Final = (events.ExecuteSuccess, events.ExecuteFailure, events.Reschedule)
ANSWERS: Final = (
    events.GatherDepSuccess,
    events.GatherDepBusy,
    events.GatherDepNetworkFailure,
    events.GatherDepFailure,
)


class TracedWorker(WorkerWorld):
    """A ``WorkerWorld`` with notes. Nothing waits there: what is sent is there in the same step."""

    def __init__(self, subject: Subject, run_config: RunConfig, *, tables: bool) -> None:
        self.trace = Trace(run_config.keys)
        self.trace.joins(SCHEDULER, LaneRole.SCHEDULER)
        self.trace.joins(ADDRESS, LaneRole.WORKER, "worker")
        super().__init__(subject, run_config)
        self.trace.look = lambda: (
            states(self.view),
            {ADDRESS: viewed(self.view)} if tables else {},
        )

    def handle_event(self, event: Event, step: Step | None = None) -> WorkerEffect:
        self.trace.begin(step)
        message, keys = (str(step), step.keys()) if step is not None else in_words(event)
        self.trace.doing(ADDRESS, message, keys)
        self.note_arrival(event, message, keys)
        effect = super().handle_event(event, step)
        self.trace.settle(over=True)
        return effect

    def _check(
        self,
        event: Event,
        touched: Collection[str],
        issued: Sequence[Instruction],
        ended: do.Execute | None,
    ) -> Sequence[AnyProperty]:
        for instruction in issued:
            self.note_issued(instruction)
        return super()._check(event, touched, issued, ended)

    def note_arrival(self, event: Event, title: str, keys: Sequence[str]) -> None:
        """Note the sender of an event, and the spans that end with it."""
        trace = self.trace
        if isinstance(event, ANSWERS):
            answer = trace.sends(ArrowKind.DATA, event.worker, ADDRESS, [title], keys)
            broken = isinstance(event, events.GatherDepNetworkFailure)
            (trace.loses if broken else trace.arrives)(answer)
            trace.ends(SpanKind.TRANSFER, ADDRESS, event.worker, text.word(type(event)))
        elif isinstance(event, THREAD_ENDS):
            trace.ends(SpanKind.THREAD, ADDRESS, event.key, text.word(type(event)))
        elif isinstance(event, events.RetryBusyWorker):
            trace.ends(SpanKind.WAIT, ADDRESS, event.worker, "over")
        elif isinstance(event, events.Pause):
            trace.lasts(SpanKind.PAUSE, ADDRESS, "")
        elif isinstance(event, events.Unpause):
            trace.ends(SpanKind.PAUSE, ADDRESS, "", "over")
        elif isinstance(event, events.UpdateData):
            trace.joins(CLIENT, LaneRole.CLIENT)
            trace.calls(CLIENT, ADDRESS, [title], keys)
        elif not isinstance(event, OWN):
            trace.arrives(trace.sends(ArrowKind.MESSAGE, SCHEDULER, ADDRESS, [title], keys))

    def note_issued(self, instruction: Instruction) -> None:
        """To whom it goes, and what begins with it."""
        trace, message = (
            self.trace,
            f"{text.word(type(instruction))} {ARGUMENTS[type(instruction)](instruction)}",
        )
        if isinstance(instruction, do.Execute):
            trace.lasts(SpanKind.THREAD, ADDRESS, instruction.key, [instruction.key])
        elif isinstance(instruction, do.GatherDep):
            trace.joins(instruction.worker, LaneRole.PEER)
            trace.arrives(
                trace.sends(
                    ArrowKind.REQUEST, ADDRESS, instruction.worker, [message], instruction.keys
                )
            )
            trace.lasts(SpanKind.TRANSFER, ADDRESS, instruction.worker, instruction.keys)
        elif isinstance(instruction, do.RetryBusyWorkerLater):
            trace.lasts(SpanKind.WAIT, ADDRESS, instruction.worker)
        else:
            trace.arrives(trace.sends(ArrowKind.MESSAGE, ADDRESS, SCHEDULER, [message]))


def states(view: WorkerView) -> dict[tuple[str, str], str]:
    here = view.keys()
    return {(ADDRESS, key): str(view.state(key)) for key in here}


def in_words(event: Event) -> tuple[str, tuple[str, ...]]:
    """Return an event at rest as text, and its keys."""
    keys: list[str] = []
    for name in ("key", "keys", "who_has", "values"):
        value = getattr(event, name, ())
        keys += [value] if isinstance(value, str) else value
    peer = getattr(event, "worker", None)
    words = (text.word(type(event)), *([peer] if peer is not None else []), *keys)
    return " ".join(words), tuple(keys)
