"""Replaying a case: is everything still as it is written?"""

import enum
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any, Final, Self, TypeAlias

from workerfuzz.harness.cases.format.case import (
    Case,
    CaseStep,
    KnownBreak,
    OpenWorld,
    ScopeName,
    open_world,
)
from workerfuzz.harness.cases.format.casefile import replay_command
from workerfuzz.harness.cases.swimlanes.charting import excerpt
from workerfuzz.harness.cases.triage.signature import signature
from workerfuzz.harness.subjects import AnySubject, declaration, system
from workerfuzz.harness.subjects.protocol import Subject, SubjectUnavailable
from workerfuzz.harness.worlds.playing import StepResult, play
from workerfuzz.harness.worlds.violation import Violation

#: Steps whose differences are shown; more would say the same again.
MOST_DIFFERENCES: Final = 5


class ReplayOutcome(enum.StrEnum):
    """Outcome of a replay. The value is its name in summaries."""

    AS_WRITTEN = "as written"
    BREAKS_AS_KNOWN = "known to break"  # a strict xfail that fails as it should
    NOT_APPLICABLE = "not about this subject"
    NOT_INSTALLED = "on subjects not installed"
    DIFFERS = "differs"
    BROKEN = "broken"
    FIXED = "fixed"  # a strict xfail that did not fail
    IMPOSSIBLE = "impossible"


#: Outcomes of which no step was taken.
NOTHING_REPLAYED: Final = frozenset({ReplayOutcome.NOT_APPLICABLE, ReplayOutcome.NOT_INSTALLED})

#: Nothing to do about these.
FINE: Final = NOTHING_REPLAYED | {ReplayOutcome.AS_WRITTEN, ReplayOutcome.BREAKS_AS_KNOWN}

#: Told of the violation that ends a replay, while its world is still open.
OnViolation: TypeAlias = Callable[[Violation], None]


@dataclass(frozen=True, slots=True)
class Replay:
    """One case, replayed on one subject.

    Attributes:
        place: the file.
        report: what there is to say about it, ready to be printed; empty where it is as written.
        command: what replays it; empty where it is no file.
        drawing: who said what to whom before something broke, where somebody drew it.
        headline: the most important line of the report, complete in itself.
    """

    outcome: ReplayOutcome
    place: str
    subject: str
    report: tuple[str, ...] = ()
    command: str = ""
    drawing: tuple[str, ...] = ()
    headline: str = ""

    @property
    def fine(self) -> bool:
        return self.outcome in FINE

    def as_data(self) -> Mapping[str, object]:
        """Return it as JSON can carry it."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        outcome, report = ReplayOutcome(data["outcome"]), tuple(data["report"])
        drawing, headline = tuple(data["drawing"]), data["headline"]
        return cls(
            outcome, data["place"], data["subject"], report, data["command"], drawing, headline
        )


def replay(
    case: Case,
    subject: Subject,
    world: OpenWorld = open_world,
    *,
    on_violation: OnViolation | None = None,
    fixed: Collection[str] = (),
) -> Replay:
    """Takes the steps of a case on a subject, comes to rest, and compares.

    Effects are compared on the reference only; properties are checked on every subject.

    Args:
        fixed: trial fixes that are in place; with one of its own a case passes, and what is impossible
            then, because other messages are sent, is left out.

    Raises:
        SubjectUnavailable: the subject cannot be had here.
    """
    if not case.tells_of(subject.name, subject.version()) or not is_had(case, subject):
        return Judge(case, subject).says(ReplayOutcome.NOT_APPLICABLE)
    is_fixed = not {*case.fixes}.isdisjoint(fixed)
    known = () if is_fixed else case.known_breaks(subject.name, subject.version())
    judge = Judge(case, subject, tuple(known))
    played = play(world(case, subject), case.steps, skip_impossible=is_fixed)
    with closing(played):  # a violation keeps it alive
        for scene, result in zip(with_rest(case), played, strict=False):
            if result.impossible is not None and not is_fixed:
                return judge.impossible(scene, result.impossible)
            judge.compare(scene, result)
            if result.violation is not None:
                if on_violation is not None:
                    on_violation(result.violation)
                return judge.broken(scene, result.violation)
    return judge.rested()


def is_had(case: Case, subject: Subject) -> bool:
    """Return whether this release of a subject can be had at the scope of a case, if not all can."""
    if case.scope is not ScopeName.PROCESS:
        return True
    try:
        system(subject.name, case.scope).version()
    except SubjectUnavailable:
        return False
    return True


def with_rest(case: Case) -> tuple[CaseStep, ...]:
    if case.scenes and case.scenes[-1].step is None:
        return case.scenes
    return (*case.scenes, CaseStep(None))


def at(case: Case, scene: CaseStep) -> str:
    """``regressions/0007-x.case:14: > gather-dep-success b``."""
    number = f":{scene.line}" if scene.line else ""
    return f"{case.place}{number}: > {scene.step or 'rest'}"


def diff(case: Case, scene: CaseStep, result: StepResult) -> Iterator[str]:
    """Yield the differences between expected and actual effects; nothing where there is none."""
    written = [line.text for line in scene.effects]
    follows = result.effect.lines() if result.effect is not None and case.tells_effects else []
    if scene.broken is not None:
        written.append(scene.broken.text)
        if result.violation is not None:
            follows.append(f"~ {result.violation.property}")
    elif result.violation is not None:
        return
    if written == follows:
        return
    yield at(case, scene)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, written, follows, False).get_opcodes():
        if tag != "equal":
            yield from (f"  - {line}" for line in written[i1:i2])
            yield from (f"  + {line}" for line in follows[j1:j2])


@dataclass(slots=True)
class Judge:
    """Sees one replay, and says what it came to.

    Attributes:
        known: what is known to break on this subject in its version.
        differences: lines, for each step after which something else followed.
    """

    case: Case
    subject: Subject
    known: tuple[KnownBreak, ...] = ()
    differences: list[tuple[str, ...]] = field(default_factory=list)

    def compare(self, scene: CaseStep, result: StepResult) -> None:
        if declaration(self.subject.name).is_model and (
            lines := tuple(diff(self.case, scene, result))
        ):
            self.differences.append(lines)

    def impossible(self, scene: CaseStep, why: str) -> Replay:
        lines = (*self.shown(), at(self.case, scene), f"  impossible: {why}")
        step = scene.step or "rest"
        return self.says(ReplayOutcome.IMPOSSIBLE, lines, f"{step}: impossible: {why}")

    def broken(self, scene: CaseStep, violation: Violation) -> Replay:
        """A property broke; perhaps it is known to, and all that came before was as written."""
        what = f"  ~ {violation.property}: {violation.sentence}"
        evidence = (f"    {line}" for line in violation.counterexample.splitlines())
        lines = (*self.shown(), at(self.case, scene), what, *evidence)
        mark, version = signature(violation), self.subject.version()
        as_known = (
            bool(self.known)
            and not self.differences
            and self.case.declares(self.subject.name, version, violation.property, mark.shape)
        )
        outcome = ReplayOutcome.BREAKS_AS_KNOWN if as_known else ReplayOutcome.BROKEN
        first = violation.counterexample.partition("\n")[0] or violation.sentence
        return self.says(outcome, lines, f"{violation.property}: {first}")

    def rested(self) -> Replay:
        """Nothing broke to the end."""
        if self.known:
            names = ", ".join(item.property for item in self.known)
            version = f"{self.subject.name} {self.subject.version()}"
            return self.says(
                ReplayOutcome.FIXED,
                (
                    f"{self.case.place}: {version} does not break {names} any more",
                    '  the bug is fixed: remove "breaks:", or narrow its versions',
                ),
                f"{version} does not break {names} any more",
            )
        if not self.differences:
            return self.says(ReplayOutcome.AS_WRITTEN)
        where = self.differences[0][0].removeprefix(self.case.place).lstrip(":0123456789 >")
        return self.says(ReplayOutcome.DIFFERS, self.shown(), f"differs after {where}")

    def says(
        self, outcome: ReplayOutcome, lines: tuple[str, ...] = (), headline: str = ""
    ) -> Replay:
        path = self.case.path
        command = replay_command(path, self.subject.name) if path is not None else ""
        name = self.subject.name
        return Replay(outcome, self.case.place, name, lines, command, headline=headline)

    def shown(self) -> tuple[str, ...]:
        """The first few differences."""
        first = self.differences[:MOST_DIFFERENCES]
        more = len(self.differences) - len(first)
        lines = tuple(line for difference in first for line in difference)
        return (*lines, f"  and {more} more") if more else lines


#: Replays of which there is something to see.
BROKE: Final = frozenset({ReplayOutcome.BROKEN, ReplayOutcome.IMPOSSIBLE})


def with_excerpt(done: Replay, case: Case, subject: AnySubject) -> Replay:
    """A replay in which something broke, with what led there."""
    return replace(done, drawing=excerpt(case, subject)) if done.outcome in BROKE else done
