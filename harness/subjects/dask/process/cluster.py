"""The subject ``dask`` as processes: its own ``Scheduler``, ``Worker`` and ``Client``, unmodified.

Each is a participant of one simulated loop. Connections, time and threads go on when a step says so.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from distributed import Client, Scheduler, Worker
from distributed.worker_state_machine import SecedeEvent
from packaging.version import Version
from tornado.ioloop import IOLoop

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, TaskTransition
from workerfuzz.harness.subjects.dask.cluster.cluster import DaskClusterSystem
from workerfuzz.harness.subjects.dask.cluster.possible_decisions import unsatisfiable
from workerfuzz.harness.subjects.dask.cluster.residue import residue
from workerfuzz.harness.subjects.dask.failures import (
    ALLOWED,
    LoggedError,
    describe,
    nothing_is_logged_as_error,
    scheduler_validate_state,
    validate_state,
)
from workerfuzz.harness.subjects.dask.instrumentation import DaskObject
from workerfuzz.harness.subjects.dask.process.clients import PATIENCE_S, DaskClients
from workerfuzz.harness.subjects.dask.process.endings import (
    ENDINGS,
    MEANT,
    Ending,
    UnserialisableText,
    WorkerStore,
    fail,
    reschedule,
)
from workerfuzz.harness.subjects.dask.process.loop import (
    CLOCK,
    ExecutorCall,
    Livelock,
    SimulatedLoop,
)
from workerfuzz.harness.subjects.dask.process.patches import (
    OLDEST,
    SimulatedThreadPoolExecutor,
    simulated,
)
from workerfuzz.harness.subjects.dask.process.transport import (
    NETWORKS,
    Network,
    address_of,
    participant_at,
)
from workerfuzz.harness.subjects.dask.tables import scheduler_tables, worker_tables
from workerfuzz.harness.subjects.dask.worker.worker import DaskWorker
from workerfuzz.harness.subjects.process_protocol import (
    Compute,
    EndedCall,
    OpenCall,
    ProcessCluster,
    ProcessSystem,
    Traffic,
    base_name,
)
from workerfuzz.harness.subjects.protocol import SubjectRaised, SubjectUnavailable
from workerfuzz.harness.subjects.tables import Tables
from workerfuzz.statemachine.properties.property import CHECKS, Broken
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.cluster.run_config import ClusterConfig
from workerfuzz.strategies.cluster.view import Pair, ThreadOutcome


class ProcessWorker(DaskWorker):
    """The state machine of a worker; read only."""

    def __init__(self, machine: DaskObject, config: WorkerConfig) -> None:
        self.machine = machine
        self._config = config

    def holders(self, key: str) -> Collection[str]:
        task = self._task(key)
        return [] if task is None else sorted(map(participant_at, task.who_has))

    def transfers(self) -> Mapping[str, Collection[str]]:
        open_transfers = self.machine.in_flight_workers.items()
        return {participant_at(peer): sorted(keys) for peer, keys in open_transfers}

    def _task(self, key: str) -> DaskObject:
        return self.machine.tasks.get(key)


#: Rounds of deliveries for each virtual second, beyond which a cluster that settles goes in circles.
ROUNDS_PER_S: Final = 400

#: Threads that end while a cluster settles; one that runs more of them runs them for ever.
MOST_THREADS: Final = 100

#: Memory that a worker may use.
MEMORY_NBYTES: Final = 1_000_000_000

#: Virtual seconds within which a timer is due that is waited for; callbacks that are due until then.
FORESEEN_S: Final = 600.0
MOST_TIMERS: Final = 2_000

#: Virtual seconds that a thread takes.
THREAD_S: Final = 0.01

#: Statuses of a worker that does nothing any more.
_OVER: Final = frozenset({"closed", "failed"})

#: Errors that are logged where a process or a connection ends: as they begin in Dask's source.
ALLOWED_IN_PROCESSES: Final[Mapping[str, str]] = {
    **ALLOWED,
    "Compute Failed": "a task was told to fail, and the client is told",
    "Couldn't gather keys": "a client gathers what it released or what was lost; it is told",
    "Unable to connect to scheduler: name taken": "its namesake is not known to be gone",
    "Failed to reconnect to scheduler": "the client did not for too long, and closes",
    "Could not find data": "a value to be copied is gone by now; whoever asked for the copy is told",
    "Refreshing an unknown lease ID": "what renews a lock was under way for longer than it lasts",
}

#: The same, of exceptions that a handler raised.
ALLOWED_EXCEPTIONS: Final[Mapping[str, str]] = {
    "Worker already exists": "one that comes back is refused until the scheduler knows that it was gone",
    "name taken": "the same, at another address",
    "'Dataset ": "a data set is published twice, and whoever does that is told",
    "Can not use replicate to delete data": "there is no worker, and the client is told",
    "('Could not serialize object of type UnserialisableText": "a step means it to be so",
    "Could not serialize object of type UnserialisableText": "the same, as another release says it",
}

#: Exceptions that are logged once a process or a connection has ended: it is what they say.
CONNECTION_ERRORS: Final = (OSError, asyncio.TimeoutError)  # CommClosedError is an OSError


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A call of a participant that has not ended."""

    participant: str
    word: str
    keys: tuple[str, ...]
    task: "asyncio.Task[object]"

    def __str__(self) -> str:
        return " ".join((self.participant, self.word, *self.keys))

    def ended(self) -> EndedCall:
        if self.task.cancelled():
            error: BaseException | None = asyncio.CancelledError()
        else:
            error = self.task.exception()
        result = None if error is not None else self.task.result()
        values = result if self.word == "gather" and isinstance(result, dict) else None
        return EndedCall(self.participant, self.word, self.keys, values, error)


class DaskProcessSystem(DaskClusterSystem, ProcessSystem):
    """System of the processes of the installed release."""

    def version(self) -> str:
        installed_version = super().version()
        if Version(installed_version) < Version(OLDEST):
            raise SubjectUnavailable(
                f"processes of dask are simulated from release {OLDEST} on; this is {installed_version}"
            )
        return installed_version

    def processes(
        self, config: ClusterConfig, clients: Sequence[str], compute: Compute
    ) -> "DaskProcesses":
        if asyncio._get_running_loop() is not None or Worker._instances or Client._instances:
            raise SubjectUnavailable(
                "a simulation of processes needs a process of its own; Dask is in use in this one"
            )
        return DaskProcesses(config, clients, compute)


class DaskProcesses(DaskClients, ProcessCluster):
    """A scheduler, workers and clients of Dask on one simulated loop."""

    def __init__(self, config: ClusterConfig, clients: Sequence[str], compute: Compute) -> None:
        super().__init__()
        self.config = config
        self.compute = compute
        self.workers: dict[str, DaskObject] = {}
        self._calls: list[PendingCall] = []
        self._is_faulty = False  # some process or connection has ended
        self._stack = contextlib.ExitStack()
        options = {
            "distributed.scheduler.worker-saturation": config.saturation,
            "distributed.scheduler.allowed-failures": config.allowed_failures,
        }
        try:
            self._errors = self._stack.enter_context(simulated(0, options))
            self.loop = SimulatedLoop()  # type: ignore[abstract]  # the rest of it nobody calls
            self.network = Network(self.loop)
            NETWORKS.append(self.network)
            self._stack.callback(NETWORKS.clear)
            self._stack.callback(self._forget_loop)
            self.scheduler = self._started(SCHEDULER, self._scheduler)
            for number in range(config.workers):
                self.join(f"w{number}")
                self.settle(PATIENCE_S, threads=False, until=lambda: not self._calls_left())
            for name in clients:
                self.clients[name] = self._started(name, partial(self._client, name))
            self.settle(1.0, threads=False)
            self.transitions()
            self.network.take_traffic()
        except BaseException:
            self._stack.close()
            raise

    # Participants

    def _scheduler(self) -> DaskObject:
        return Scheduler(host=address_of(SCHEDULER), dashboard=False, validate=self.config.validate)

    def _worker(self, worker: str, name: str) -> DaskObject:
        executors = {name: SimulatedThreadPoolExecutor() for name in ("default", "actor")}
        return Worker(
            address_of(SCHEDULER),
            name=name,
            host=address_of(worker),
            nthreads=self.config.worker.nthreads,
            resources=dict(self.config.worker.resources),
            memory_limit=MEMORY_NBYTES,
            data=WorkerStore(),
            executor=executors,
            validate=self.config.validate,
        )

    def _started(self, participant: str, make: Callable[[], DaskObject]) -> DaskObject:
        async def start() -> DaskObject:
            return await make()

        task = self.loop.spawn(participant, start())
        self.settle(PATIENCE_S, threads=False, until=task.done)
        return task.result()

    def _start_call(
        self, participant: str, word: str, keys: Sequence[str], make: Callable[[], object]
    ) -> None:
        """Let a participant call something that may take a while."""

        async def call() -> object:
            made = make()
            return await made if isinstance(made, Awaitable) else made

        task = self.loop.spawn(participant, call())
        self._calls.append(PendingCall(participant, word, tuple(keys), task))

    def _calls_left(self) -> bool:
        return any(not call.task.done() for call in self._calls)

    # What can be seen

    @property
    def present(self) -> Sequence[str]:
        return [name for name, worker in self.workers.items() if worker.status.name not in _OVER]

    @property
    def pipes(self) -> Sequence[str]:
        return self.network.deliverable()

    @property
    def connections(self) -> Sequence[str]:
        return [name for name in self.network.pipes if ">" in name]

    @property
    def threads(self) -> Sequence[Pair]:
        return [(base_name(call.participant), call.key) for call in self.loop.threads]

    @property
    def timers(self) -> Sequence[str]:
        timers = self.loop.named_timers(CLOCK.now + FORESEEN_S)
        return [*dict.fromkeys(name for _, name in timers)]

    @property
    def calls(self) -> Sequence[OpenCall]:
        return [OpenCall(str(call), call.keys) for call in self._calls if not call.task.done()]

    @property
    def digest(self) -> int:
        return self.network.digest

    def status_of(self, worker: str) -> str:
        name: str = self.workers[worker].status.name
        return name

    def transitions(self) -> Iterable[TaskTransition]:
        found: list[TaskTransition] = []
        for name, worker in self.workers.items():
            log = worker.state.log
            entries = [entry for entry in log if len(entry) == _TRANSITION and entry[1] != entry[3]]
            found += (
                TaskTransition(name, entry[0], str(entry[1]), str(entry[3])) for entry in entries
            )
            log.clear()
        log = self.scheduler.transition_log
        found += (
            TaskTransition(SCHEDULER, entry[0], entry[1], entry[2])
            for entry in log
            if entry[1] != entry[2]
        )
        log.clear()
        return found

    def traffic(self) -> Iterable[Traffic]:
        return self.network.take_traffic()

    def tables(self, participant: str) -> Tables:
        if participant == SCHEDULER:
            return scheduler_tables(self.scheduler, self.scheduler.extensions["stealing"])
        return worker_tables(self.workers[participant].state)

    def ended_calls(self) -> Sequence[EndedCall]:
        ended = [call for call in self._calls if call.task.done()]
        self._calls = [call for call in self._calls if not call.task.done()]
        for call in ended:
            if call.word == "leave":  # and its program is over
                self._kill(call.participant)
        done = [call.ended() for call in ended]
        self._have_raised = self._have_raised or any(call.error is not None for call in done)
        return done

    def unhandled(self) -> Sequence[str]:
        found, self.loop.unhandled = self.loop.unhandled, []
        return [
            f"{error.message}: {describe(error.error)}" if error.error else error.message
            for error in found
        ]

    def check(self, *, thoroughly: bool) -> Iterable[Broken]:
        found: list[Broken] = []
        if thoroughly and self.config.validate:
            found += CHECKS.broken([((scheduler_validate_state,), self.scheduler)])
            for name in self.present:
                found += CHECKS.broken([((validate_state,), self.workers[name].state)])
        logged = [error for error in self._errors if not self._is_expected(error)]
        self._errors.clear()
        for error in logged:
            if error.error is not None and error.error.__traceback__ is not None:
                raise SubjectRaised(describe(error.error)) from error.error
        found += CHECKS.broken([((nothing_is_logged_as_error,), logged)])
        return found

    def _is_expected(self, logged: LoggedError) -> bool:
        """Return whether an error that was logged is what a user is to see."""
        broken_off = self._is_faulty and isinstance(logged.error, CONNECTION_ERRORS)
        known = logged.text.startswith(tuple(ALLOWED_IN_PROCESSES))
        known = known or str(logged.error).startswith(tuple(ALLOWED_EXCEPTIONS))
        return known or broken_off or isinstance(logged.error, MEANT)

    def worker(self, worker: str) -> ProcessWorker:
        return ProcessWorker(self.workers[worker].state, self.config.worker)

    def keys(self) -> Collection[str]:
        return sorted(self.scheduler.tasks)

    def state(self, key: str) -> str | None:
        task = self.scheduler.tasks.get(key)
        return None if task is None else str(task.state)

    def holders(self, key: str) -> Collection[str]:
        task = self.scheduler.tasks.get(key)
        return (
            sorted(participant_at(worker.address) for worker in task.who_has or ()) if task else []
        )

    def registered(self) -> Collection[str]:
        return sorted(map(participant_at, self.scheduler.workers))

    def unsatisfiable(self) -> Collection[str]:
        return sorted(unsatisfiable(self.scheduler))

    def residue(self) -> Iterator[str]:
        workers = {name: self.worker(name) for name in self.present}
        yield from residue(self.scheduler, self.scheduler.extensions["stealing"], workers)
        for name, client in self.clients.items():
            if client.futures:
                yield f"{name}: futures: {' '.join(sorted(client.futures))}"

    # What can be done

    def run_ready(self, seconds: float) -> None:
        CLOCK.advance(seconds)
        try:
            while self.loop.advance(CLOCK.now):
                self.loop.run_ready()
            self.loop.run_ready()
        except Livelock as error:
            raise SubjectRaised(f"callbacks go on without end: {error}") from error

    def advance(self) -> None:
        self.loop.advance()

    def advance_until(self, timer: str) -> None:
        timers = self.loop.named_timers(CLOCK.now + FORESEEN_S)
        due = next(when for when, name in timers if name == timer)
        self.settle_timers(due - CLOCK.now)

    def settle_timers(self, seconds: float) -> None:
        end = CLOCK.now + seconds
        for _ in range(MOST_TIMERS):
            if not self.loop.advance(end):
                return
            self.run_ready(0.0)

    def settle(
        self, seconds: float, *, threads: bool, until: Callable[[], bool] | None = None
    ) -> bool:
        began, end, ended = CLOCK.now, CLOCK.now + seconds, 0
        rounds = -self.network.backlog()
        while True:
            self.run_ready(0.0)
            if until is not None and until():
                return True
            rounds += 1
            if rounds > ROUNDS_PER_S * (1.0 + CLOCK.now - began):
                raise SubjectRaised("messages go on without end")
            under_way = self.network.deliverable()
            if under_way:
                for pipe in under_way:
                    self.network.deliver(pipe)
            elif threads and self.loop.threads and ended < MOST_THREADS:
                ended += 1
                first = self.loop.threads[0]
                self.end(base_name(first.participant), first.key, ThreadOutcome.SUCCESS)
            elif ended == MOST_THREADS or not self.loop.advance(end):
                return until is None

    def deliver(self, pipe: str) -> None:
        self.network.deliver(pipe)

    def cut(self, pipe: str) -> None:
        self._is_faulty = True
        self.network.cut(pipe)

    def end(self, worker: str, key: str, how: ThreadOutcome) -> None:
        call = self._thread(worker, key)
        self.loop.threads.remove(call)
        endings = {
            ThreadOutcome.SUCCESS: self.compute,
            ThreadOutcome.FAILURE: fail,
            ThreadOutcome.RESCHEDULE: reschedule,
            ThreadOutcome.NOT_STORED: self.compute,
        }
        if how is ThreadOutcome.NOT_STORED:
            self.workers[worker].data.refused.add(key)
        self._run(call, endings[how])

    def end_unserialisable(self, worker: str, key: str) -> None:
        call = self._thread(worker, key)
        self.loop.threads.remove(call)
        self._run(call, lambda spec, inputs: UnserialisableText(self.compute(spec, inputs)))

    def _run(self, call: ExecutorCall, ending: Ending) -> None:
        """Let a thread run its task, which ends in some way."""
        ENDINGS.append(ending)
        CLOCK.advance(THREAD_S)
        try:
            call.run()
        finally:
            ENDINGS.pop()

    def _thread(self, worker: str, key: str) -> ExecutorCall:
        return next(
            call
            for call in self.loop.threads
            if (base_name(call.participant), call.key) == (worker, key)
        )

    def secede(self, worker: str, key: str) -> None:
        event = SecedeEvent(key=key, compute_duration=THREAD_S, stimulus_id="secede")
        item = self.workers[worker]
        self.loop.call(self.process_of(worker), item.handle_stimulus, event)

    def steal(self, key: str, thief: str) -> None:
        scheduler = self.scheduler
        task, to = scheduler.tasks[key], scheduler.workers[address_of(thief)]
        move = scheduler.extensions["stealing"].move_task_request
        self.loop.call(SCHEDULER, move, task, task.processing_on, to)

    def replicate(self, key: str, worker: str) -> None:
        request = partial(self.scheduler.request_acquire_replicas, stimulus_id="replicate")
        self.loop.call(SCHEDULER, request, address_of(worker), [key])

    def drop(self, key: str, worker: str) -> None:
        request = partial(self.scheduler.request_remove_replicas, stimulus_id="drop")
        self.loop.call(SCHEDULER, request, address_of(worker), [key])

    def press(self, worker: str, *, is_short: bool) -> None:
        item = self.workers[worker]
        item.monitor.proc.rss = MEMORY_NBYTES if is_short else 0
        look = item.memory_manager.memory_monitor
        self._start_call(self.process_of(worker), "memory", (), lambda: look(item))

    def join(self, worker: str, name: str = "") -> None:
        self._incarnations[worker] = self._incarnations.get(worker, 0) + 1

        def make() -> DaskObject:
            self.workers[worker] = made = self._worker(worker, name or worker)
            return made

        self._start_call(self.process_of(worker), "join", (), make)

    def die(self, worker: str) -> None:
        self._end_process(worker)

    def depart(self) -> Sequence[str]:
        over = [
            name
            for name, worker in self.workers.items()
            if worker.status.name in _OVER and worker._event_finished.is_set()
        ]
        for worker in over:
            self._end_process(worker)
        return over

    def _end_process(self, worker: str) -> None:
        """Nothing of a process goes on, and its connections end."""
        self._is_faulty = True
        self._kill(self.process_of(worker))
        del self.workers[worker]

    def _kill(self, participant: str) -> None:
        self.loop.kill(participant)
        self.network.kill(participant)
        self._calls = [call for call in self._calls if call.participant != participant]

    def close_worker(self, worker: str, *, gracefully: bool) -> None:
        self._is_faulty = True
        process = self.workers[worker]
        close = process.close_gracefully if gracefully else process.close
        self._start_call(self.process_of(worker), "close", (), close)

    def close(self) -> None:
        self._stack.close()

    def _forget_loop(self) -> None:
        """Break everything off: what is left of the participants is not used any more."""
        self.futures.clear()
        IOLoop._ioloop_for_asyncio.pop(self.loop, None)
        self.loop.close()
        for client in self.clients.values():
            client.status = "closed"  # or it would close itself when it is collected
        self._calls.clear()
        self._errors.clear()
        self.scheduler = None
        self.workers.clear()
        self.clients.clear()
        self.locks.clear()
        for kind in (Worker, Client, Scheduler):
            kind._instances.clear()


#: Length of an entry about a transition in the log of a worker: (key, start, asked, finish, ...).
_TRANSITION: Final = 7
