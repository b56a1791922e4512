"""Cases of clusters, replayed on whole processes: is the failure one of Dask's whole stack?

A mailbox of a cluster is the stream between two processes; the requests beside it (a retry, a scatter,
the copy of a value) arrive at once or when the case says so. What a process has no way to do makes the
case impossible there, and the replay says which step it is. No time passes but the few milliseconds of a
step, so that nothing depends on luck.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from workerfuzz.harness.cases.format.case import Case
from workerfuzz.harness.subjects import get_processes
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER
from workerfuzz.harness.subjects.process_protocol import pipe_ends
from workerfuzz.harness.worlds.process.world import ProcessWorld
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.strategies.cluster.from_clients import (
    Cancel,
    Release,
    Retry,
    Scatter,
    Scattered,
    Store,
)
from workerfuzz.strategies.cluster.from_network import Break, Deliver, Receive, Serve
from workerfuzz.strategies.cluster.from_scheduler import Drop, Notice, Replicate, Steal
from workerfuzz.strategies.cluster.from_workers import (
    Begin,
    Dies,
    Fail,
    FindMissing,
    Join,
    Pause,
    Reschedule,
    Secede,
    Spoil,
    Succeed,
    Unpause,
)
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.cluster.submit import Submit
from workerfuzz.strategies.process.run_config import ProcessRunConfig
from workerfuzz.strategies.worker import Step

#: Virtual seconds after which everything that was handed over for sending is under way: each step of a
#: cluster has messages of its own, which Dask would otherwise send with those of the next.
SENT_S: Final = 0.012

#: Times that requests and their answers go to and fro.
MOST_ROUNDS: Final = 20


class StackOutcome(enum.StrEnum):
    """Outcome of a replay on the full stack."""

    SAME = "shows the same"
    OTHER = "shows something else"
    NOTHING = "shows nothing"
    IMPOSSIBLE = "is impossible"


@dataclass(frozen=True, slots=True)
class FullStackReplay:
    """The outcome of a case of a cluster on whole processes.

    Attributes:
        told: the property that broke and how, or the step that is impossible and why.
    """

    case: Case
    shown: StackOutcome
    told: str = ""


class FullStack:
    """Whole processes to which the steps of a cluster happen."""

    def __init__(self, world: ProcessWorld) -> None:
        self.world = world

    def stream(self, sender: str, receiver: str) -> str:
        """Return the pipe that is a mailbox of the cluster."""
        cluster = self.world.cluster
        if receiver == SCHEDULER:
            return f"{cluster.process_of(sender)}>{SCHEDULER}.1"
        return f"{SCHEDULER}<{cluster.process_of(receiver)}.1"

    def deliver(self, pipe: str) -> None:
        if pipe not in self.world.pipes:
            raise ImpossibleStep(f"nothing is under way on {pipe}")
        self.world.deliver_on(pipe)
        self.run()

    def run(self) -> None:
        self.world.cluster.run_ready(0.0)

    def requests(self, *participants: str) -> list[str]:
        """Return the pipes that are no stream, with something under way between participants."""
        streams = {
            self.stream(participant, SCHEDULER)
            for participant in participants
            if participant != SCHEDULER
        }
        streams |= {
            self.stream(SCHEDULER, participant)
            for participant in participants
            if participant != SCHEDULER
        }
        return [
            pipe
            for pipe in self.world.pipes
            if pipe not in streams and {*pipe_ends(pipe)} <= {*participants}
        ]

    def exchange(self, *participants: str, until: Callable[[], bool] = lambda: False) -> None:
        """Let requests and answers between participants arrive, the streams left alone."""
        self.run()
        for _ in range(MOST_ROUNDS):
            for pipe in self.requests(*participants):
                if until():
                    return
                self.deliver(pipe)

    # Steps

    def take(self, player: "Player", step: Step) -> None:
        player(self, step)
        self.run()
        self.world.cluster.settle_timers(SENT_S)

    def apply(self, step: Any) -> None:  # steps of clusters that processes can take
        step.apply(self.world)

    def retry(self, step: Retry) -> None:
        self.apply(step)
        self.exchange(step.client, SCHEDULER)

    def scatter(self, step: Scatter) -> None:
        self.world.scatter(step.client, step.key, step.worker)
        self.exchange(step.client, SCHEDULER, step.worker)

    def store(self, step: Store) -> None:
        self.world.scatter(step.client, step.key, step.worker)
        view = self.world.cluster.worker(step.worker)
        self.exchange(step.client, SCHEDULER, step.worker, until=lambda: step.key in view.data())

    def scattered(self, step: Scattered) -> None:
        self.exchange(step.client, SCHEDULER, step.worker)

    def deliver_mail(self, step: Deliver) -> None:
        self.deliver(self.stream(step.first, step.second))

    def begin(self, step: Begin) -> None:
        if (step.first, step.second) not in self.world.running:
            raise ImpossibleStep(f"{step.first} does not run {step.second}")

    def end(self, step: Any) -> None:
        self.begin(step)
        self.apply(step)

    def secede(self, step: Secede) -> None:
        self.begin(step)  # type: ignore[arg-type]  # it names the same
        self.world.cluster.secede(step.first, step.second)

    def serve(self, step: Serve) -> None:
        for pipe in self.requests(step.first, step.second):
            if pipe_ends(pipe) == (step.first, step.second):
                self.deliver(pipe)
                return
        raise ImpossibleStep(f"{step.first} has asked {step.second} for nothing")

    def receive(self, step: Receive) -> None:
        for pipe in self.requests(step.first, step.second):
            if pipe_ends(pipe) == (step.second, step.first):
                self.deliver(pipe)
                self.exchange(step.first, step.second)
                return
        raise ImpossibleStep(f"{step.second} has not answered {step.first}")

    def break_transfer(self, step: Break) -> None:
        for pipe in self.world.connections:
            if pipe_ends(pipe) == (step.first, step.second):
                self.world.cut(pipe)
                self.exchange(step.first, step.second)
                return
        raise ImpossibleStep(f"{step.first} is not connected to {step.second}")

    def decide(self, step: Steal | Replicate | Drop) -> None:
        cluster = self.world.cluster
        if cluster.state(step.first) is None:
            raise ImpossibleStep(f"the scheduler does not know {step.first}")
        decision = {Steal: cluster.steal, Replicate: cluster.replicate, Drop: cluster.drop}
        decision[type(step)](step.first, step.second)

    def die(self, step: Dies) -> None:
        if step.name not in self.world.present:
            raise ImpossibleStep(f"{step.name} is not there")
        self.world.die(step.name)

    def notice(self, step: Notice) -> None:
        """Let the scheduler notice that a worker is dead; whatever that had sent is lost."""
        pipe = self.stream(step.name, SCHEDULER)
        if pipe not in self.world.pipes:
            raise ImpossibleStep(f"the scheduler knows that {step.name} is gone")
        self.world.cut(pipe)
        self.deliver(pipe)

    def join(self, step: Join) -> None:
        self.world.join(step.name)
        self.run()
        process = self.world.cluster.process_of(step.name)
        for pipe in (f"{process}>{SCHEDULER}.1", f"{SCHEDULER}<{process}.1"):
            self.deliver(pipe)

    def find_missing(self, step: FindMissing) -> None:
        self.world.until(f"{self.world.cluster.process_of(step.name)}.find_missing")


Player: TypeAlias = Callable[[FullStack, Any], None]

#: Ways to let each kind of step happen; those that are not here have none.
PLAYERS: Final[Mapping[type[Step], Player]] = MappingProxyType(
    {
        **dict.fromkeys((Submit, Release, Cancel), FullStack.apply),
        Retry: FullStack.retry,
        Scatter: FullStack.scatter,
        Store: FullStack.store,
        Scattered: FullStack.scattered,
        Deliver: FullStack.deliver_mail,
        Begin: FullStack.begin,
        **dict.fromkeys((Succeed, Fail, Reschedule, Spoil), FullStack.end),
        Secede: FullStack.secede,
        Serve: FullStack.serve,
        Receive: FullStack.receive,
        Break: FullStack.break_transfer,
        **dict.fromkeys((Steal, Replicate, Drop), FullStack.decide),
        Dies: FullStack.die,
        Notice: FullStack.notice,
        Join: FullStack.join,
        **dict.fromkeys((Pause, Unpause), FullStack.apply),
        FindMissing: FullStack.find_missing,
    }
)


def replay_at_full_stack(case: Case, subject: str = "dask") -> FullStackReplay:
    """Replay a case of a cluster on whole processes, simulated in this one."""
    drawn = case.run_config
    assert isinstance(drawn, ClusterRunConfig)
    config = ProcessRunConfig(drawn.config, drawn.keys, drawn.clients, drawn.later)
    broken = {known_break.property for known_break in case.breaks}
    with ProcessWorld(get_processes(subject), config) as world:
        stack = FullStack(world)
        try:
            for step in case.steps:
                if (reason := attempt(stack, step)) is not None:
                    return FullStackReplay(case, StackOutcome.IMPOSSIBLE, f"{step}: {reason}")
            world.finish()
        except Violation as violation:
            shown = StackOutcome.SAME if violation.property in broken else StackOutcome.OTHER
            line = violation.counterexample.partition("\n")[0]
            return FullStackReplay(case, shown, f"{violation.property}: {line}")
    return FullStackReplay(case, StackOutcome.NOTHING)


def attempt(stack: FullStack, step: Step) -> str | None:
    """Let a step happen; return why it cannot, if it cannot. Raises Violation."""
    player = PLAYERS.get(type(step))
    if player is None:
        return "processes have no way to do that"
    if isinstance(step, Submit):
        if any(task.actor for task in step.tasks):
            return "actors are not simulated at the scope of processes"
        listed = {task.key for task in step.tasks}
        for need in {
            need: None for task in step.tasks for need in task.needs if need not in listed
        }:
            if need not in stack.world.wants[step.client]:
                return f"{step.client} has no future of {need}"
    try:
        stack.world.step(step, lambda _: stack.take(player, step))
    except ImpossibleStep as error:
        return str(error)
    return None
