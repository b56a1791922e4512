"""The behaviour that a case shows on the release of Dask that is installed, and the expected one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from workerfuzz.harness.cases.format import vocabulary
from workerfuzz.harness.cases.format.case import Case, CaseError, OpenWorld, open_world
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.worlds.playing import play
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.worker import Step

#: Numbers of our requirements behind a sentence.
_REQUIREMENTS: Final = re.compile(r" \([RZ][0-9]+(, [RZ][0-9]+)*\)")


@dataclass(frozen=True, slots=True)
class Shown:
    """Contents of an exported test.

    Attributes:
        steps: each with what followed from it, in lines.
        broken: name of the property that breaks.
        violation: how it broke here; None where only other releases break it.
        releases: where it breaks.
        others: names of the other systems that the case is about.
    """

    case: Case
    steps: Sequence[tuple[Step, Sequence[str]]]
    broken: str
    violation: Violation | None
    releases: str
    others: Sequence[str] = ()

    @property
    def at_rest(self) -> bool:
        """The steps alone do not break it, or it is not known here whether they do."""
        return self.violation is None or self.violation.at_rest

    @property
    def counterexample(self) -> str:
        return self.violation.counterexample if self.violation is not None else ""

    @property
    def expected(self) -> str:
        """The property that should hold, as a sentence."""
        return _REQUIREMENTS.sub("", vocabulary.properties()[self.broken].sentence)

    def about(self) -> Iterator[str]:
        """Yield what should be, the actual behaviour, and the releases that show it."""
        yield f"Expected: {self.expected}"
        yield (
            f"Instead, with {self.releases}:"
            if self.counterexample
            else f"Not so with {self.releases}."
        )
        yield from (f"  {line}" for line in self.counterexample.splitlines())


def shown(case: Case, subject: AnySubject, world: OpenWorld = open_world) -> Shown:
    """Plays a case; raises CaseError where nothing of it is worth a test."""
    if subject.name not in case.subjects:
        raise CaseError(
            "the case is not about dask: add it to `subject:`, if it holds there", None, case.path
        )
    version = subject.version()
    others = [name for name in case.subjects if name != subject.name]
    steps: list[tuple[Step, Sequence[str]]] = []
    violation = None
    for result in play(world(case, subject), case.steps):
        if result.impossible is not None:
            raise CaseError(
                f"> {result.step} is impossible with dask {version}: {result.impossible}",
                None,
                case.path,
            )
        if result.step is not None:
            steps.append((result.step, result.effect.lines() if result.effect is not None else ()))
        violation = result.violation
    if violation is not None:
        return Shown(case, steps, violation.property, violation, f"distributed {version}", others)
    for broken in case.breaks:
        if broken.subject == subject.name:
            releases = f"distributed {broken.specifier}".rstrip()
            return Shown(case, steps, broken.property, None, releases, others)
    raise CaseError(
        f"the case breaks nothing with dask {version}, and names nothing in `breaks:`",
        None,
        case.path,
    )
