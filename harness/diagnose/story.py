"""The story of some keys across the participants of a cluster, in sentences.

Clocks differ between machines, so lines are ordered by causes: each log by itself, and between logs a
stimulus where it began before the place that it led to. Times decide only between what is unrelated.
"""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.diagnose.model import SCHEDULER, ClusterDump, LogEntry, Stimulus
from workerfuzz.harness.diagnose.waiting import named

#: Entries of a log that say the same as an event or a transition beside them.
REPEATING: Final = frozenset({"ensure-task-exists", "compute-task", "put-in-memory", "free-keys"})

#: Events that begin on the worker itself, in a thread or in a transfer.
OWN: Final = frozenset(
    {
        "ExecuteSuccessEvent", "ExecuteFailureEvent", "RescheduleEvent", "SecedeEvent",
        "GatherDepSuccessEvent", "GatherDepBusyEvent", "GatherDepNetworkFailureEvent",
        "GatherDepFailureEvent", "PauseEvent", "UnpauseEvent", "FindMissingEvent",
        "RetryBusyWorkerEvent",
    }
)  # fmt: skip

#: Causes of transitions of the scheduler, by the beginning of their stimulus.
CAUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "update-graph": "a client submits a graph",
        "client-releases-keys": "a client releases its future",
        "cancel-key": "a client cancels",
        "stimulus-retry": "a client tries again",
        "client-desires-keys": "a client wants it",
        "update-data": "a client scatters data",
        "task-finished": "a task has finished",
        "task-erred": "a task has failed",
        "remove-client": "a client is gone",
        "handle-worker-cleanup": "a worker is gone",
        "check-worker-ttl": "a worker has not been heard of for too long",
        "steal": "work stealing",
        "active_memory_manager": "the active memory manager",
        "worker-connect": "a worker has joined",
    }
)


@dataclass(slots=True)
class StoryLine:
    """Everything that one stimulus did to some keys at one place.

    Attributes:
        event: of a worker.
        transitions: (key, start, finish).
        others: other entries of a log.
        after: lines that are caused by this one.
    """

    place: str
    stimulus_id: str
    time: float
    event: Stimulus | None = None
    transitions: list[tuple[str, str, str]] = field(default_factory=list)
    others: list[LogEntry] = field(default_factory=list)
    after: list["StoryLine"] = field(default_factory=list)
    causes: int = 0

    @property
    def is_own(self) -> bool:
        return self.event is not None and self.event.kind in OWN

    def paths(self) -> dict[str, list[str]]:
        """Return the states that each key went through."""
        found: dict[str, list[str]] = {}
        for key, start, finish in self.transitions:
            path = found.setdefault(key, [start])
            if path[-1] != finish:
                path.append(finish)
        return found

    def leads_to(self, other: "StoryLine") -> None:
        self.after.append(other)
        other.causes += 1


def story(dump: ClusterDump, keys: Collection[str]) -> list[tuple[str, str]]:
    """Return (place, sentence) for everything that is known to have happened to some keys."""
    lines: list[StoryLine] = []
    for place, found in places(dump, keys):
        for earlier, later in itertools.pairwise(found):
            earlier.leads_to(later)
        lines += found
        assert all(line.place == place for line in found)
    relate(lines)
    relate_requests(lines)
    return [(line.place, sentence(dump, line, lines)) for line in ordered(lines)]


def places(dump: ClusterDump, keys: Collection[str]) -> Iterator[tuple[str, list[StoryLine]]]:
    """Yield the lines of each place, in the order of its log."""
    if dump.has_scheduler:
        yield SCHEDULER, joined(SCHEDULER, (), dump.log, keys)
    for worker in dump.workers.values():
        if any(key in worker.news for key in keys):
            yield worker.address, joined(worker.address, worker.stimuli, worker.log, keys)


def joined(
    place: str, stimuli: Iterable[Stimulus], log: Iterable[LogEntry], keys: Collection[str]
) -> list[StoryLine]:
    """Return one line for each stimulus: an event, and the entries of the log that follow from it."""
    items: list[tuple[float, int, Stimulus | LogEntry]] = [
        (entry.time, 1, entry) for entry in log if keys_of(entry.keys, keys)
    ]
    moved = {entry.stimulus_id for _, _, entry in items}  # a failed transfer does not tell its keys
    items += [
        (stimulus.handled, 0, stimulus)
        for stimulus in stimuli
        if keys_of(stimulus.keys, keys) or (not stimulus.keys and stimulus.stimulus_id in moved)
    ]
    items.sort(key=lambda item: item[:2])
    found: list[StoryLine] = []
    last: dict[str, StoryLine] = {}
    for time, _, entry in items:
        line = last.get(entry.stimulus_id)
        if line is None or isinstance(entry, Stimulus):
            line = last[entry.stimulus_id] = StoryLine(place, entry.stimulus_id, time)
            found.append(line)
        if isinstance(entry, Stimulus):
            line.event = entry
        elif not entry.what:
            line.transitions.append((entry.keys[0], entry.start, entry.finish))
        elif entry.what not in REPEATING:
            line.others.append(entry)
    return [line for line in found if line.event or line.transitions or line.others]


def keys_of(some: Iterable[str], keys: Collection[str]) -> bool:
    return any(key in keys for key in some)


def relate(lines: Iterable[StoryLine]) -> None:
    """A stimulus is first where it began, then at the scheduler, then at the workers it is sent to."""
    by_id: dict[str, list[StoryLine]] = defaultdict(list)
    for line in lines:
        by_id[line.stimulus_id].append(line)
    for same in by_id.values():
        stages = [
            [line for line in same if line.is_own],
            [line for line in same if line.place == SCHEDULER],
            [line for line in same if not line.is_own and line.place != SCHEDULER],
        ]
        present = [stage for stage in stages if stage]
        for earlier, later in itertools.pairwise(present):
            for one in earlier:
                for other in later:
                    one.leads_to(other)


def relate_requests(lines: Sequence[StoryLine]) -> None:
    """A request to compute a key follows from the scheduler putting it into processing."""
    sent: dict[str, list[StoryLine]] = defaultdict(list)
    received: dict[str, list[StoryLine]] = defaultdict(list)
    for line in lines:
        for key, _, finish in line.transitions:
            if line.place == SCHEDULER and finish == "processing":
                sent[key].append(line)
        if line.event is not None and line.event.kind == "ComputeTaskEvent":
            received[line.event.keys[0]].append(line)
    for key, requests in received.items():
        if all(isinstance(run_id(line), int) for line in requests):
            requests.sort(key=lambda line: int(str(run_id(line))))
            for one, other in zip(reversed(sent[key]), reversed(requests), strict=False):
                one.leads_to(other)


def run_id(line: StoryLine) -> object:
    return line.event.fields.get("run_id") if line.event is not None else None


def ordered(lines: Sequence[StoryLine]) -> Iterator[StoryLine]:
    """Yield causes before what they lead to; of unrelated lines, the earlier one first."""
    numbers = {id(line): number for number, line in enumerate(lines)}
    left = {id(line): line for line in lines}
    open_ = [(line.time, numbers[id(line)]) for line in lines if not line.causes]
    heapq.heapify(open_)
    while left:
        if not open_:  # clocks or logs contradict each other: go on with the earliest
            first = min(left.values(), key=lambda line: line.time)
            open_.append((first.time, numbers[id(first)]))
        line = lines[heapq.heappop(open_)[1]]
        if left.pop(id(line), None) is None:
            continue
        yield line
        for other in line.after:
            other.causes -= 1
            if other.causes == 0:
                heapq.heappush(open_, (other.time, numbers[id(other)]))


# Sentences


def sentence(dump: ClusterDump, line: StoryLine, lines: Iterable[StoryLine]) -> str:
    """Return one line of the story in words."""
    parts = []
    if line.event is not None:
        parts.append(SENTENCES.get(line.event.kind, other_event)(dump, line.event))
        parts += answer_to(dump, line, lines)
    elif line.place == SCHEDULER:
        parts += cause(line.stimulus_id, lines, dump)
    parts += [f"{entry.what} {named(entry.keys)}" for entry in line.others if line.event is None]
    text = ", ".join(parts)
    transitions = "; ".join(f"{key}: {' -> '.join(states)}" for key, states in line.paths().items())
    return f"{text}. {transitions}" if text and transitions else text or transitions


def cause(stimulus_id: str, lines: Iterable[StoryLine], dump: ClusterDump) -> list[str]:
    """Return why the scheduler did something: whose event it answers, or a word for its stimulus."""
    for line in lines:
        if line.stimulus_id == stimulus_id and line.is_own and line.event is not None:
            return [f"hears of {dump.labels[line.place]}: {brief(line.event)}"]
    name = next((name for name in CAUSES if stimulus_id.startswith(name)), "")
    return [CAUSES[name]] if name else [stimulus_id.rstrip("0123456789.-")]


def answer_to(dump: ClusterDump, line: StoryLine, lines: Iterable[StoryLine]) -> list[str]:
    """Return that an event of the scheduler answers an event of a worker."""
    if line.is_own:
        return []
    for entry in lines:
        if entry.stimulus_id == line.stimulus_id and entry.is_own and entry.event is not None:
            whose = "its own" if entry.place == line.place else f"{dump.labels[entry.place]}'s"
            return [f"the answer to {whose} {brief(entry.event)}"]
    return []


def brief(event: Stimulus) -> str:
    """Return an event of a worker in a few words."""
    run = event.fields.get("run_id")
    of_run = f" (run {run})" if run is not None else ""
    what = BRIEF.get(event.kind, event.kind.removesuffix("Event"))
    return f"{what} of {named(event.keys)}{of_run}" if event.keys else what


BRIEF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ExecuteSuccessEvent": "finish",
        "ExecuteFailureEvent": "failure",
        "RescheduleEvent": "rescheduling",
        "GatherDepSuccessEvent": "copy",
        "GatherDepFailureEvent": "failed copy",
        "SecedeEvent": "secession",
    }
)


def run_of(event: Stimulus) -> str:
    run = event.fields.get("run_id")
    return f" (run {run})" if run is not None else ""


def peer_of(dump: ClusterDump, event: Stimulus) -> str:
    return dump.labels[str(event.fields.get("worker") or "a peer")]


def holders_of(dump: ClusterDump, event: Stimulus) -> str:
    """Return who holds what, as an event says."""
    if not event.holders:
        return ""
    listed = [f"{key} on {dump.labels.listed(peers)}" for key, peers in event.holders.items()]
    return f", with {named(listed)}"


def other_event(dump: ClusterDump, event: Stimulus) -> str:
    return f"{event.kind.removesuffix('Event')} {named(event.keys)}".rstrip()


def exception_of(event: Stimulus) -> str:
    return str(event.fields.get("exception_text") or "no exception told")


#: Sentence for each kind of event of a worker.
SENTENCES: Final[Mapping[str, Callable[[ClusterDump, Stimulus], str]]] = MappingProxyType(
    {
        "ComputeTaskEvent": lambda dump, stimulus: (
            f"is asked to compute {stimulus.keys[0]}{run_of(stimulus)}{holders_of(dump, stimulus)}"
        ),
        "FreeKeysEvent": lambda dump, stimulus: f"free-keys {named(stimulus.keys)}",
        "AcquireReplicasEvent": lambda dump, stimulus: f"is asked to copy {named(stimulus.keys)}",
        "RemoveReplicasEvent": lambda dump, stimulus: (
            f"may drop its copy of {named(stimulus.keys)}"
        ),
        "StealRequestEvent": lambda dump, stimulus: f"is asked to give {named(stimulus.keys)} away",
        "CancelComputeEvent": lambda dump, stimulus: (
            f"is told not to compute {named(stimulus.keys)}"
        ),
        "RefreshWhoHasEvent": lambda dump, stimulus: (
            f"is told who holds keys{holders_of(dump, stimulus)}"
        ),
        "UpdateDataEvent": lambda dump, stimulus: f"a client sends it {named(stimulus.keys)}",
        "ExecuteSuccessEvent": lambda dump, stimulus: (
            f"finishes {stimulus.keys[0]}{run_of(stimulus)}"
        ),
        "ExecuteFailureEvent": lambda dump, stimulus: (
            f"{stimulus.keys[0]}{run_of(stimulus)} raises {exception_of(stimulus)}"
        ),
        "RescheduleEvent": lambda dump, stimulus: f"hands {named(stimulus.keys)} back",
        "SecedeEvent": lambda dump, stimulus: f"{named(stimulus.keys)} leaves its thread",
        "GatherDepSuccessEvent": lambda dump, stimulus: (
            f"{peer_of(dump, stimulus)} sends {named(stimulus.keys) if stimulus.keys else 'nothing'}"
        ),
        "GatherDepBusyEvent": lambda dump, stimulus: f"{peer_of(dump, stimulus)} is busy",
        "GatherDepNetworkFailureEvent": lambda dump, stimulus: (
            f"loses the connection to {peer_of(dump, stimulus)} while it copies {named(stimulus.keys)}"
        ),
        "GatherDepFailureEvent": lambda dump, stimulus: (
            f"cannot read what {peer_of(dump, stimulus)} sent: {exception_of(stimulus)}"
        ),
    }
)
