"""Steps in which messages arrive, connections break and time passes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.step import ClusterStep, OneName
from workerfuzz.strategies.cluster.view import ClusterView
from workerfuzz.strategies.process.view import ProcessControl, ProcessView
from workerfuzz.strategies.step import Names, exactly
from workerfuzz.strategies.text import BadText

#: Two participants and the number of their connection; the one that opened it stands at the open end.
_PIPE: Final = re.compile(
    r"(?P<sender>[\w-]+)(?P<way>[<>])(?P<receiver>[\w-]+)\.(?P<number>[0-9]+)"
)

#: A participant and the name of one of its timers.
_TIMER: Final = re.compile(r"[\w-]+\.[\w-]+")


class PipeStep(OneName):
    """A step about one direction of a connection: ``c0>scheduler.1``, or ``scheduler<c0.1``."""

    usage: ClassVar[str] = "SENDER>RECEIVER.NUMBER"

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        (pipe,) = exactly(1, words)
        if not _PIPE.fullmatch(pipe):
            raise BadText(f'expected SENDER>RECEIVER.NUMBER, found "{pipe}"')
        return cls(pipe)

    def _parts(self) -> tuple[str, str, str, str]:
        found = _PIPE.fullmatch(self.name)
        assert found is not None
        return found["sender"], found["way"], found["receiver"], found["number"]

    def peers(self) -> tuple[str, ...]:
        sender, _, receiver, _ = self._parts()
        return (sender.partition("-")[0], receiver.partition("-")[0])

    def renamed(self, names: Names) -> Self:
        sender, way, receiver, number = self._parts()
        return type(self)(
            f"{names.get(sender, sender)}{way}{names.get(receiver, receiver)}.{number}"
        )


class Deliver(PipeStep):
    """The oldest message of a pipe arrives; or the end of its connection."""

    source: ClassVar[str] = "pipes"

    def apply(self, world: ProcessControl) -> None:
        world.deliver_on(self.name)


class Cut(PipeStep):
    """A connection breaks: both ends find out, and what is under way on it is lost."""

    source: ClassVar[str] = "connections"

    def apply(self, world: ProcessControl) -> None:
        world.cut(self.name)


@dataclass(frozen=True, slots=True)
class Unconditional(ClusterStep):
    """A step with nothing to choose, possible at any time."""

    @classmethod
    def is_possible(cls, world: ClusterView) -> bool:
        return True

    @classmethod
    def draw(cls, world: ProcessView, chooser: Chooser) -> Self:
        return cls()

    def arguments(self) -> Sequence[str]:
        return ()

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        exactly(0, words)
        return cls()


class Flow(Unconditional):
    """Everything under way arrives, and what is sent in reply; no thread ends."""

    def apply(self, world: ProcessControl) -> None:
        world.flow()


class Tick(Unconditional):
    """Time passes until the next timer is due."""

    def apply(self, world: ProcessControl) -> None:
        world.tick()


class Until(OneName):
    """Time passes until a timer is due, by its participant and name: ``until w0.heartbeat``."""

    usage: ClassVar[str] = "PARTICIPANT.TIMER"
    source: ClassVar[str] = "timers"

    @classmethod
    def is_possible(cls, world: ClusterView) -> bool:
        return True  # something always is to happen at some time

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        (name,) = exactly(1, words)
        if not _TIMER.fullmatch(name):
            raise BadText(f'expected PARTICIPANT.TIMER, found "{name}"')
        return cls(name)

    def peers(self) -> tuple[str, ...]:
        return (self.name.partition(".")[0].partition("-")[0],)

    def renamed(self, names: Names) -> Self:
        whose, _, timer = self.name.partition(".")
        return type(self)(f"{names.get(whose, whose)}.{timer}")

    def apply(self, world: ProcessControl) -> None:
        world.until(self.name)
