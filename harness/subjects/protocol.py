"""The protocol of a system that is fuzzed at the scope of one worker."""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from traceback import FrameSummary, extract_tb
from typing import Final, Protocol, Self, cast

import workerfuzz
from workerfuzz.statemachine.properties.property import Broken
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.worker.canonical import Canonical
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.task import Transition
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.worker.run_config import RunConfig, draw_run_config


class SubjectRaised(Exception):
    """The system under test raised where it should not have. The cause is what it raised."""


#: Stands before the states and amounts in question, in the description of a failed assertion.
CIRCUMSTANCES: Final = ", where "

#: Files of this package, the reference included.
_OURS: Final = Path(workerfuzz.__file__).parent


def subject_frames(error: BaseException) -> Sequence[FrameSummary]:
    """Return the frames of a traceback that are the subject's, outermost first; none of ours."""
    return [
        frame
        for frame in extract_tb(error.__traceback__)
        if not Path(frame.filename).is_relative_to(_OURS)
    ]


class CounterexampleOfError(str):
    """A counterexample that describes an exception of the subject.

    Attributes:
        error: the exception, with its traceback.
    """

    __slots__ = ("error",)

    error: BaseException

    def __new__(cls, text: str, error: BaseException) -> Self:
        self = super().__new__(cls, text)
        self.error = error
        return self


def error_behind(counterexample: str) -> BaseException | None:
    """Return the exception that a counterexample describes; None where it describes none."""
    return counterexample.error if isinstance(counterexample, CounterexampleOfError) else None


class SubjectUnavailable(Exception):
    """The system cannot be fuzzed here: not installed, or not a release that we know."""


class WorkerSubject(WorkerView, Protocol):
    """One worker under test. Beyond the view, it takes events and shows what they did."""

    def handle(self, event: Event) -> Sequence[Instruction]:
        """Let one event happen; raises SubjectRaised. Any other exception is the harness's fault."""

    def changes(self) -> Sequence[tuple[str, Transition]]:
        """Every transition that the last event caused, in order."""

    def touched(self) -> Collection[str]:
        """Keys whose record the last event may have made, changed or removed."""

    def check(self, touched: Collection[str] | None) -> Iterator[Broken]:
        """The subject's own properties that are broken, each with a counterexample.

        Args:
            touched: keys that the last event touched; None asks for a full sweep.
        """


class Subject(Protocol):
    """A system that can be fuzzed. Who inherits from it gets what most have in common."""

    @property
    def name(self) -> str:
        """Name on the command line and in cases."""

    def version(self) -> str:
        """Release, as PEP 440 writes it; raises SubjectUnavailable."""

    def worker(self, config: WorkerConfig) -> WorkerSubject:
        """A fresh worker; raises SubjectUnavailable."""

    def cannot(self) -> Mapping[str, str]:
        """Kinds of step, by their word, that it has no way to do; and why."""
        return {}

    def exempt(self) -> Mapping[str, str]:
        """Properties of any worker that it does not promise, by name; and why."""
        return {}

    @property
    def pool(self) -> tuple[str, ...] | None:
        """Keys that it is ever told of, each depending on earlier ones only; None: any."""
        return None

    @property
    def peers(self) -> tuple[str, ...] | None:
        """Addresses of other workers that it is ever told of; None: any."""
        return None

    def why_not_alone(self) -> str:
        """Return why its worker is only replayed without a scheduler, not fuzzed; empty: it is."""
        return ""

    def run_config(self, chooser: Chooser) -> RunConfig:
        """Draw the configuration and the environment of a run."""
        return as_declared(self, draw_run_config(chooser))


def as_declared(subject: Subject, run_config: RunConfig) -> RunConfig:
    """The same run configuration with the keys and peers that a subject declares, if it does.

    Worlds see to it, so that a subject meets the same ones wherever a run comes from: drawn, from a
    case, from a corpus.
    """
    if subject.pool is not None:
        run_config = replace(run_config, keys=subject.pool)
    if subject.peers is not None:
        run_config = replace(run_config, peers=subject.peers)
    return run_config


class Copyable(WorkerSubject, Protocol):
    """A worker under test that can be explored."""

    def copy(self) -> Self:
        """Return a copy that continues alike, and shares nothing that changes."""

    def fingerprint(self, text: Canonical) -> tuple[Hashable, ...]:
        """Return plain data, equal for those that continue alike."""


def copyable(name: str, worker: WorkerSubject) -> Copyable:
    """Return the same worker, which can be explored. Raises SubjectUnavailable where it cannot."""
    if not hasattr(worker, "fingerprint"):
        raise not_copyable(name)
    return cast("Copyable", worker)


def not_copyable(name: str) -> SubjectUnavailable:
    return SubjectUnavailable(f'subject "{name}" cannot be copied, and so not explored')
