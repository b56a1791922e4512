"""The steps of a case, taken one after the other in a fresh world."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from workerfuzz.harness.cases.case import Case
from workerfuzz.harness.cases.order import ordered
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.worlds.effect import Effect
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.harness.worlds.worker import WorkerWorld
from workerfuzz.statemachine.config import WorkerConfig
from workerfuzz.statemachine.view import WorkerView
from workerfuzz.statemachine.worker import ADDRESS
from workerfuzz.strategies.steps import Step
from workerfuzz.strategies.universe import KEYS, PEERS, Universe


class World(Protocol):
    """What is needed of a world here."""

    @property
    def view(self) -> WorkerView:
        """The worker."""

    def apply(self, step: Step) -> Effect:
        """Let a step happen; raises Violation or ImpossibleStep."""

    def finish(self) -> None:
        """Let everything outstanding end; raises Violation."""


#: Makes the world of a case, around a subject.
OpenWorld: TypeAlias = Callable[[Case, Subject], World]


@dataclass(frozen=True, slots=True)
class Moment:
    """What came of one step, or of rest.

    Attributes:
        step: None stands for rest.
        effect: None where a property was broken or the step was impossible, and at rest.
        violation: the run is over.
        impossible: why the step could not be taken; the run is over.
    """

    step: Step | None
    effect: Effect | None = None
    violation: Violation | None = None
    impossible: str | None = None


def moments(world: World, steps: Iterable[Step]) -> Iterator[Moment]:
    """Takes the steps, then rests; ends early where a property breaks or a step is impossible."""
    for step in steps:
        try:
            effect = world.apply(step)
        except Violation as violation:
            yield Moment(step, violation=violation)
            return
        except ImpossibleStep as error:
            yield Moment(step, impossible=str(error))
            return
        yield Moment(step, effect)
    try:
        world.finish()
    except Violation as violation:
        yield Moment(None, violation=violation)
    else:
        yield Moment(None)


def open_world(case: Case, subject: Subject) -> World:
    """A fresh world as the case describes it."""
    return WorkerWorld(subject, universe_of(case.steps, case.config))


def universe_of(steps: Sequence[Step], config: WorkerConfig) -> Universe:
    """The keys and peers that steps name, beside the usual ones."""
    named = (peer for step in steps for peer in step.peers() if peer != ADDRESS)
    peers = dict.fromkeys((*PEERS, *named))
    return Universe(config, ordered(steps, KEYS), tuple(peers))
