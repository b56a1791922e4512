"""The program of a client, and of the test around it, that brings a case about in a real cluster.

There, everything happens as soon as it can: a message arrives, a thread begins and ends, a copy is
sent. So a case is rehearsed in the simulated cluster like that, with as little held back as shows the
same violation; the program says what is held back, and for how long.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from workerfuzz.harness.cases.export.expected import Shown
from workerfuzz.harness.cases.format.case import Case, CaseError, CaseStep, open_world
from workerfuzz.harness.cases.triage.signature import signature
from workerfuzz.harness.subjects import get, trial_fixes
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, TaskTransition
from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.statemachine.properties.cluster import nothing_is_left
from workerfuzz.statemachine.scheduler.client_requests import NoticeStatus
from workerfuzz.strategies.cluster import from_clients as client
from workerfuzz.strategies.cluster import from_network as network
from workerfuzz.strategies.cluster import from_scheduler as scheduler
from workerfuzz.strategies.cluster import from_workers as worker
from workerfuzz.strategies.cluster.run_config import ClusterConfig
from workerfuzz.strategies.cluster.step import ClusterStep, TwoNames
from workerfuzz.strategies.cluster.submit import Submit
from workerfuzz.strategies.cluster.view import Pair
from workerfuzz.strategies.worker import Step

#: Steps that a test takes itself. All others happen by themselves.
CALLS: Final = (
    Submit, client.Release, client.Cancel, client.Retry, client.Scatter, worker.Dies, worker.Join,
    worker.Pause, worker.Unpause, scheduler.Steal, scheduler.Replicate, scheduler.Drop,
)  # fmt: skip

#: Ways in which a thread ends that a function can choose.
ENDS: Final = (worker.Succeed, worker.Fail, worker.Reschedule)

#: Steps that happen by themselves. A test has no means for others.
BY_THEMSELVES: Final = (
    network.Deliver, network.Serve, network.Receive, network.Garble, network.Break, worker.Begin, *ENDS,
    worker.Secede, worker.FindMissing, worker.RetryBusyWorker, scheduler.Notice,
)  # fmt: skip

#: Things that may happen by themselves between two calls; a cluster that takes more goes on for ever.
MOST: Final = 400


#: Why there is no test of a case.
NO_MEANS: Final = "it takes an order of events that tests of distributed have no means for"


class HoldKind(StrEnum):
    """Kinds of thing that a test can hold back."""

    MAIL = "mail"  # messages from one party to another
    BEGIN = "begin"  # the execution of tasks on a worker
    END = "end"  # the end of a run of a task
    GATHER = "gather"  # the requests of a worker for data


#: Of the steps that happen by themselves, those that can be held back.
HELD: Final[Mapping[type[Step], HoldKind]] = {
    network.Deliver: HoldKind.MAIL,
    worker.Begin: HoldKind.BEGIN,
    **dict.fromkeys(ENDS, HoldKind.END),
    network.Serve: HoldKind.GATHER,
    network.Break: HoldKind.GATHER,
}


@dataclass(frozen=True, slots=True)
class Hold:
    """Something that is held back until the program gets to a place.

    Attributes:
        pair: sender and receiver, worker and key, or worker and peer.
        number: of runs of that key, that which it is about.
        since: the place where it could have happened.
        until: the place where it happens.
    """

    kind: HoldKind
    pair: Pair
    number: int
    since: int
    until: int

    @property
    def what(self) -> tuple[HoldKind, str, str]:
        """The thing of the test that does it: a stream, a worker, or an event of a task."""
        if self.kind is HoldKind.MAIL:
            return (self.kind, *self.pair)
        if self.kind is HoldKind.END:
            return (self.kind, self.pair[1], "")
        return (self.kind, self.pair[0], "")


@dataclass(slots=True)
class Statement:
    """One place of a program, and what follows from it until nothing more happens by itself.

    Attributes:
        place: position of the step in the case.
        step: the call; None where only something held back goes on.
        holds: what is held back from here on.
        lets: what goes on here.
        states: of each task that changed, by party and key, in the order in which they came to it; None
            for those that are gone.
        resolved: keys whose clients were told that they are finished or failed, by client.
    """

    place: int
    step: Step | None = None
    holds: list[tuple[HoldKind, str, str]] = field(default_factory=list)
    lets: list[tuple[HoldKind, str, str]] = field(default_factory=list)
    states: dict[tuple[str, str], str | None] = field(default_factory=dict)
    resolved: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a task, as its function behaves."""

    end: type[Step]
    secedes: bool
    held: bool


@dataclass(slots=True)
class Program:
    """A program and what came of it.

    Attributes:
        runs: of each key, in order.
        unreadable: keys whose value did not deserialise at the first try.
        violation: that which it leads to.
        statuses: status of each key that a client wants at the end, by client and key.
        possible: all of the calls could be made.
        holds: what is held back.
    """

    case: Case
    statements: list[Statement] = field(default_factory=list)
    runs: dict[str, list[Run]] = field(default_factory=lambda: defaultdict(list))
    unreadable: dict[str, None] = field(default_factory=dict)
    violation: Violation | None = None
    statuses: dict[tuple[str, str], NoticeStatus] = field(default_factory=dict)
    possible: bool = True
    holds: Collection[Hold] = ()

    @property
    def config(self) -> ClusterConfig:
        config = self.case.config
        assert isinstance(config, ClusterConfig)
        return config


class Rehearsal:
    """Plays a case in which everything happens as soon as it can, but for what is held back."""

    def __init__(self, case: Case, holds: Collection[Hold]) -> None:
        self.case = case
        self.steps = case.steps
        self.calls = {at for at, step in enumerate(self.steps) if isinstance(step, CALLS)}
        places = sorted({*self.calls, *(hold.until for hold in holds)})
        self.holds = [
            replace(hold, since=max((at for at in places if at <= hold.since), default=0))
            for hold in holds
        ]
        self.ends: dict[str, list[type[TwoNames]]] = defaultdict(list)
        self.seceding = {step.second for step in self.steps if isinstance(step, worker.Secede)}
        self.garbled = {pair_of(step) for step in self.steps if isinstance(step, network.Garble)}
        for step in self.steps:
            if isinstance(step, ENDS):
                self.ends[step.second].append(type(step))
        self.ended: dict[str, int] = defaultdict(int)
        self.place = 0
        self.program = Program(case, holds=holds)

    def run(self) -> Program:
        """Play it to the end, and return what there is to be seen."""
        world = open_world(self.case, get("dask"))
        assert isinstance(world, ClusterWorld)
        with world:
            try:
                self.play(world)
            except Violation as violation:
                self.program.violation = violation
            except ImpossibleStep:
                self.program.possible = False
        return self.program

    def play(self, world: ClusterWorld) -> None:
        for place in range(len(self.steps) + 1):
            self.place = place
            step = self.steps[place] if place in self.calls else None
            statement = Statement(place, step)
            statement.holds = unique(hold.what for hold in self.holds if hold.since == place)
            lets = [hold for hold in self.holds if hold.until == place]
            statement.lets = unique(hold.what for hold in lets)
            if step is None and not statement.lets and place < len(self.steps):
                continue
            self.program.statements.append(statement)
            before = dict(told_of(world))
            if step is not None:
                self.apply(world, step, statement)
                if isinstance(step, worker.Dies):
                    self.apply(world, scheduler.Notice(step.name), statement)
            for hold in lets:
                if (
                    hold.kind is HoldKind.MAIL
                    and hold.pair in world.mail
                    and self.is_held(hold.kind, hold.pair)
                ):
                    self.apply(world, network.Deliver(*hold.pair), statement)
            self.go_on(world, statement)
            for (name, key), status in told_of(world):
                if before.get((name, key)) is not status and status in RESOLVED:
                    statement.resolved.setdefault(name, []).append(key)
        self.program.statuses = dict(told_of(world))
        world.finish()

    def go_on(self, world: ClusterWorld, statement: Statement) -> None:
        """Let everything happen that is not held back."""
        for _ in range(MOST):
            steps = [*self.due(world)]
            if not steps:
                return
            for step in steps:
                with suppress(ImpossibleStep):
                    self.apply(world, step, statement)

    def apply(self, world: ClusterWorld, step: ClusterStep | Step, statement: Statement) -> None:
        if isinstance(step, ENDS):
            self.ended[step.second] += 1
        if isinstance(step, worker.Begin):
            number = len(self.program.runs[step.second])
            held = any(
                hold.kind is HoldKind.END and hold.pair[1] == step.second and hold.number == number
                for hold in self.holds
            )
            end = self.end_of(step.second, number)
            self.program.runs[step.second].append(Run(end, step.second in self.seceding, held))
        if isinstance(step, network.Garble):
            self.program.unreadable.update(dict.fromkeys(world.open[pair_of(step)].keys))
            self.garbled.discard(pair_of(step))
        effect = world.apply(step)
        for move in effect.transitions:
            note_move(statement.states, move)

    def due(self, world: ClusterWorld) -> Iterator[ClusterStep]:
        """Yield what happens next: one thing of each party."""
        yield from (
            network.Deliver(*pair) for pair in world.mail if not self.is_held(HoldKind.MAIL, pair)
        )
        yield from (
            worker.Begin(*pair) for pair in world.issued if not self.is_held(HoldKind.BEGIN, pair)
        )
        for pair in world.running:
            if pair[1] in self.seceding and pair in world.slotted:
                yield worker.Secede(*pair)
            elif not self.is_held(HoldKind.END, pair):
                yield self.end_of(pair[1], self.ended[pair[1]])(*pair)
        yield from self.transfers(world)
        yield from (worker.RetryBusyWorker(*pair) for pair in world.retrying)

    def transfers(self, world: ClusterWorld) -> Iterator[ClusterStep]:
        """Yield what happens next to each transfer."""
        for pair in world.open:
            if pair in world.served:
                yield (network.Garble if pair in self.garbled else network.Receive)(*pair)
            elif not self.is_held(HoldKind.GATHER, pair):
                yield (network.Serve if pair in world.unserved else network.Break)(*pair)

    def end_of(self, key: str, number: int) -> type[TwoNames]:
        ends = self.ends[key]
        return ends[number] if number < len(ends) else worker.Succeed

    def is_held(self, kind: HoldKind, pair: Pair) -> bool:
        for hold in self.holds:
            if hold.kind is not kind or not hold.since <= self.place < hold.until:
                continue
            if kind is HoldKind.END:
                if hold.pair[1] == pair[1] and hold.number == self.ended[pair[1]]:
                    return True
            elif kind is HoldKind.MAIL:
                if hold.pair == pair:
                    return True
            elif hold.pair[0] == pair[0]:
                return True
        return False


def pair_of(step: TwoNames) -> Pair:
    return (step.first, step.second)


#: Statuses in which a client waits for nothing more.
RESOLVED: Final = frozenset({NoticeStatus.FINISHED, NoticeStatus.ERRED})


def told_of(world: ClusterWorld) -> Iterator[tuple[tuple[str, str], NoticeStatus]]:
    """Yield what each client was told of what it wants."""
    for name, told in world.client_model.statuses.items():
        for key in world.client_model.wants[name]:
            if key in told:
                yield (name, key), told[key]


def note_move(states: dict[tuple[str, str], str | None], move: TaskTransition) -> None:
    states.pop((move.participant, move.key), None)
    states[move.participant, move.key] = None if move.finish == "forgotten" else move.finish


def unique(these: Iterable[tuple[HoldKind, str, str]]) -> list[tuple[HoldKind, str, str]]:
    return [*dict.fromkeys(these)]


# What could be held back


class HoldFinder:
    """Finds what a case, played as it stands, holds back: whatever does not happen at once."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.since: dict[tuple[HoldKind, Pair], list[int]] = defaultdict(list)
        self.ran: dict[str, int] = defaultdict(int)
        self.homes: dict[str, str] = {}

    def find(self) -> list[Hold]:
        found: list[Hold] = []
        world = open_world(self.case, get("dask"))
        assert isinstance(world, ClusterWorld)
        with world, suppress(Violation, ImpossibleStep):
            for place, step in enumerate(self.case.steps):
                kind = HELD.get(type(step))
                if kind is not None:
                    assert isinstance(step, TwoNames)
                    found.append(self.hold(kind, pair_of(step), place))
                world.apply(step)
                self.note(world, place)
            last = len(self.case.steps)
            found += [
                self.hold(kind, pair, last)
                for (kind, pair), since in [*self.since.items()]
                for _ in [*since]
            ]
        return found

    def hold(self, kind: HoldKind, pair: Pair, place: int) -> Hold:
        since = self.since[kind, pair]
        number = self.ran[pair[1]]
        if kind is HoldKind.END:
            self.ran[pair[1]] += 1
        return Hold(kind, pair, number, since.pop(0) if since else place, place)

    def note(self, world: ClusterWorld, place: int) -> None:
        """Note since when something could happen."""
        tables: Mapping[HoldKind, Mapping[Pair, Collection[object]]] = {
            HoldKind.MAIL: world.mail,
            HoldKind.BEGIN: dict.fromkeys(world.issued, (None,)),
            HoldKind.END: dict.fromkeys(world.running, (None,)),
            HoldKind.GATHER: {pair: (None,) for pair in world.open if pair not in world.served},
        }
        for name in world.present:
            for key in world.cluster.processing(name):
                self.homes.setdefault(key, name)
        for kind, table in tables.items():
            for pair in {*table, *(since for which, since in self.since if which is kind)}:
                since, count = self.since[kind, pair], len(table.get(pair, ()))
                del since[count:]
                since += [place] * (count - len(since))


# The search


def derive(shown: Shown) -> Program:
    """Find the program that holds back least. Raises CaseError: there is none."""
    case = shown.case
    dead = {step.name for step in case.steps if isinstance(step, worker.Dies)}
    foreign = [
        step
        for step in case.steps
        if not isinstance(step, (*CALLS, *BY_THEMSELVES))
        or (isinstance(step, network.Break) and step.second not in dead)
    ]
    if foreign:
        raise CaseError(f"no function of a test brings about > {foreign[0]}", path=case.place)
    if shown.violation is None:
        raise CaseError("the installed release does not show it", path=case.place)
    for simpler in variants(case):
        program = attempt(simpler, (), shown.violation)
        if program is not None:
            return program
    for simpler in variants(case):
        program = least(simpler, HoldFinder(simpler).find(), shown.violation)
        if program is not None:
            return program
    raise CaseError(NO_MEANS, path=case.place)


def variants(case: Case) -> Iterator[Case]:
    """The case as tests are written, simplest first.

    One task in each submission, all of them wanted; only the wanted ones; as it is. Each time, first
    with tasks that may run only where they did, if there is a choice.
    """
    config = case.config
    assert isinstance(config, ClusterConfig)
    finder = HoldFinder(case)
    finder.find()
    for wanted in (True, False, None):
        scenes = [
            part
            for scene in case.scenes
            for part in (split(scene, wanted) if wanted is not None else [scene])
        ]
        if wanted is not None and len(scenes) == len(case.scenes):
            continue
        if config.workers > 1:
            yield replace(case, scenes=tuple(settled(scene, finder.homes) for scene in scenes))
        yield replace(case, scenes=tuple(scenes))


def split(scene: CaseStep, wanted: bool) -> Iterator[CaseStep]:
    """A submission as one for each of its tasks; if not all are wanted, only where they are anyway."""
    step = scene.step
    if not isinstance(step, Submit) or not (wanted or len(step.wanted) == len(step.tasks)):
        yield scene
        return
    for place, task in enumerate(step.tasks):
        if place:
            yield CaseStep(network.Deliver(step.client, SCHEDULER))
        yield CaseStep(Submit(step.client, (task,), (task.key,)))


def settled(scene: CaseStep, homes: Mapping[str, str]) -> CaseStep:
    """A submission whose tasks may run nowhere else."""
    step = scene.step
    if not isinstance(step, Submit):
        return scene
    tasks = tuple(
        task
        if task.options.workers or task.key not in homes
        else replace(task, options=replace(task.options, workers=(homes[task.key],)))
        for task in step.tasks
    )
    return replace(scene, step=replace(step, tasks=tasks))


def attempt(case: Case, holds: Sequence[Hold], violation: Violation) -> Program | None:
    """Return the program that holds this back, if it shows the violation."""
    program = Rehearsal(case, holds).run()
    found = program.violation
    if not program.possible or found is None:
        return None
    if signature(found).bug == signature(violation).bug:
        return program
    same = found.property == violation.property and fixed(program) is not None
    return program if same else None


def least(case: Case, holds: Sequence[Hold], violation: Violation) -> Program | None:
    """Return the program with as few of the holds as possible; None if all of them do not show it."""
    best, kept = attempt(case, holds, violation), [*holds]
    if best is None:
        return None
    groups = [
        [hold for hold in holds if hold.what == what]
        for what in dict.fromkeys(hold.what for hold in holds)
    ]
    for group in [*groups, *([hold] for hold in holds)]:
        fewer = [hold for hold in kept if hold not in group]
        shorter = attempt(case, fewer, violation) if len(fewer) < len(kept) else None
        if shorter is not None:
            best, kept = shorter, fewer
    return best


def fixed(program: Program) -> Program | None:
    """The same program with a trial fix in place, which cures it; None without such a fix."""
    for name in program.case.fixes:
        with suppress(SubjectUnavailable), trial_fixes("dask", [name]):
            found = Rehearsal(program.case, program.holds).run()
            left = found.violation is None or found.violation.property == nothing_is_left.name
            if found.possible and left and found.statuses:
                return found
    return None


def is_nested(program: Program) -> bool:
    """Each stream is thawed after those that were frozen later, and no worker joins in between."""
    frozen: list[tuple[HoldKind, str, str]] = []
    for statement in program.statements:
        for what in statement.holds:
            if what[0] is HoldKind.MAIL and what not in frozen and what not in statement.lets:
                frozen.append(what)
        if frozen and isinstance(statement.step, worker.Join):
            return False
        for what in statement.lets:
            if what[0] is not HoldKind.MAIL:
                continue
            if not frozen or frozen[-1] != what:
                return False
            if not any(
                hold.what == what and hold.since <= statement.place < hold.until
                for hold in program.holds
            ):
                frozen.pop()
    return True
