"""Dask's worker and ours, given the same events, and whether they ask for the same things."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from distributed import worker_state_machine as dask
from scheduler import Scheduler, draw_config

from workerfuzz.harness.subjects.dask.conversion import FIELDS, KINDS
from workerfuzz.harness.subjects.dask.instrumentation import OWN_NAME, address, peer_at
from workerfuzz.harness.subjects.dask.interface import fields_by_kind
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: One thing that was asked for, in words that both use; the order of issue is left out.
Words = tuple[object, ...]

FIELDS_OF: Final = fields_by_kind(dask)


def dask_worker(config: WorkerConfig) -> Any:
    """Dask's own class, as it is in production, with the same limits as ours."""
    worker = dask.WorkerState(
        nthreads=config.nthreads,
        resources=dict(config.resources),
        address=plain(address(OWN_NAME)),
        validate=False,
        transfer_incoming_count_limit=config.transfer_count,
    )
    worker.transfer_incoming_bytes_throttle_threshold = config.transfer_throttle_nbytes
    return worker


@contextmanager
def repeatable() -> Iterator[None]:
    """Dask's records are hashed by key meanwhile, instead of by address, at the same price.

    Dask walks through sets of them, so that otherwise no two runs would be quite alike.
    """
    original = dask.TaskState.__hash__
    dask.TaskState.__hash__ = lambda task: hash(task.key)
    try:
        yield
    finally:
        dask.TaskState.__hash__ = original


def plain(value: Any) -> Any:
    """The adapter's names have a hash of their own, which Dask in production would not have."""
    if isinstance(value, str):
        return str(value)
    if type(value) is dict:
        return {plain(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if type(value) is list else value


class Converter:
    """Makes Dask's events of ours, each before it is needed."""

    def __init__(self, worker: Any) -> None:
        self.worker = worker
        self.asked: dict[str, int] = {}
        self.stimulus_id = ""

    def stimulus(self, event: Event, number: int) -> Any:
        kind = KINDS[type(event)]
        self.stimulus_id = getattr(event, "stimulus_id", f"{kind}-{number}")
        fields = {name: plain(FIELDS[name](event, self)) for name in FIELDS_OF[kind]}
        return getattr(dask, kind)(**fields)

    def note(self, issued: Sequence[do.Instruction]) -> None:
        """A transfer ends with the size that it was opened with."""
        self.asked |= {
            instruction.worker: instruction.total_nbytes
            for instruction in issued
            if isinstance(instruction, do.GatherDep)
        }

    # What the adapter's tables ask for

    def nbytes(self, key: str) -> int:
        task = self.worker.tasks.get(str(key))
        return 1 if task is None or task.nbytes is None else int(task.nbytes)

    def holds(self, key: str) -> bool:
        return str(key) in self.worker.data

    def asked_nbytes(self, peer: str) -> int:
        return self.asked.get(peer, 0)

    def serialized(self, error: Exception) -> object:
        return dask.Serialize(error)


#: What Dask's instructions say. Run ids are compared where Dask has them, texts of errors are not.
DASK_SAYS: Final[Mapping[str, Callable[[Any], list[Words]]]] = MappingProxyType(
    {
        "Execute": lambda message: [("execute", message.key)],
        "GatherDep": lambda message: [
            ("gather", peer_at(message.worker), *sorted(message.to_gather), message.total_nbytes)
        ],
        "RetryBusyWorkerLater": lambda message: [("retry", peer_at(message.worker))],
        "TaskFinishedMsg": lambda message: [
            ("finished", message.key, message.run_id, message.nbytes)
        ],
        "TaskErredMsg": lambda message: [("erred", message.key)],
        "AddKeysMsg": lambda message: [("have", key) for key in message.keys],
        "ReleaseWorkerDataMsg": lambda message: [("dropped", message.key)],
        "LongRunningMsg": lambda message: [("long-running", message.key, message.run_id)],
        "RescheduleMsg": lambda message: [("reschedule", message.key)],
        "RequestRefreshWhoHasMsg": lambda message: [("who has", key) for key in message.keys],
        "StealResponseMsg": lambda message: [
            ("steal", message.key, message.state, message.stimulus_id)
        ],
    }
)

#: The same of ours.
OURS_SAY: Final[Mapping[type, Callable[[Any], list[Words]]]] = MappingProxyType(
    {
        do.Execute: lambda message: [("execute", message.key)],
        do.GatherDep: lambda message: [
            ("gather", message.worker, *sorted(message.keys), message.total_nbytes)
        ],
        do.RetryBusyWorkerLater: lambda message: [("retry", message.worker)],
        do.TaskFinished: lambda message: [
            ("finished", message.key, message.run_id, message.nbytes)
        ],
        do.TaskErred: lambda message: [("erred", message.key)],
        do.AddKeys: lambda message: [("have", key) for key in message.keys],
        do.ReleaseWorkerData: lambda message: [("dropped", message.key)],
        do.LongRunning: lambda message: [("long-running", message.key, message.run_id)],
        do.Reschedule: lambda message: [("reschedule", message.key)],
        do.RequestRefreshWhoHas: lambda message: [("who has", key) for key in message.keys],
        do.StealResponse: lambda message: [
            ("steal", message.key, message.state, message.stimulus_id)
        ],
    }
)

#: Said by ours alone, by design: the event, the word, and why.
OURS_ALONE: Final[tuple[tuple[type[Event], str, str], ...]] = (
    (events.UpdateData, "have", "Dask's scheduler scatters by RPC and knows without being told"),
)


def differences(event: Event, ours: Sequence[Any], theirs: Sequence[Any]) -> Counter[Words]:
    """Count of the reference's messages beyond those of Dask; negative where Dask sent more."""
    alone = {word for kind, word, _ in OURS_ALONE if type(event) is kind}
    counter = Counter(
        words for item in ours for words in OURS_SAY[type(item)](item) if words[0] not in alone
    )
    counter.subtract(words for item in theirs for words in DASK_SAYS[type(item).__name__](item))
    return Counter({words: count for words, count in counter.items() if count})


@dataclass(frozen=True, slots=True)
class Run:
    """Events that happened to one worker, in both forms.

    Attributes:
        issued: how many instructions of ours they led to, and how many of Dask's.
    """

    config: WorkerConfig
    ours: Sequence[Event]
    theirs: Sequence[Any]
    issued: tuple[int, int]


@dataclass(slots=True)
class Recording:
    """Runs, each up to the first event where the two differed.

    Attributes:
        ends: kinds of event at which they differed; ``""`` counts runs of full length.
    """

    runs: list[Run] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        return sum(len(run.ours) for run in self.runs)

    def mix(self) -> Counter[str]:
        """Count of events of each kind, in Dask's words."""
        return Counter(
            KINDS[type(event)].removesuffix("Event") for run in self.runs for event in run.ours
        )


def record(wanted: int, length: int) -> Recording:
    """At least so many events, from runs of at most some length, each on fresh workers."""
    recording = Recording()
    seed = 0
    while recording.events < wanted:
        run, end = record_run(seed, length)
        recording.ends[end] += 1
        if run.ours:
            recording.runs.append(run)
        seed += 1
    return recording


def record_run(seed: int, length: int) -> tuple[Run, str]:
    """One run, and the kind of event at which it ended before its time."""
    chance = random.Random(seed)
    config = draw_config(chance)
    ours, theirs = WorkerState(config), dask_worker(config)
    scheduler, converter = Scheduler(chance, ours), Converter(theirs)
    happened: list[tuple[Event, Any]] = []
    counts = [0, 0]
    end = ""
    for number in range(length):
        event = scheduler.next_event()
        stimulus = converter.stimulus(event, number)
        issued = handle_stimulus(ours, event), theirs.handle_stimulus(stimulus)
        if differences(event, *issued):
            end = type(event).__name__
            break
        happened.append((event, stimulus))
        counts = [counts[0] + len(issued[0]), counts[1] + len(issued[1])]
        scheduler.note(event, issued[0])
        converter.note(issued[0])
    both = tuple(zip(*happened, strict=True)) or ((), ())
    return Run(config, both[0], both[1], (counts[0], counts[1])), end
