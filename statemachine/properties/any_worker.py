"""Claims about any worker, whoever wrote it, by what its environment can observe."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol, TypeGuard

from workerfuzz.statemachine.properties.environment import SoleWorkerEnvironment, WorkerEnvironment
from workerfuzz.statemachine.properties.property import AnyProperty, always, at_rest, properties_in
from workerfuzz.statemachine.properties.resources import is_same_amount
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import NEEDS_INPUTS, RUNNABLE, USES_INPUTS, State


class Reply(Protocol):
    """Instructions that a worker has just issued, in whatever scope."""

    @property
    def environment(self) -> WorkerEnvironment:
        """As it was before."""

    @property
    def issued(self) -> Sequence[Instruction]:
        """The instructions."""


class Observation(NamedTuple):
    """A worker just after an event.

    Attributes:
        environment: as it was before the worker replied.
        touched: keys that the event may have changed.
        issued: instructions in reply.
        ended: the ``Execute`` that the event answered; None where it answered none.
    """

    view: WorkerView
    environment: SoleWorkerEnvironment
    event: Event
    touched: Collection[str]
    issued: Sequence[Instruction]
    ended: do.Execute | None


@always("A task has one action at a time: one thread or one transfer.", do.Execute, do.GatherDep)
def one_action_per_key(observation: Observation) -> Iterator[str]:
    environment = observation.environment
    copied = {key for keys in environment.gathering.values() for key in keys}
    for instruction in observation.issued:
        for key in started(instruction):
            if key in environment.executing:
                yield f"{key} is running, and is started again"
            if key in copied:
                yield f"{key} is being copied, and is started again"
            copied.add(key)


def started(instruction: Instruction) -> tuple[str, ...]:
    """Keys that an instruction starts an action for."""
    if isinstance(instruction, do.Execute):
        return (instruction.key,)
    return instruction.keys if isinstance(instruction, do.GatherDep) else ()


@always("A task starts with all its inputs, as they are stored, and with nothing else.", do.Execute)
def starts_with_its_inputs(observation: Observation) -> Iterator[str]:
    data = observation.view.data()
    for execution in observation.issued:
        if isinstance(execution, do.Execute):
            for key in execution.spec.dependencies:
                if key not in execution.inputs:
                    yield f"{execution.key} starts without {key}"
                elif key not in data or data[key] is not execution.inputs[key]:
                    yield f"{execution.key} starts with a value of {key} that is not stored"
            for key in execution.inputs:
                if key not in execution.spec.dependencies:
                    yield f"{execution.key} starts with {key}, which it does not need"


@always("What starts is what was requested last, under the run id of that request.", do.Execute)
def starts_what_was_requested(observation: Observation) -> Iterator[str]:
    environment = observation.environment
    for execution in observation.issued:
        if isinstance(execution, do.Execute):
            if execution.key not in environment.live:
                yield f"{execution.key} starts, and nobody wants it"
            elif execution.spec != environment.content[execution.key]:
                yield f"{execution.key} starts with content of another request"
            elif execution.run_id != environment.requests[execution.key].run_id:
                last = environment.requests[execution.key].run_id
                yield f"{execution.key} starts as run {execution.run_id}, not {last}"


@always("No more tasks run in slots than there are threads.", do.Execute)
def runs_within_its_threads(observation: Observation) -> Iterator[str]:
    environment = observation.environment
    running = len(environment.executing) - len(environment.seceded)
    running += sum(isinstance(instruction, do.Execute) for instruction in observation.issued)
    if running > observation.environment.config.nthreads:
        yield f"{running} run in {observation.environment.config.nthreads} threads"


@always(
    "A peer is asked for keys that it is known to hold, is not busy, and is somebody else.",
    do.GatherDep,
)
def asks_the_right_peer(observation: Observation) -> Iterator[str]:
    environment = observation.environment
    for transfer in observation.issued:
        if isinstance(transfer, do.GatherDep):
            if transfer.worker == "self":
                yield "the worker asks itself"
            if transfer.worker in environment.gathering:
                yield f"{transfer.worker} is asked while its answer to the last question is out"
            if transfer.worker in environment.retrying:
                yield f"{transfer.worker} is asked while it is busy"
            for key in transfer.keys:
                if transfer.worker not in observation.view.holders(key):
                    yield f"{transfer.worker} is asked for {key}, which it does not hold"


@always("A transfer brings something: no peer is asked for nothing.", do.GatherDep)
def transfers_are_for_some_key(observation: Observation) -> Iterator[str]:
    for instruction in observation.issued:
        if isinstance(instruction, do.GatherDep) and not instruction.keys:
            yield f"{instruction.worker} is asked for no key"


@always("Nothing is started while the worker is paused.", do.Execute, do.GatherDep)
def nothing_starts_while_paused(observation: Reply) -> Iterator[str]:
    if observation.environment.paused:
        for instruction in observation.issued:
            if started(instruction):
                yield f"{type(instruction).__name__} of {', '.join(started(instruction))}"


@always(
    "A size that is reported or asked for is what a thread or the scheduler told.",
    do.TaskFinished,
    do.GatherDep,
)
def sizes_are_those_told(observation: Observation) -> Iterator[str]:
    sizes = observation.environment.sizes
    for message in observation.issued:
        if isinstance(message, do.TaskFinished):
            told = sizes.get(message.key, 1)
            if message.nbytes != told:
                yield f"{message.key} is reported as {message.nbytes} bytes, should be {told}"
        elif isinstance(message, do.GatherDep):
            total = sum(sizes.get(key, 1) for key in message.keys)
            if message.total_nbytes != total:
                yield f"{message.worker} is asked for {message.total_nbytes} bytes, should be {total}"


@always("A value is reported only while it is stored here.", do.TaskFinished, do.AddKeys)
def reports_what_is_here(observation: Observation) -> Iterator[str]:
    data = observation.view.data()
    for instruction in observation.issued:
        if isinstance(instruction, do.TaskFinished) and instruction.key not in data:
            yield f"{instruction.key} is reported as finished and is not here"
        if isinstance(instruction, do.AddKeys):
            for key in instruction.keys:
                if key not in data:
                    yield f"{key} is reported as copied and is not here"


@always(
    "A value that is reported is one that a thread, a transfer or a client brought.",
    do.TaskFinished,
    do.AddKeys,
)
def reports_values_that_were_brought(observation: Observation) -> Iterator[str]:
    data, brought = observation.view.data(), observation.environment.brought
    for instruction in observation.issued:
        if isinstance(instruction, do.TaskFinished | do.AddKeys):
            keys = instruction.keys if isinstance(instruction, do.AddKeys) else (instruction.key,)
            for key in keys:
                if key in data and data[key] not in brought.get(key, ()):
                    yield f"{key} is {data[key]!r}, which nobody brought"


@always(
    "A report names the run that was requested last, and nothing that nobody wants (R27, R28).",
    do.TaskFinished,
    do.TaskErred,
    do.LongRunning,
)
def reports_the_last_request(observation: Observation) -> Iterator[str]:
    environment = observation.environment
    for message in observation.issued:
        if isinstance(message, do.TaskFinished | do.TaskErred | do.LongRunning):
            if message.run_id is None:
                continue
            if message.key not in environment.live:
                yield f"{type(message).__name__} of {message.key}, which nobody wants"
            elif message.run_id != environment.requests[message.key].run_id:
                yield (
                    f"{type(message).__name__} of {message.key} names run {message.run_id}, "
                    f"last requested was {environment.requests[message.key].run_id}"
                )


@always(
    "The failure of a task that was requested is reported under its run id, until that run was "
    "reported or withdrawn (R27).",
    do.TaskErred,
)
def failures_name_their_run(observation: Observation) -> Iterator[str]:
    environment = observation.environment
    for message in observation.issued:
        if (
            isinstance(message, do.TaskErred)
            and message.run_id is None
            and message.key in environment.live
        ):
            run_id = environment.requests[message.key].run_id
            if run_id not in environment.reported and message.key not in environment.withdrawn:
                yield f"{message.key} is reported as erred, and not that it was run {run_id}"


@always("The end of a run is reported once.", do.TaskFinished, do.TaskErred)
def reports_each_run_once(observation: Observation) -> Iterator[str]:
    for message in observation.issued:
        if (
            isinstance(message, do.TaskFinished | do.TaskErred)
            and message.run_id in observation.environment.reported
        ):
            end = f"the end of run {message.run_id}"
            yield f"{type(message).__name__} of {message.key}: {end} was reported before"


@always(
    "That a task runs outside the slots is reported for the run that was requested last (#6916).",
    State.LONG_RUNNING,
)
def reports_every_secession(observation: Observation) -> Iterator[str]:
    environment = observation.environment
    states = environment.states
    for key in observation.touched:
        if states.get(key) is State.LONG_RUNNING and key in environment.live:
            told = [
                instruction.run_id
                for instruction in observation.issued
                if is_secession_of(instruction, key)
            ]
            run_id = environment.requests[key].run_id
            if run_id not in (*told, environment.told_seceded.get(key)):
                yield f"{key} is long-running as run {run_id}, and nobody was told"


def is_secession_of(instruction: Instruction, key: str) -> TypeGuard[do.LongRunning]:
    """It tells the scheduler that this task left its slot."""
    return isinstance(instruction, do.LongRunning) and instruction.key == key


@always("To drop a copy is refused only while a task here needs it (#7490).", events.RemoveReplicas)
def refuses_for_a_reason(observation: Observation) -> Iterator[str]:
    if not isinstance(observation.event, events.RemoveReplicas):
        return
    view = observation.view
    used = {
        dep
        for key in view.keys()  # noqa: SIM118 - a view is no dict
        if view.state(key) in NEEDS_INPUTS | USES_INPUTS
        for dep in view.dependencies(key)
    }
    for instruction in observation.issued:
        for key in instruction.keys if isinstance(instruction, do.AddKeys) else ():
            if key in observation.event.keys and key not in used:
                yield f"{key} is kept, and no task here needs it"


@always(
    "A report for a run tells what its own content did, never what another's did (R31).",
    do.TaskFinished,
    do.TaskErred,
)
def reports_its_own_content(observation: Observation) -> Iterator[str]:
    ended = observation.ended
    if ended is None or ended.spec == observation.environment.content.get(ended.key):
        return
    data = observation.view.data()
    value = getattr(observation.event, "value", observation)
    for instruction in observation.issued:
        if (
            isinstance(instruction, do.TaskErred)
            and instruction.key == ended.key
            and instruction.cause is None
        ):
            yield f"{instruction.key} is reported as erred because a thread of other content failed"
        if (
            isinstance(instruction, do.TaskFinished)
            and instruction.key == ended.key
            and data.get(instruction.key) is value
        ):
            yield f"{instruction.key} is reported as finished with the value of other content"


#: Where a request has been answered.
ENDED: Final = frozenset({State.MEMORY, State.ERROR})


@always(
    "An end that was waited for is reported (#6916).",
    events.ExecuteSuccess,
    events.ExecuteFailure,
    events.Reschedule,
)
def reports_every_end(observation: Observation) -> Iterator[str]:
    environment = observation.environment
    ended = observation.ended
    if ended is None or ended.key not in environment.live:
        return
    if ended.spec != environment.content[ended.key] or observation.view.state(ended.key) is None:
        return
    state = observation.view.state(ended.key)
    told = {
        instruction.key
        for instruction in observation.issued
        if isinstance(instruction, do.TaskFinished | do.TaskErred)
    }
    if state in ENDED and ended.key not in told:
        yield f"{ended.key} is in {state}, and the scheduler was not told"


@always("A value is stored exactly for tasks in memory (R15).")
def stores_what_is_in_memory(observation: Observation) -> Iterator[str]:
    data = observation.view.data()
    for key in observation.touched:
        if (key in data) != (observation.view.state(key) is State.MEMORY):
            yield f"{key} is {observation.view.state(key)}, stored: {key in data}"


@always(
    "A task waits while an input is not here, and is runnable when all are (R7, R44).",
    *NEEDS_INPUTS,
)
def waits_for_its_inputs(observation: Observation) -> Iterator[str]:
    view = observation.view
    data = view.data()
    for key in observation.touched:
        state = view.state(key)
        if state in NEEDS_INPUTS:
            absent = [dep for dep in view.dependencies(key) if dep not in data]
            if absent and state in RUNNABLE:
                yield f"{key} is {state} without {', '.join(sorted(absent))}"
            if not absent and state is State.WAITING:
                yield f"{key} is waiting, and nothing is missing"


#: States of a task that was requested.
REQUESTED: Final = RUNNABLE | {State.EXECUTING}


@always("A key known only as data never becomes runnable (R1, R6).", *REQUESTED)
def runnable_was_requested(observation: Observation) -> Iterator[str]:
    environment = observation.environment
    for key in observation.touched:
        if key not in environment.requests and environment.states.get(key) in REQUESTED:
            yield f"{key} is {environment.states[key]}, and nobody requested it"


#: In the order in which they are checked.
AFTER_EVENT: Final[tuple[AnyProperty, ...]] = properties_in(globals())


@dataclass(frozen=True, slots=True)
class RestObservation:
    """A worker that comes to rest, or has.

    Attributes:
        expected: values that must be in memory, by key.
        outstanding: answers that it still asks for when the rounds are used up.
    """

    view: WorkerView
    expected: Mapping[str, object] = field(default_factory=dict)
    outstanding: Sequence[Event] = ()


#: Where nothing is outstanding any more.
RESTING: Final = frozenset({State.MEMORY, State.ERROR, State.RELEASED})


@at_rest("A worker whose surroundings answer does not ask for ever.")
def coming_to_rest_ends(rest: RestObservation) -> Iterator[str]:
    count = len(rest.outstanding)
    yield f"its questions are answered again and again; {count} answers are outstanding"


@at_rest("Once its surroundings have answered, unasked, nothing is under way any more (R25, R53).")
def everything_comes_to_rest(rest: RestObservation) -> Iterator[str]:
    view = rest.view
    for key in view.keys():  # noqa: SIM118 - a view is no dict
        if view.state(key) not in RESTING:
            yield f"{key} is {view.state(key)}, and nothing more is going to happen"


@at_rest("A worker that was told to forget everything is empty, and its resources are full.")
def forgotten_worker_is_empty(rest: RestObservation) -> Iterator[str]:
    view = rest.view
    for key in view.keys():  # noqa: SIM118 - a view is no dict
        yield f"{key} is {view.state(key)}"
    for key in view.data():
        yield f"{key} is stored"
    for name, total in view.config.resources.items():
        if not is_same_amount(view.available_resources()[name], total, total):
            yield f"{name}: {view.available_resources()[name]:g} of {total:g}"


@at_rest("Everything requested again, with honest peers, arrives in memory (R20).")
def asked_again_everything_arrives(rest: RestObservation) -> Iterator[str]:
    for key in rest.expected:
        state = rest.view.state(key)
        if state is not State.MEMORY:
            yield f"{key} is {state or 'unknown'}"


@at_rest("What is stored was computed from the content requested last.")
def stored_values_are_right(rest: RestObservation) -> Iterator[str]:
    expected = rest.expected
    for key, value in rest.view.data().items():
        if key in expected and value != expected[key]:
            yield f"{key} is {value!r}, should be {expected[key]!r}"
