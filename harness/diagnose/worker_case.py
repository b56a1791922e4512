"""Cases from the log of a worker: the events about stuck keys, replayed on a real ``WorkerState``.

Such a case shows one worker's half of a hang: what the worker makes of what it was told. That a
scheduler tells it so is shown by the log, not by the case.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.cases.format import casefile, files
from workerfuzz.harness.cases.format.case import Case, KnownBreak, record
from workerfuzz.harness.diagnose.diagnosis import Diagnosis
from workerfuzz.harness.diagnose.model import SCHEDULER, ClusterDump, DumpedWorker, Stimulus
from workerfuzz.harness.diagnose.names import printable
from workerfuzz.harness.diagnose.waiting import named
from workerfuzz.harness.engines.shrink.shrink import shrink
from workerfuzz.harness.subjects.dask.worker.worker import DaskSubject
from workerfuzz.harness.worlds.playing import take_steps, violation_of
from workerfuzz.harness.worlds.scopes import run_config_of
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.worker_state import ADDRESS
from workerfuzz.strategies.key_order import Cycle
from workerfuzz.strategies.text import Holding
from workerfuzz.strategies.worker import Step, from_environment, from_peers, from_scheduler

#: CPU time after which shrinking stops with what it has, in seconds.
PATIENCE_S: Final = 20.0

#: Bytes of the digest in the name of a file.
DIGEST_NBYTES: Final = 4

#: Says that one worker alone cannot show a hang.
AT_SCHEDULER: Final = (
    "the hang is the scheduler's: a case of one worker cannot show it; the known bugs above are "
    "cases of whole clusters"
)

#: Setting whose value is too small where the beginning of a log is gone.
SETTING: Final = "distributed.admin.low-level-log-length"


@dataclass(frozen=True, slots=True)
class WorkerCase:
    """A case of one worker, or the reason for which there is none.

    Attributes:
        place: address of the worker, or the scheduler.
        events: of its log that concern the keys.
        refusal: in one line; empty where there is a case.
    """

    place: str
    keys: tuple[str, ...]
    case: Case | None = None
    events: int = 0
    refusal: str = ""


def write(found: WorkerCase, folder: Path) -> Path:
    """Write a case; the same one gets the same name. Raises OSError."""
    assert found.case is not None
    folder.mkdir(parents=True, exist_ok=True)
    text = casefile.format(found.case)
    path = (
        folder / f"from-dump-{blake2b(text.encode(), digest_size=DIGEST_NBYTES).hexdigest()}.case"
    )
    files.write(path, text)
    return path


class Refused(Exception):
    """There is no case of a worker; says why."""


def worker_cases(diagnosis: Diagnosis) -> list[WorkerCase]:
    """Return a case, or a refusal, for each worker and keys at the end of a chain."""
    return [case_at(diagnosis, place, keys) for place, keys in stuck_places(diagnosis)]


def stuck_places(diagnosis: Diagnosis) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (place, keys that are stuck there), once for each shape."""
    seen: dict[tuple[str, tuple[str, ...]], None] = {}
    for group in diagnosis.groups:
        place = group.chain.root.place
        here = [link.key for link in group.chain.links if link.place == place and link.key]
        seen[place, tuple(dict.fromkeys(here[-2:]))] = None
    if not seen:
        for contradiction in diagnosis.contradictions:
            seen[contradiction.place, (contradiction.key,)] = None
    yield from seen


def case_at(diagnosis: Diagnosis, place: str, keys: tuple[str, ...]) -> WorkerCase:
    dump = diagnosis.dump
    if place == SCHEDULER or place not in dump.workers:
        why = AT_SCHEDULER if place == SCHEDULER else "the worker did not answer: there is no log"
        return WorkerCase(place, keys, refusal=why)
    try:
        return case_of(dump, dump.workers[place], keys)
    except Refused as refused:
        return WorkerCase(place, keys, refusal=str(refused))


def case_of(dump: ClusterDump, worker: DumpedWorker, keys: tuple[str, ...]) -> WorkerCase:
    """Make the case. Raises Refused."""
    if not worker.stimuli:
        raise Refused("its log of events is empty, or is not in the dump")
    if not worker.is_log_whole:
        raise Refused(
            f"the beginning of its log is gone: it keeps {worker.log_length or 'too few'} events; set "
            f"{SETTING} to 100000 before the cluster starts, and dump again when it hangs"
        )
    part = LogSlice(worker, keys)
    steps = [*part.steps()]
    if not steps:
        raise Refused(f"no event of its log is about {named(keys)}")
    config = WorkerConfig(
        nthreads=worker.config.nthreads,
        resources={
            name: int(amount) for name, amount in worker.config.resources.items() if amount >= 1
        },
    )
    differing = differences(part, steps, config)
    if differing:
        raise Refused(f"replayed, its log does not end in the states of the dump: {differing}")
    subject = DaskSubject()
    violation = violation_of(WorkerWorld(subject, run_config_of(steps, config)), steps)
    if violation is None or not is_about(violation, part.names_of(keys)):
        raise Refused("replayed, the worker does as it was told: it breaks no property alone")
    shrunk = shrink(subject, violation, PATIENCE_S).violation
    case = record(
        subject,
        shrunk.steps,
        shrunk.run_config.config,
        title=printable(f"from a dump: {named(keys)} on a worker, by its own log"),
        breaks=[KnownBreak(shrunk.property, subject.name, f"=={subject.version()}")],
        notes=[*notes(dump, worker, keys, len(steps))],
        found=f"diagnose, from {len(steps)} events",
    )
    return WorkerCase(worker.address, keys, case, len(steps))


def notes(
    dump: ClusterDump, worker: DumpedWorker, keys: tuple[str, ...], count: int
) -> Iterator[str]:
    """Yield what the case proves, and what it does not."""
    states = printable(", ".join(f"{key} was {worker.state(key)}" for key in keys))
    release = dump.release or "an unknown release"
    yield f"in the dump of distributed {release}: {states}; here keys and peers have other names"
    yield (
        f"proves that a worker which is told so ends like this; its log of {count} events says that it "
        "was told so, and not why the scheduler did"
    )


def is_about(violation: Violation, names: Iterable[str]) -> bool:
    """The violation is about one of the stuck keys, or an assertion that names none."""
    words = violation.counterexample.replace(",", " ").replace("'", " ").split()
    return violation.__cause__ is not None or any(name in words for name in names)


def differences(part: "LogSlice", steps: Sequence[Step], config: WorkerConfig) -> str:
    """Return the states in which a replay ends that are not those of the dump, in words."""
    try:
        run_config = run_config_of(steps, config)
    except Cycle as error:
        raise Refused(f"a key was used for two contents: {error}") from None
    with WorkerWorld(DaskSubject(validate=False), run_config) as world:
        impossible = [
            f"{result.step}: {result.impossible}"
            for result in take_steps(world, steps, skip_impossible=True)
            if result.impossible is not None
        ]
        found = []
        for key in part.keys:
            expected, actual = part.worker.state(key), world.view.state(part.names[key])
            if expected != actual:
                found.append(f"{key} is {actual or 'unknown'} and was {expected or 'unknown'}")
    if found and impossible:
        found.append(f"{len(impossible)} events were impossible, such as {impossible[0]}")
    return "; ".join(found[:4])


class LogSlice:
    """The events of a worker's log that concern some keys and their inputs, as steps.

    Attributes:
        names: what keys and peers are called in the case.
    """

    def __init__(self, worker: DumpedWorker, keys: Sequence[str]) -> None:
        self.worker = worker
        self.keys = [*self._with_inputs(keys)]
        self.names = {key: f"k{number}" for number, key in enumerate(self.keys)}
        self._peers = {worker.address: ADDRESS}
        self._ranks = self._priorities()
        self._asked = [entry for entry in worker.log if entry.what == "gather-dependencies"]

    def _with_inputs(self, keys: Sequence[str]) -> Iterator[str]:
        """Yield the keys and the inputs with which they were requested, each once."""
        found: dict[str, None] = {}
        left = [*keys]
        while left:
            key = left.pop(0)
            if key in found:
                continue
            found[key] = None
            yield key
            for event in self.worker.stimuli:
                if event.kind == "ComputeTaskEvent" and event.keys[:1] == (key,):
                    left += event.keys[1:]

    def _priorities(self) -> dict[tuple[float, ...], int]:
        found = {
            tuple(as_items(stimulus.fields.get("priority"))) for stimulus in self.worker.stimuli
        }
        return {priority: rank for rank, priority in enumerate(sorted(found))}

    def names_of(self, keys: Iterable[str]) -> list[str]:
        return [self.names[key] for key in keys]

    def peer(self, address: object) -> str:
        return self._peers.setdefault(str(address), f"p{len(self._peers)}")

    def steps(self) -> Iterator[Step]:
        """Yield a step for each event, without keys that do not concern it."""
        for event in self.worker.stimuli:
            make = STEPS.get(event.kind)
            known = tuple(self.names[key] for key in event.keys if key in self.names)
            if make is None:
                if known:
                    raise Refused(f"no step of a worker stands for {event.kind}")
            elif known or event.kind in ABOUT_NO_KEY:
                step = make(self, event, known)
                if step is not None:
                    yield step

    def holdings(self, event: Stimulus) -> tuple[Holding, ...]:
        """Return who holds what, narrowed to the peer that was asked.

        Which of several holders is asked is decided by the order of a set, and by chance
        (dask/distributed#6620); the log tells which one it was.
        """
        found = []
        for key, peers in event.holders.items():
            if key in self.names:
                asked = self.asked_for(key, event)
                listed = [peer for peer in peers if asked in {"", peer}]
                found.append(Holding(self.names[key], tuple(map(self.peer, listed))))
        return tuple(found)

    def asked_for(self, key: str, event: Stimulus) -> str:
        """Return the peer that was asked for a key first after an event; empty where none was."""
        later = (
            entry.peer for entry in self._asked if entry.time >= event.handled and key in entry.keys
        )
        return next(later, "")

    def rank(self, event: Stimulus) -> int:
        return self._ranks[tuple(as_items(event.fields.get("priority")))]


def as_items(found: object) -> list[float]:
    return [*found] if isinstance(found, list | tuple) else []


def as_amounts(found: object) -> Iterator[tuple[str, float]]:
    for name, amount in found.items() if isinstance(found, dict) else ():
        if isinstance(amount, int | float):
            yield str(name), amount


def compute_task(part: LogSlice, event: Stimulus, known: tuple[str, ...]) -> Step | None:
    needed = event.fields.get("resource_restrictions")
    return from_scheduler.ComputeTask(
        key=known[0],
        needs=part.holdings(event),
        priority=part.rank(event),
        resources=tuple(sorted((name, max(int(amount), 1)) for name, amount in as_amounts(needed))),
        actor=bool(event.fields.get("actor")),
    )


def transfer(
    kind: Callable[[str], Step],
) -> Callable[[LogSlice, Stimulus, tuple[str, ...]], Step | None]:
    """Make the steps in which a transfer ends without keys."""
    return lambda part, event, known: kind(part.peer(event.fields.get("worker")))


#: The step of each event.
STEPS: Final[Mapping[str, Callable[[LogSlice, Stimulus, tuple[str, ...]], Step | None]]] = (
    MappingProxyType(
        {
            "ComputeTaskEvent": compute_task,
            "FreeKeysEvent": lambda part, event, known: from_scheduler.FreeKeys(known),
            "AcquireReplicasEvent": lambda part, event, known: from_scheduler.AcquireReplicas(
                part.holdings(event)
            ),
            "RemoveReplicasEvent": lambda part, event, known: from_scheduler.RemoveReplicas(known),
            "StealRequestEvent": lambda part, event, known: from_scheduler.StealRequest(known[0]),
            "CancelComputeEvent": lambda part, event, known: from_scheduler.CancelCompute(known[0]),
            "RefreshWhoHasEvent": lambda part, event, known: from_scheduler.RefreshWhoHas(
                part.holdings(event)
            ),
            "RemoveWorkerEvent": transfer(from_scheduler.RemoveWorker),
            "UpdateDataEvent": lambda part, event, known: from_scheduler.UpdateData(known),
            "PauseEvent": lambda part, event, known: from_environment.Pause(),
            "UnpauseEvent": lambda part, event, known: from_environment.Unpause(),
            "FindMissingEvent": lambda part, event, known: from_environment.FindMissing(),
            "RetryBusyWorkerEvent": transfer(from_environment.RetryBusyWorker),
            "ExecuteSuccessEvent": lambda part, event, known: from_environment.ExecuteSuccess(
                known[0]
            ),
            "ExecuteFailureEvent": lambda part, event, known: from_environment.ExecuteFailure(
                known[0]
            ),
            "RescheduleEvent": lambda part, event, known: from_environment.Reschedule(known[0]),
            "SecedeEvent": lambda part, event, known: from_environment.Secede(known[0]),
            "GatherDepSuccessEvent": lambda part, event, known: from_peers.GatherDepSuccess(
                part.peer(event.fields.get("worker")), known
            ),
            "GatherDepBusyEvent": transfer(from_peers.GatherDepBusy),
            "GatherDepNetworkFailureEvent": transfer(from_peers.GatherDepNetworkFailure),
            "GatherDepFailureEvent": transfer(from_peers.GatherDepFailure),
        }
    )
)

#: Events that concern every key, or do not tell which.
ABOUT_NO_KEY: Final = frozenset(
    {
        "RemoveWorkerEvent", "PauseEvent", "UnpauseEvent", "FindMissingEvent", "RetryBusyWorkerEvent",
        "GatherDepSuccessEvent", "GatherDepBusyEvent", "GatherDepNetworkFailureEvent",
        "GatherDepFailureEvent",
    }
)  # fmt: skip
