"""Claims about a cluster of which one picture is there: across its participants, key by key.

Each may fail for a moment, while a message is under way, and none for long: they are for a key of which
nobody has had news for some time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from workerfuzz.statemachine.properties.cluster import disagreement
from workerfuzz.statemachine.properties.property import AnyProperty, always
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.scheduler.client_requests import Options
from workerfuzz.statemachine.scheduler.participants import WorkerRecord
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.worker.states import NEEDS_INPUTS, USES_INPUTS, State


@dataclass(frozen=True, slots=True)
class KeyAtWorker:
    """One key on one worker.

    Attributes:
        busy: peers that are to be asked again later.
    """

    key: str
    name: str
    view: WorkerView
    busy: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class KeyAcross:
    """One key on the scheduler and on one worker that it knows.

    Attributes:
        is_actor: its value is nowhere but where it was made.
    """

    key: str
    scheduler: SchedulerState
    name: str
    view: WorkerView
    is_actor: bool = False


@dataclass(frozen=True, slots=True)
class KeyAtScheduler:
    """One key on the scheduler.

    Attributes:
        hosts: that it is restricted to, where it is.
    """

    key: str
    scheduler: SchedulerState
    hosts: Sequence[str] = ()


#: Nothing is being done about a key in these.
IDLE: Final = frozenset({None, State.RELEASED, State.ERROR, State.FORGOTTEN, State.RESCHEDULED})

#: States of a task that a worker was asked to compute, and has not reported.
COMPUTING: Final = NEEDS_INPUTS | USES_INPUTS | {State.RESUMED}


def may_run_on(options: Options, worker: WorkerRecord, hosts: Sequence[str] = ()) -> bool:
    """Return whether the restrictions of a task leave it a worker. Resources are never loose."""
    if not worker.running:
        return False
    is_named = worker.name in options.workers or host_of(worker.name) in hosts
    if (options.workers or hosts) and not is_named and not options.loose:
        return False
    total: Mapping[str, float] = worker.config.resources
    return all(total.get(name, 0) >= amount for name, amount in options.resources.items())


def host_of(address: str) -> str:
    """``tcp://10.0.0.1:80`` as ``10.0.0.1``."""
    return address.partition("://")[2].rpartition(":")[0]


# Of one worker


@always("Something is being done about each input that a task waits for.", State.WAITING)
def inputs_are_asked_for(observation: KeyAtWorker) -> Iterator[str]:
    key, view = observation.key, observation.view
    if view.state(key) is State.WAITING:
        data = view.data()
        for dependency in view.dependencies(key):
            state = view.state(dependency)
            if state in IDLE and dependency not in data:
                yield f"{key} waits for {dependency}, which is {state or 'unknown'} there"


@always("A task that could run does not wait while a thread is idle.", State.READY)
def threads_are_used(observation: KeyAtWorker) -> Iterator[str]:
    key, view = observation.key, observation.view
    running = sum(not seceded for seceded in view.threads().values())
    if view.state(key) is State.READY and not view.paused() and running < view.config.nthreads:
        yield f"{key} is ready, and {view.config.nthreads - running} threads have nothing to do"


@always("A key that is queued to be copied is copied while no transfer is open.", State.FETCH)
def copies_are_begun(observation: KeyAtWorker) -> Iterator[str]:
    key, view = observation.key, observation.view
    is_free = not view.paused() and not view.transfers() and not observation.busy
    if view.state(key) is State.FETCH and is_free:
        yield f"{key} is queued to be copied, and no transfer is open"


# Of the scheduler and a worker


@always("A worker does what the scheduler believes that it is asked to compute.")
def processing_is_being_done(observation: KeyAcross) -> Iterator[str]:
    task = observation.scheduler.tasks.get(observation.key)
    state = observation.view.state(observation.key)
    if task is not None and task.processing_on == observation.name and state not in COMPUTING:
        yield f"{task.key} is processing on the scheduler, and {state or 'unknown'} on the worker"


@always("A worker computes nothing that the scheduler did not ask it for.")
def computing_was_asked_for(observation: KeyAcross) -> Iterator[str]:
    task = observation.scheduler.tasks.get(observation.key)
    state = observation.view.state(observation.key)
    is_asked = task is not None and task.processing_on == observation.name
    if state in NEEDS_INPUTS | USES_INPUTS and not is_asked:
        believed = "unknown" if task is None else task.state
        yield f"{observation.key} is {state} on the worker, and {believed} on the scheduler"


@always("A key that a worker misses is held by nobody.", State.MISSING)
def missing_is_nowhere(observation: KeyAcross) -> Iterator[str]:
    task = observation.scheduler.tasks.get(observation.key)
    if observation.view.state(observation.key) is State.MISSING and task is not None:
        for holder in task.who_has:
            yield f"{task.key} is missing on the worker, and held by {holder}"


@always("The scheduler and a worker agree on whether the worker holds a value.")
def holding_is_agreed_on(observation: KeyAcross) -> Iterator[str]:
    task = observation.scheduler.tasks.get(observation.key)
    believed = task is not None and observation.name in task.who_has
    if not observation.is_actor:
        stored = observation.key in observation.view.data()
        yield from disagreement(observation.name, observation.key, stored=stored, believed=believed)


# Of the scheduler


@always("A task has no worker only while none may run it.")
def no_worker_for_a_reason(observation: KeyAtScheduler) -> Iterator[str]:
    scheduler = observation.scheduler
    task = scheduler.tasks[observation.key]
    if task.state is SchedulerTaskState.NO_WORKER:
        for worker in scheduler.workers.values():
            if may_run_on(task.options, worker, observation.hosts):
                yield f"{task.key} has no worker, and {worker.name} may run it"
                return


@always("No task is queued while a worker has nothing to do.")
def idle_workers_are_given_tasks(observation: KeyAtScheduler) -> Iterator[str]:
    scheduler = observation.scheduler
    if scheduler.tasks[observation.key].state is SchedulerTaskState.QUEUED:
        for worker in scheduler.workers.values():
            if worker.running and worker.processing.keys() <= worker.seceded.keys():
                yield f"{observation.key} is queued, and {worker.name} has nothing to do"
                return


#: In the order in which they are checked.
OF_A_WORKER: Final[tuple[AnyProperty, ...]] = (
    inputs_are_asked_for,
    threads_are_used,
    copies_are_begun,
)
ACROSS: Final[tuple[AnyProperty, ...]] = (
    processing_is_being_done,
    computing_was_asked_for,
    missing_is_nowhere,
    holding_is_agreed_on,
)
OF_THE_SCHEDULER: Final[tuple[AnyProperty, ...]] = (
    no_worker_for_a_reason,
    idle_workers_are_given_tasks,
)
