"""The record of one task on the scheduler: content, users, holders, state, history."""

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Final, NamedTuple

from workerfuzz.statemachine.scheduler.client_requests import NO_OPTIONS, Options
from workerfuzz.statemachine.scheduler.states import UNDER_WAY, SchedulerTaskState
from workerfuzz.statemachine.worker.task import Priority, TaskSpec


class SchedulerTransition(NamedTuple):
    """One transition, and the message that led to it."""

    message: str
    start: SchedulerTaskState
    finish: SchedulerTaskState


class SchedulerFailure(NamedTuple):
    """Why a task is erred.

    Attributes:
        reason: what was raised where it began, as text.
        blamed: the task where it began.
    """

    reason: str
    blamed: str


@dataclass(frozen=True, slots=True)
class Theft:
    """A worker was asked to give a task away.

    Attributes:
        stimulus_id: of the question; only the answer to it counts.
    """

    stimulus_id: str
    thief: str


@dataclass(slots=True, eq=False)
class SchedulerTask:
    """The record of one task. Fields are written by handlers, by actions, and ``state`` by ``move``.

    Dicts with None as values are sets in the order of their making.

    Attributes:
        spec: content; None where clients brought the value, and nobody can compute it.
        edition: number of the content; another content of the key gets another number. 0: it is not
            known what content the value has, because a scheduler was lost.
        editions: those of its inputs when its content was written, by key.
        wanted_by: clients that want its value.
        dependents: tasks in use that take its value.
        needed_by: those of them that are on their way to a value themselves.
        who_has: workers that hold the value. They said so, and were not told to drop it since.
        nbytes: size of the value in bytes, as the worker said that computed it.
        known_to: workers that may have a record of the key.
        unconfirmed: workers that were told to release the key, by the number of the ``Confirm``.
            Until it is answered, what they say of the key is of the past.
        stored: workers that a client put the value on, by the number of the ``Confirm`` that accepted
            it. Until it is answered, what they say of the key is of the past.
        gathering: workers that were asked to copy the value, by a request of its own; they were not
            told to let go of it since.
        renewed: content changed while some worker had not confirmed; it is begun when all have.
        detached: nobody uses it; the record goes when all workers have confirmed.
        processing_on: the worker that was asked to compute it.
        run_id: of that request.
        theft: that worker was asked to give it away.
        preferred_worker: the worker to assign next, if possible: a thief, or the one whose thread may
            still run when an unused task is wanted again.
        seceded: its thread takes no slot there.
        home: the worker that an actor lives on.
        retries_left: failures after which it is run again.
        suspicion: workers that died while they had it.
        input_failures: times in a row that an input could not be copied to where it was to run.
        failure: why it is erred; None in every other state.
        history: every transition, oldest first.
    """

    key: str
    state: SchedulerTaskState = SchedulerTaskState.RELEASED
    spec: TaskSpec | None = None
    edition: int = 0
    editions: dict[str, int] = field(default_factory=dict)
    options: Options = NO_OPTIONS
    priority: Priority = (0,)
    wanted_by: dict[str, None] = field(default_factory=dict)
    dependents: dict[str, None] = field(default_factory=dict)
    needed_by: dict[str, None] = field(default_factory=dict)
    who_has: dict[str, None] = field(default_factory=dict)
    nbytes: int = 1
    known_to: dict[str, None] = field(default_factory=dict)
    unconfirmed: dict[str, int] = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)
    gathering: dict[str, None] = field(default_factory=dict)
    renewed: bool = False
    detached: bool = False
    processing_on: str | None = None
    run_id: int = 0
    theft: Theft | None = None
    preferred_worker: str | None = None
    seceded: bool = False
    home: str | None = None
    retries_left: int = 0
    suspicion: int = 0
    input_failures: int = 0
    failure: SchedulerFailure | None = None
    history: list[SchedulerTransition] = field(default_factory=list)

    @property
    def dependencies(self) -> tuple[str, ...]:
        return self.spec.dependencies if self.spec is not None else ()

    @property
    def actor(self) -> bool:
        return self.spec is not None and self.spec.actor

    @property
    def in_use(self) -> bool:
        """A client wants it, or a task that is in use itself depends on it."""
        return bool(self.wanted_by or self.dependents)

    @property
    def needed(self) -> bool:
        """Its value is to be had. One that nobody can compute is kept while it is in use at all."""
        return bool(self.wanted_by or self.needed_by or (self.spec is None and self.dependents))

    @property
    def out_of_reach(self) -> bool:
        """Nobody holds its value, and nobody can compute it."""
        return self.spec is None and not self.who_has

    @property
    def under_way(self) -> bool:
        return self.state in UNDER_WAY

    def copy(self) -> "SchedulerTask":
        """A record of its own; what is written as a whole, and never changed, is shared."""
        other = SchedulerTask(*_VALUES(self))
        for name in _CHANGING:
            setattr(other, name, getattr(self, name).copy())
        return other

    def __repr__(self) -> str:
        return f"<Task {self.key} {self.state}>"


_VALUES: Final = attrgetter(*(item.name for item in fields(SchedulerTask)))
_CHANGING: Final = (
    "editions", "wanted_by", "dependents", "needed_by", "who_has", "known_to", "unconfirmed",
    "stored", "gathering", "history",
)  # fmt: skip
