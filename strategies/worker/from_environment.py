"""Steps in which the worker's own process reports: memory, clocks, threads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Self

from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies import text
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.text import BadText
from workerfuzz.strategies.worker.step import Bare, OneKey, OnePeer, not_among
from workerfuzz.strategies.worker.view import EnvironmentView

#: Values that are values although Python calls them false (#4721).
FALSY: Final = {"none": None, "zero": 0, "empty": ""}


class Pause(Bare):
    """The worker runs short of memory."""

    @classmethod
    def is_possible(cls, world: EnvironmentView) -> bool:
        return not world.paused

    def why_impossible(self, world: EnvironmentView) -> str | None:
        return "the worker is paused already" if world.paused else None

    def event(self, world: EnvironmentView) -> events.Pause:
        return events.Pause()


class Unpause(Bare):
    """The worker has memory again."""

    @classmethod
    def is_possible(cls, world: EnvironmentView) -> bool:
        return world.paused

    def why_impossible(self, world: EnvironmentView) -> str | None:
        return None if world.paused else "the worker is not paused"

    def event(self, world: EnvironmentView) -> events.Unpause:
        return events.Unpause()


class FindMissing(Bare):
    """A clock ticks: the worker looks for keys that nobody holds."""

    def event(self, world: EnvironmentView) -> events.FindMissing:
        return events.FindMissing()


class RetryBusyWorker(OnePeer):
    """The worker has waited long enough for a busy peer."""

    @classmethod
    def is_possible(cls, world: EnvironmentView) -> bool:
        return bool(world.retrying)

    @classmethod
    def candidates(cls, world: EnvironmentView) -> Sequence[str]:
        return sorted(world.retrying)

    def why_impossible(self, world: EnvironmentView) -> str | None:
        return not_among(self.worker, world.retrying, "the worker does not wait for {} to be idle")

    def event(self, world: EnvironmentView) -> events.RetryBusyWorker:
        return events.RetryBusyWorker(worker=self.worker)


class ThreadReports(OneKey):
    """A thread has something to say about the task that it runs."""

    @classmethod
    def is_possible(cls, world: EnvironmentView) -> bool:
        return bool(world.executing)

    @classmethod
    def candidates(cls, world: EnvironmentView) -> Sequence[str]:
        return sorted(world.executing)

    def why_impossible(self, world: EnvironmentView) -> str | None:
        return not_among(self.key, world.executing, "{} is not running")


@dataclass(frozen=True, slots=True)
class ExecuteSuccess(ThreadReports):
    """A task ends well.

    Attributes:
        value: a name in ``FALSY``; empty for a value that tells what was computed.
        nbytes: size of the value in bytes.
    """

    usage: ClassVar[str] = "KEY [nbytes=N] [value=none|zero|empty]"
    nbytes: int = 1
    value: str = ""

    @classmethod
    def draw(cls, world: EnvironmentView, chooser: Chooser) -> Self:
        return cls(
            key=chooser.pick(cls.candidates(world)),
            nbytes=chooser.pick(world.workload.sizes) or 1,
            value=chooser.pick(world.workload.values),
        )

    def event(self, world: EnvironmentView) -> events.ExecuteSuccess:
        started = world.executing[self.key]
        value = FALSY[self.value] if self.value else computed_value(started.spec)
        return events.ExecuteSuccess(
            key=self.key, run_id=started.run_id, value=value, nbytes=self.nbytes
        )

    def arguments(self) -> Sequence[str]:
        return (
            self.key,
            *([f"nbytes={self.nbytes}"] if self.nbytes != 1 else []),
            *([f"value={self.value}"] if self.value else []),
        )

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        if not words:
            raise BadText("expected a key")
        given = dict(text.options(words[1:]))
        nbytes = text.number(given.pop("nbytes", "1"), "nbytes")
        value = given.pop("value", "")
        if nbytes < 0:
            raise BadText(f"nbytes is negative: {nbytes}")
        if value and value not in FALSY:
            raise BadText(f'value is one of {", ".join(FALSY)}, not "{value}"')
        for name in given:
            raise BadText(f'expected nbytes or value, found "{name}"')
        return cls(text.name(words[0]), nbytes, value)

    def simpler(self) -> Iterator[Self]:
        if self.nbytes != 1:
            yield replace(self, nbytes=1)
        if self.value:
            yield replace(self, value="")


def computed_value(spec: TaskSpec) -> str:
    """Return the result of a thread, which names the content that it ran."""
    return f"{spec.key} spec={spec.run_spec} needs {' '.join(spec.dependencies) or 'nothing'}"


class ExecuteFailure(ThreadReports):
    """A task raises."""

    def event(self, world: EnvironmentView) -> events.ExecuteFailure:
        return events.ExecuteFailure(key=self.key, run_id=world.executing[self.key].run_id)


class Reschedule(ThreadReports):
    """A task asks to be run elsewhere."""

    def event(self, world: EnvironmentView) -> events.Reschedule:
        return events.Reschedule(key=self.key, run_id=world.executing[self.key].run_id)


class Secede(ThreadReports):
    """A task leaves its slot and runs on."""

    @classmethod
    def is_possible(cls, world: EnvironmentView) -> bool:
        return len(world.seceded) < len(world.executing)

    @classmethod
    def candidates(cls, world: EnvironmentView) -> Sequence[str]:
        return sorted(set(world.executing).difference(world.seceded))

    def why_impossible(self, world: EnvironmentView) -> str | None:
        if self.key in world.seceded:
            return f"{self.key} has seceded already"
        return not_among(self.key, world.executing, "{} is not running")

    def event(self, world: EnvironmentView) -> events.Secede:
        return events.Secede(key=self.key, run_id=world.executing[self.key].run_id)
