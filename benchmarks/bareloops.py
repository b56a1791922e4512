"""Cost of a subject alone: the calls of real runs, repeated in a bare loop without any check."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from timing import stopwatch

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.shard import Shard, fill, system
from workerfuzz.harness.subjects.cluster_protocol import CallResult, ClusterSubject
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.worker import Step

#: Calls that change a subject, or that it answers with more than what is there to be read: those of
#: a cluster by the type of their answer.
ACTS: Final = frozenset(
    {
        "handle",
        "get_data",
        *(
            name
            for name, method in vars(ClusterSubject).items()
            if CallResult.__name__ in str(getattr(method, "__annotations__", {}).get("return", ""))
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Sent:
    """Stands for an envelope: which one of those that an earlier call led to."""

    call: int
    place: int


@dataclass(slots=True)
class Bare:
    """The calls of one run.

    Attributes:
        config: of the worker or the cluster.
        steps: how many the run had.
        calls: method and arguments; an envelope is told by where it came from.
    """

    config: Any
    steps: int = 0
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)


class Noting:
    """A worker or a cluster that notes what is asked of it."""

    def __init__(self, system: Any, bare: Bare) -> None:
        self.system = system
        self.bare = bare
        self.envelopes: dict[int, tuple[object, Sent]] = {}

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.system, name)
        return self.noting(name, found) if name in ACTS else found

    def noting(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """The same method; what it is given is kept."""

        def call(*arguments: Any, **named: Any) -> Any:
            number = len(self.bare.calls)
            told = tuple(
                self.envelopes[id(argument)][1] if id(argument) in self.envelopes else argument
                for argument in arguments
            )
            self.bare.calls.append((name, told, named))
            found = method(*arguments, **named)
            for place, envelope in enumerate(envelopes(found)):
                self.envelopes[id(envelope)] = envelope, Sent(number, place)
            return found

        self.__dict__[name] = call
        return call


class NotingSubject:
    """Makes such workers and clusters."""

    def __init__(self, subject: Any) -> None:
        self.subject = subject
        self.bare: list[Bare] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.subject, name)

    def worker(self, config: Any) -> Any:
        return self.noted(self.subject.worker, config)

    def cluster(self, config: Any) -> Any:
        return self.noted(self.subject.cluster, config)

    def noted(self, make: Callable[[Any], Any], config: Any) -> Noting:
        self.bare.append(Bare(config))
        return Noting(make(config), self.bare[-1])


def envelopes(found: Any) -> Sequence[Any]:
    """Messages and instructions that follow from a call."""
    outcome = found[1] if isinstance(found, tuple) and len(found) == 2 else found
    return getattr(outcome, "envelopes", ())


class Counted(Shard):
    """Counts what it finds, and keeps none of it."""

    def record_violation(self, violation: Violation) -> None:
        self.spent_on[self.tactic].found += 1


class Recorded(Counted):
    """Keeps the calls of its runs, but for those that break a property."""

    def count(self, steps: Sequence[Step]) -> None:
        super().count(steps)
        self.subject.bare[-1].steps = len(steps)

    def record_violation(self, violation: Violation) -> None:
        super().record_violation(violation)
        self.subject.bare.pop()


def recorded(plan: Plan) -> list[Bare]:
    """The runs of a plan."""
    subject = NotingSubject(system(plan.subject, plan.scope))
    fill(Recorded(plan, subject))
    return subject.bare


def replayed(plan: Plan, runs: Sequence[Bare]) -> float:
    """Seconds that the subject takes for a step of these runs, what it does at rest included."""
    subject = system(plan.subject, plan.scope)
    make = subject.cluster if plan.scope == "cluster" else subject.worker
    with stopwatch() as seconds:
        for run in runs:
            repeat(make(run.config), run)
    return seconds() / sum(run.steps for run in runs)


def repeat(system: Any, run: Bare) -> None:
    """Make the calls of a run again."""
    found: list[Any] = []
    for name, arguments, named in run.calls:
        given = [
            envelopes(found[sent.call])[sent.place] if isinstance(sent, Sent) else sent
            for sent in arguments
        ]
        found.append(getattr(system, name)(*given, **named))
    if hasattr(system, "close"):
        system.close()
