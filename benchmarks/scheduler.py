"""Source of the events of a worker in a cluster that is fairly healthy.

Unlike the steps of the fuzzer, these are what a scheduler sends that knows what it does: tasks
whose inputs exist, at one holder each, and with priorities that are all different; keys are let go
when no task here needs them. Threads and transfers fail now and then, peers are busy, or leave.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import NEEDS_INPUTS, State
from workerfuzz.statemachine.worker.task import Request, TaskSpec
from workerfuzz.statemachine.worker.worker_state import ADDRESS, WorkerState

PEERS: Final = ("a", "b", "c", "d", "e", "f")

#: Tasks and values at which the scheduler has given a worker enough to do.
ENOUGH_TASKS: Final = 8
ENOUGH_VALUES: Final = 30

#: States in which a key is usually let go.
DONE: Final = frozenset({State.MEMORY, State.ERROR, State.RELEASED})


def draw_config(chance: random.Random) -> WorkerConfig:
    """Workers of several sizes. A key that fails to deserialise errs at once, as in Dask."""
    return WorkerConfig(
        nthreads=chance.choice((1, 2, 4, 8)),
        resources=chance.choice(({}, {"gpu": 1.0})),
        suspicious_limit=1,
        transfer_count=chance.choice((50, 2)),
        transfer_throttle_nbytes=chance.choice((10_000_000, 0)),
    )


class Scheduler:
    """Everything around one worker. Looks at the worker to know what a scheduler would know.

    Attributes:
        held: the one peer that holds a key, by key.
        executing, gathering, retrying: what the worker asked for and still waits for.
        asked_about: keys whose holders it asked for.
        over: keys that were stolen or handed back, and are to be let go here.
    """

    def __init__(self, chance: random.Random, worker: WorkerState) -> None:
        self.chance = chance
        self.worker = worker
        self.held: dict[str, str] = {}
        self.executing: dict[str, do.Execute] = {}
        self.seceded: set[str] = set()
        self.gathering: dict[str, tuple[str, ...]] = {}
        self.retrying: dict[str, None] = {}
        self.asked_about: dict[str, None] = {}
        self.over: dict[str, None] = {}
        self.serial = 0
        self.run_id = 0

    def next_event(self) -> Event:
        """Something that can happen now."""
        kinds, weights = list(DRAW), [weight for weight, _ in DRAW.values()]
        while True:
            (kind,) = self.chance.choices(kinds, weights)
            event = DRAW[kind][1](self)
            if event is not None:
                return event

    def note(self, event: Event, issued: Sequence[Instruction]) -> None:
        """An event happened, and this is what the worker wants."""
        match event:
            case events.ExecuteSuccess() | events.ExecuteFailure() | events.Reschedule():
                del self.executing[event.key]
                self.seceded.discard(event.key)
            case events.Secede():
                self.seceded.add(event.key)
            case events.RetryBusyWorker():
                del self.retrying[event.worker]
            case events.RemoveWorker():
                self.held = {
                    key: value for key, value in self.held.items() if value != event.worker
                }
            case events.ForgetKeys():
                for key in event.keys:
                    self.held.pop(key, None)
                    self.over.pop(key, None)
            case events.RefreshWhoHas():
                self.asked_about.clear()
            case _ if isinstance(event, ENDS_TRANSFER):
                self._note_end(event)
            case _:
                pass
        for instruction in issued:
            self._note_issued(instruction)

    def _note_end(self, event: events.GatherDepSuccess) -> None:
        for key in self.gathering.pop(event.worker):
            if isinstance(event, events.GatherDepNetworkFailure):
                self.held.pop(key, None)

    def _note_issued(self, instruction: Instruction) -> None:
        match instruction:
            case do.Execute():
                self.executing[instruction.key] = instruction
            case do.GatherDep():
                self.gathering[instruction.worker] = instruction.keys
            case do.RetryBusyWorkerLater():
                self.retrying[instruction.worker] = None
            case do.RequestRefreshWhoHas():
                self.asked_about.update(dict.fromkeys(instruction.keys))
            case do.Reschedule():
                self.over[instruction.key] = None
            case do.StealResponse() if instruction.state in NEEDS_INPUTS:
                self.over[instruction.key] = None
            case _:
                pass

    # What a scheduler knows

    def fresh(self, kind: str) -> str:
        self.serial += 1
        return f"{kind}-{self.serial}"

    def elsewhere(self) -> str:
        """A new key at some peer."""
        key = self.fresh("part")
        self.held[key] = self.chance.choice(PEERS)
        return key

    def in_states(self, *states: State) -> list[str]:
        return [key for key, task in self.worker.tasks.items() if task.state in states]

    def free(self, keys: Sequence[str]) -> list[str]:
        """Those that no task here needs, or runs with."""
        running = {key for execution in self.executing.values() for key in execution.inputs}
        return [key for key in keys if key not in running and not self.worker.tasks[key].needed_by]

    def some(self, keys: Sequence[str], most: int) -> tuple[str, ...]:
        return tuple(self.chance.sample(keys, self.chance.randint(1, min(most, len(keys)))))

    # From the scheduler

    def compute_task(self) -> Event | None:
        if len(self.in_states(*NEEDS_INPUTS)) >= ENOUGH_TASKS:
            return None
        stored, remote = list(self.worker.data), list(self.held)
        needs: dict[str, None] = {}
        for _ in range(self.chance.choice((0, 1, 1, 2, 2, 3))):
            source = self.chance.random()
            if source < 0.45 and stored:
                needs[self.chance.choice(stored)] = None
            elif source < 0.65 and remote:
                needs[self.chance.choice(remote)] = None
            else:
                needs[self.elsewhere()] = None
        self.run_id += 1
        resources = {"gpu": 1.0} if self.worker.config.resources and not self.run_id % 4 else {}
        priority = (0, self.chance.randrange(10**9))
        return events.ComputeTask(
            spec=TaskSpec(key=self.fresh("task"), dependencies=tuple(needs)),
            request=Request(run_id=self.run_id, priority=priority, resources=resources),
            who_has={key: self.holders(key) for key in needs},
            nbytes=dict.fromkeys(needs, 1000),
        )

    def holders(self, key: str) -> tuple[str, ...]:
        return (ADDRESS,) if key in self.worker.data else (self.held[key],)

    def let_go(self) -> Event | None:
        """Also of what was stolen or handed back; seldom of what has only begun."""
        keys = self.free(self.in_states(*DONE))
        if self.chance.random() < 0.1:
            keys = self.free(self.in_states(*NEEDS_INPUTS, State.FLIGHT, State.EXECUTING))
        keys += self.over
        enough = len(self.worker.data) > ENOUGH_VALUES or self.chance.random() < 0.3
        return events.ForgetKeys(keys=self.some(keys, 5)) if keys and enough else None

    def acquire_replicas(self) -> Event:
        keys = [key for key in self.held if key not in self.worker.tasks]
        wanted = self.some(keys or [self.elsewhere()], 3)
        return events.AcquireReplicas(
            who_has={key: (self.held[key],) for key in wanted}, nbytes=dict.fromkeys(wanted, 1000)
        )

    def remove_replicas(self) -> Event | None:
        keys = self.free([key for key in self.worker.data if key in self.held])
        return events.RemoveReplicas(keys=self.some(keys, 3)) if keys else None

    def steal_request(self) -> Event | None:
        keys = self.in_states(*NEEDS_INPUTS, State.EXECUTING)
        keys = [key for key in keys if not self.worker.tasks[key].needed_by]
        if not keys:
            return None
        return events.StealRequest(key=self.chance.choice(keys), stimulus_id=self.fresh("steal"))

    def cancel_compute(self) -> Event | None:
        keys = self.free(self.in_states(*NEEDS_INPUTS))
        return events.CancelCompute(key=self.chance.choice(keys)) if keys else None

    def refresh_who_has(self) -> Event | None:
        if not self.asked_about:
            return None
        for key in self.asked_about:
            self.held.setdefault(key, self.chance.choice(PEERS))
        return events.RefreshWhoHas(who_has={key: (self.held[key],) for key in self.asked_about})

    def remove_worker(self) -> Event:
        return events.RemoveWorker(worker=self.chance.choice(PEERS))

    def update_data(self) -> Event:
        return events.UpdateData(values={self.fresh("scattered"): 1})

    # From the worker's own process

    def pause(self) -> Event | None:
        return events.Pause() if not self.worker.paused else None

    def unpause(self) -> Event | None:
        return events.Unpause() if self.worker.paused else None

    def find_missing(self) -> Event:
        return events.FindMissing()

    def retry_busy_worker(self) -> Event | None:
        return events.RetryBusyWorker(worker=next(iter(self.retrying))) if self.retrying else None

    def execute_success(self) -> Event | None:
        execution = self.thread()
        if execution is None:
            return None
        return events.ExecuteSuccess(
            key=execution.key, run_id=execution.run_id, value=execution.run_id, nbytes=1000
        )

    def execute_failure(self) -> Event | None:
        execution = self.thread()
        return (
            events.ExecuteFailure(key=execution.key, run_id=execution.run_id)
            if execution is not None
            else None
        )

    def reschedule(self) -> Event | None:
        execution = self.thread()
        return (
            events.Reschedule(key=execution.key, run_id=execution.run_id)
            if execution is not None
            else None
        )

    def secede(self) -> Event | None:
        execution = self.thread()
        if execution is None or execution.key in self.seceded:
            return None
        return events.Secede(key=execution.key, run_id=execution.run_id, compute_duration_s=1.0)

    def thread(self) -> do.Execute | None:
        return self.chance.choice(list(self.executing.values())) if self.executing else None

    # From peers

    def gather_dep_success(self) -> Event | None:
        peer = self.transfer()
        if peer is None:
            return None
        return events.GatherDepSuccess(worker=peer, values=dict.fromkeys(self.gathering[peer], 1))

    def gather_dep_busy(self) -> Event | None:
        peer = self.transfer()
        return events.GatherDepBusy(worker=peer) if peer is not None else None

    def gather_dep_network_failure(self) -> Event | None:
        peer = self.transfer()
        return events.GatherDepNetworkFailure(worker=peer) if peer is not None else None

    def gather_dep_failure(self) -> Event | None:
        """Of keys that no task waits for: Dask leaves such a task waiting, ours fails with them."""
        peer = self.transfer()
        if peer is None or any(self.worker.tasks[key].needed_by for key in self.gathering[peer]):
            return None
        return events.GatherDepFailure(worker=peer)

    def transfer(self) -> str | None:
        return self.chance.choice(list(self.gathering)) if self.gathering else None


ENDS_TRANSFER: Final = (
    events.GatherDepSuccess,
    events.GatherDepBusy,
    events.GatherDepNetworkFailure,
    events.GatherDepFailure,
)

#: How likely each kind is to be tried, and what draws it.
DRAW: Final[Mapping[str, tuple[int, Callable[[Scheduler], Event | None]]]] = MappingProxyType(
    {
        "compute": (200, Scheduler.compute_task),
        "let go": (120, Scheduler.let_go),
        "acquire": (20, Scheduler.acquire_replicas),
        "remove": (15, Scheduler.remove_replicas),
        "steal": (15, Scheduler.steal_request),
        "cancel": (5, Scheduler.cancel_compute),
        "refresh": (30, Scheduler.refresh_who_has),
        "peer leaves": (3, Scheduler.remove_worker),
        "scatter": (5, Scheduler.update_data),
        "pause": (2, Scheduler.pause),
        "unpause": (20, Scheduler.unpause),
        "find missing": (10, Scheduler.find_missing),
        "retry": (20, Scheduler.retry_busy_worker),
        "success": (200, Scheduler.execute_success),
        "failure": (6, Scheduler.execute_failure),
        "reschedule": (4, Scheduler.reschedule),
        "secede": (4, Scheduler.secede),
        "copied": (150, Scheduler.gather_dep_success),
        "busy": (8, Scheduler.gather_dep_busy),
        "broken": (5, Scheduler.gather_dep_network_failure),
        "unreadable": (4, Scheduler.gather_dep_failure),
    }
)
