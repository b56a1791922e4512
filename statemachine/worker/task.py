"""The record of one task on one worker: content, request, state, history."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from workerfuzz.statemachine.worker.errors import InvalidEvent
from workerfuzz.statemachine.worker.states import Intent, Role, State

#: Lower runs, and is copied, first.
Priority: TypeAlias = tuple[int, ...]

#: Priority of a copy that no task here waits for.
LAST: Final[Priority] = (sys.maxsize,)


class Absent:
    """The type of ``ABSENT``: there is no value, where None would be one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __copy__(self) -> "Absent":
        return self

    def __deepcopy__(self, memo: object) -> "Absent":
        return self


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """The content of a task. Two specs that compare equal compute the same value.

    Attributes:
        key: the name of the task and of its value.
        dependencies: keys whose values it takes, each once, in order of its arguments.
        run_spec: what to call; opaque to the worker.
        actor: the value is an object that stays where it was made.

    Raises:
        InvalidEvent: it depends on itself, or names a dependency twice.
    """

    key: str
    dependencies: tuple[str, ...] = ()
    run_spec: object = None
    actor: bool = False

    def __post_init__(self) -> None:
        if self.key in self.dependencies:
            raise InvalidEvent(f"{self.key} depends on itself")
        if len(set(self.dependencies)) != len(self.dependencies):
            raise InvalidEvent(f"{self.key} names a dependency twice: {self.dependencies}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One time that the scheduler asked for a task to be computed here.

    Attributes:
        run_id: increases with every request that this worker gets.
        priority: lower runs first.
        resources: what to take while it runs, by name; amounts in the worker's own units.

    Raises:
        InvalidEvent: a resource is not positive.
    """

    run_id: int
    priority: Priority = (0,)
    resources: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, amount in self.resources.items():
            if amount <= 0:
                raise InvalidEvent(f"resource {name} must be positive, not {amount:g}")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task is in error.

    Attributes:
        exception: what was raised, as text.
        cause: the dependency that failed; None where the task itself did.
    """

    exception: str
    cause: str | None = None


class Transition(NamedTuple):
    """One transition. ``target`` differs from ``finish`` on the first half of a detour."""

    event: str
    start: State
    finish: State
    target: State


@dataclass(slots=True, eq=False)
class Execution:
    """A thread that runs a task, and what it took.

    Attributes:
        run_id: of the request it was started for; its completion names this one.
        spec: what it runs, whatever is asked for meanwhile.
        resources: what it took, to be given back exactly.
        seceded: it left its slot and keeps its resources.
    """

    run_id: int
    spec: TaskSpec
    resources: Mapping[str, float]
    seceded: bool = False

    def copy(self) -> "Execution":
        return Execution(self.run_id, self.spec, self.resources, self.seceded)


#: Where a task goes whose thread or transfer was of a former content.
AFTER_CANCELLED: Final[Mapping[Role, State]] = MappingProxyType(
    {Role.COMPUTE: State.WAITING, Role.FETCH: State.FETCH}
)


#: What a record is for, by what the scheduler wants and whether no task here needs it.
ROLES: Final[Mapping[tuple[Intent, bool], Role]] = MappingProxyType(
    {
        (Intent.COMPUTE, True): Role.COMPUTE,
        (Intent.COMPUTE, False): Role.COMPUTE,
        (Intent.FETCH, True): Role.FETCH,
        (Intent.FETCH, False): Role.FETCH,
        (Intent.NONE, True): Role.NONE,
        (Intent.NONE, False): Role.FETCH,
    }
)


@dataclass(slots=True, eq=False)
class TaskState:
    """The record of one task. Fields are written by ``Journal`` and ``WorkerState.move`` only.

    Attributes:
        intent: what the scheduler last asked for.
        spec: content; None for a key that was never asked to be computed here.
        request: the last compute request; stays after it was answered or withdrawn.
        answered: the scheduler was told how that request ended.
        freed: the scheduler freed the key since the last request; other content may come.
        successor: content requested while a thread or transfer of the former content was open;
            becomes the content when that has come back.
        doomed: ``ForgetKeys`` came; the record goes when nothing is held any more.
        who_has: peers that hold the value, as keys of a dict; order has no meaning.
        nbytes: size of the value in bytes, as the scheduler told or as it was computed.
        coming_from: the peer whose transfer holds this task.
        execution: the thread that holds this task.
        scattered: a value that arrived while something was held; ABSENT otherwise.
        suspicion: how often a holder did not have it or its data would not deserialise.
        failure: why it is in error; stays for the record.
        needed_by: tasks here that wait for its value, as keys of a dict.
        queued_at: priority under which it stands in a queue; None where it stands in none.
        history: every transition of this record, oldest first.
    """

    key: str
    state: State = State.RELEASED
    intent: Intent = Intent.NONE
    spec: TaskSpec | None = None
    request: Request | None = None
    answered: bool = False
    freed: bool = False
    successor: TaskSpec | None = None
    doomed: bool = False
    who_has: dict[str, None] = field(default_factory=dict)
    nbytes: int = 1
    coming_from: str | None = None
    execution: Execution | None = None
    scattered: object = ABSENT
    suspicion: int = 0
    failure: Failure | None = None
    needed_by: dict[str, None] = field(default_factory=dict)
    queued_at: Priority | None = None
    history: list[Transition] = field(default_factory=list)

    @property
    def role(self) -> Role:
        """Purpose of this record (R5). A doomed record has none: the key gets a new one."""
        return Role.NONE if self.doomed else ROLES[self.intent, not self.needed_by]

    @property
    def dependencies(self) -> tuple[str, ...]:
        return self.spec.dependencies if self.spec is not None else ()

    @property
    def previous(self) -> State | None:
        """In cancelled and resumed: the state whose thread or transfer is still held."""
        if self.state not in (State.CANCELLED, State.RESUMED):
            return None
        if self.execution is None:
            return State.FLIGHT
        return State.LONG_RUNNING if self.execution.seceded else State.EXECUTING

    @property
    def next(self) -> State | None:
        """In cancelled and resumed: where it goes once what it holds has come back."""
        if self.state is State.RESUMED:
            return State.WAITING if self.execution is None else State.FETCH
        if self.state is State.CANCELLED and self.successor is not None:
            return AFTER_CANCELLED.get(self.role)
        return None

    def copy(self) -> "TaskState":
        """A record of its own; what is written as a whole, and never changed, is shared."""
        other = TaskState(*_VALUES(self))
        other.who_has = self.who_has.copy()
        other.needed_by = self.needed_by.copy()
        other.history = self.history.copy()
        if self.execution is not None:
            other.execution = self.execution.copy()
        return other

    def __repr__(self) -> str:
        return f"<TaskState {self.key} {self.state}>"


_VALUES: Final = attrgetter(*(item.name for item in fields(TaskState)))
