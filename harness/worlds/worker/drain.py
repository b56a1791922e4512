"""The end of a run of one worker: its environment stops being hostile, and all must end well.

First everything outstanding ends, then everything is freed, then it is requested again. In this order:
releasing first would forgive every hang.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol

from workerfuzz.statemachine.properties import any_worker
from workerfuzz.statemachine.properties.any_worker import RestObservation
from workerfuzz.statemachine.properties.property import O, Property
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Execute
from workerfuzz.statemachine.worker.task import Request, TaskSpec
from workerfuzz.strategies.worker.from_environment import computed_value

#: A peer that holds every key and sends all that it is asked for.
HONEST: Final = "honest"

#: Rounds in which a worker has to come to rest, for each key; each failure to copy may cost one.
ROUNDS_PER_KEY: Final = 12


class DrainedWorker(Protocol):
    """The part of a world that is needed to bring it to rest."""

    @property
    def view(self) -> WorkerView:
        """The worker."""

    @property
    def paused(self) -> bool:
        """It was paused, and not unpaused."""

    @property
    def pool(self) -> Sequence[str]:
        """Keys, each depending on earlier ones only."""

    @property
    def peers(self) -> Sequence[str]:
        """Other workers."""

    @property
    def executing(self) -> Mapping[str, Execute]:
        """Outstanding ``Execute``, by key."""

    @property
    def gathering(self) -> Mapping[str, Sequence[str]]:
        """Outstanding ``GatherDep``: keys by peer."""

    @property
    def retrying(self) -> Collection[str]:
        """Peers with an outstanding ``RetryBusyWorkerLater``."""

    @property
    def rescheduled(self) -> Collection[str]:
        """Keys that were handed back and not freed since."""

    @property
    def content(self) -> Mapping[str, TaskSpec]:
        """Content that was last requested of each key."""

    @property
    def run_id(self) -> int:
        """Of the last compute request."""

    def questions(self) -> Sequence[str]:
        """Keys that the worker asked about since the last call."""

    def takes(self, kind: type[Event]) -> bool:
        """The subject says that such an event may happen to it."""

    def order(self, key: str) -> tuple[int, str]:
        """Sorts keys so that each comes after those it may depend on."""

    def handle_event(self, event: Event) -> object:
        """Let an event happen."""

    def sweep(self) -> None:
        """Check every structural property on every task."""

    def demand(self, item: Property[O], observation: O) -> None:
        """Raise Violation where a property does not hold."""


def come_to_rest(world: DrainedWorker) -> None:
    """Raises Violation where something does not hold at rest."""
    world.sweep()
    drain(world)
    world.sweep()
    world.demand(any_worker.everything_comes_to_rest, RestObservation(world.view))
    keys = tuple(sorted({*world.view.keys(), *world.pool, *world.content}))
    if not (world.takes(events.FreeKeys) or world.takes(events.ForgetKeys)):
        return
    for message in (events.FreeKeys(keys=keys), events.ForgetKeys(keys=keys)):
        if world.takes(type(message)):
            world.handle_event(message)
    drain(world)
    world.sweep()
    world.demand(any_worker.forgotten_worker_is_empty, RestObservation(world.view))
    if not world.takes(events.ComputeTask):
        return
    wanted = ask_again(world)
    world.sweep()
    expected = {key: computed_value(spec) for key, spec in wanted.items()}
    rest = RestObservation(world.view, expected)
    world.demand(any_worker.asked_again_everything_arrives, rest)
    world.demand(any_worker.stored_values_are_right, rest)


def drain(world: DrainedWorker) -> None:
    """Answer everything honestly until nothing is outstanding."""
    for _ in range(ROUNDS_PER_KEY * (len(world.view.keys()) + len(world.peers) + 1)):
        outstanding = answers(world)
        if not outstanding and world.takes(events.FindMissing):
            world.handle_event(events.FindMissing())
            outstanding = answers(world)
        if not outstanding:
            return
        for event in outstanding:
            world.handle_event(event)
    rest = RestObservation(world.view, outstanding=answers(world))
    world.demand(any_worker.coming_to_rest_ends, rest)


def answers(world: DrainedWorker) -> list[Event]:
    """The honest answer to everything that is outstanding, each independent of the others."""
    questions = world.questions()
    found: list[Event] = []
    if world.paused and world.takes(events.Unpause):
        found.append(events.Unpause())
    if questions and world.takes(events.RefreshWhoHas):
        found.append(events.RefreshWhoHas(who_has=dict.fromkeys(questions, (HONEST,))))
    if world.rescheduled or world.retrying or world.gathering or world.executing:
        found += endings(world)
    return found


def endings(world: DrainedWorker) -> list[Event]:
    """Everything that is under way ends well; what was handed back is taken."""
    found: list[Event] = []
    if world.takes(events.FreeKeys):
        found += [events.FreeKeys(keys=(key,)) for key in sorted(world.rescheduled)]
    found += [events.RetryBusyWorker(worker=peer) for peer in sorted(world.retrying)]
    found += [
        events.GatherDepSuccess(worker=peer, values={key: f"{key} from {peer}" for key in keys})
        for peer, keys in sorted(world.gathering.items())
    ]
    found += [
        events.ExecuteSuccess(
            key=key, run_id=execution.run_id, value=computed_value(execution.spec)
        )
        for key, execution in sorted(world.executing.items())
    ]
    return found


def ask_again(world: DrainedWorker) -> dict[str, TaskSpec]:
    """Request every key once more, each when its dependencies are in memory somewhere."""
    wanted = dict(sorted(world.content.items(), key=lambda item: world.order(item[0])))
    for spec in wanted.values():
        world.handle_event(
            events.ComputeTask(
                spec=spec,
                request=Request(run_id=world.run_id + 1),
                who_has={key: (HONEST,) for key in spec.dependencies if key not in wanted},
            )
        )
        drain(world)
    return wanted
