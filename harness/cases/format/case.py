"""One scenario: what it is about, its steps, and what follows from each, recorded from a run."""

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from workerfuzz.harness.subjects import AnySubject, declaration, system
from workerfuzz.harness.worlds.playing import StepResult, play
from workerfuzz.harness.worlds.scopes import SCOPES, AnyConfig, AnyRunConfig, World
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.cluster.run_config import ClusterConfig
from workerfuzz.strategies.worker import Step


class CaseError(Exception):
    """A case that cannot be read, or is not written as cases are.

    Attributes:
        what: what is wrong and what was expected, in one line.
        line: counted from 1; None where the whole file is meant.
        path: where it stands.
    """

    def __init__(self, what: str, line: int | None = None, path: Path | str | None = None) -> None:
        super().__init__(what, line, path)
        self.what = what
        self.line = line
        self.path = path

    def __str__(self) -> str:
        place = [str(part) for part in (self.path, self.line) if part is not None]
        return ": ".join((":".join(place), self.what)) if place else self.what


#: What stands before the first of several versions.
_FROM: Final = frozenset({">=", ">", "==", "~="})


class ScopeName(enum.StrEnum):
    """Scope of a case."""

    WORKER = "worker"
    CLUSTER = "cluster"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class KnownBreak:
    """A property that a subject is known to break.

    Attributes:
        specifier: the versions that do, as PEP 440 writes it; empty means all of them.
    """

    property: str
    subject: str
    specifier: str = ""

    def covers(self, subject: str, version: str) -> bool:
        return self.subject == subject and SpecifierSet(self.specifier).contains(
            version, prereleases=True
        )

    def begins_after(self, subject: str, version: str) -> bool:
        """It is of later versions of the subject alone."""
        here = Version(version)
        return self.subject == subject and any(
            specifier.operator in _FROM
            and (here < first or (specifier.operator == ">" and here == first))
            for specifier in SpecifierSet(self.specifier)
            for first in [Version(specifier.version.removesuffix(".*"))]
        )

    def __str__(self) -> str:
        return f"{self.property} on {self.subject} {self.specifier}".rstrip()


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A line as it reads once its continuations are joined; ``number`` is that of its first."""

    text: str
    number: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One step, with what stands above it and what follows from it.

    Attributes:
        step: None stands for rest: everything outstanding ends, and nothing else happens.
        remarks: comments and blank lines above the step; a comment starts with ``#``.
        effects: as ``Effect.lines`` writes them.
        broken: the property that the step breaks.
        line: where the step stands; 0 where it was not read from a file.
    """

    step: Step | None
    remarks: tuple[str, ...] = ()
    effects: tuple[NumberedLine, ...] = ()
    broken: NumberedLine | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A whole case. Two are equal if they read alike, wherever they stand.

    Attributes:
        subjects: names of the systems that it is about.
        breaks: what is known to be wrong; replaying it there must fail.
        signatures: shapes of the violation, as ``triage.signature`` tells them, one for each way in
            which releases write it; none: any that breaks the property.
        fixes: names of the trial fixes of the subject, with any of which it passes.
        notes: why some subject does something else, and the like.
        found: how it was found.
        scenes: the steps in order; only the last may be rest.
        closing: comments and blank lines below the last step.
        path: where it was read.
    """

    title: str
    scope: ScopeName = ScopeName.WORKER
    subjects: tuple[str, ...] = ("reference",)
    config: WorkerConfig | ClusterConfig = field(default_factory=WorkerConfig)
    breaks: tuple[KnownBreak, ...] = ()
    signatures: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    found: str | None = None
    scenes: tuple[CaseStep, ...] = ()
    closing: tuple[str, ...] = ()
    path: Path | None = field(default=None, compare=False)

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(scene.step for scene in self.scenes if scene.step is not None)

    @property
    def run_config(self) -> AnyRunConfig:
        """All that is fixed before the first step."""
        return SCOPES[self.scope].run_config_of(self.steps, self.config)

    @property
    def tells_effects(self) -> bool:
        """It says what follows from its steps, so a step without a line has no effect."""
        return any(scene.effects for scene in self.scenes)

    @property
    def place(self) -> str:
        return str(self.path) if self.path is not None else "case"

    def tells_of(self, subject: str, version: str) -> bool:
        """It says something about this version of a system.

        A case of one system alone, which is there for what it breaks, tells nothing of versions before
        the first that is known to: who sends what to whom may be different there.
        """
        if self.subjects != (subject,) or not self.breaks:
            return subject in self.subjects
        return not all(known.begins_after(subject, version) for known in self.breaks)

    def declares(self, subject: str, version: str, broken: str, shape: str) -> bool:
        """A violation of that property and shape is the bug that it shows, on this version."""
        known = any(
            known_break.property == broken for known_break in self.known_breaks(subject, version)
        )
        return known and (not self.signatures or shape in self.signatures)

    def known_breaks(self, subject: str, version: str) -> Iterator[KnownBreak]:
        return (known for known in self.breaks if known.covers(subject, version))


#: Makes the world of a case, around a subject.
OpenWorld: TypeAlias = Callable[[Case, AnySubject], World]


def open_world(case: Case, subject: AnySubject) -> World:
    """Return a fresh world as the case describes it."""
    system_under_test = (
        subject if case.scope is ScopeName.WORKER else system(subject.name, case.scope)
    )
    return SCOPES[case.scope].open(system_under_test, case.run_config)


def record(
    subject: AnySubject,
    steps: Iterable[Step],
    config: AnyConfig | None = None,
    *,
    title: str,
    scope: ScopeName = ScopeName.WORKER,
    subjects: Sequence[str] = (),
    breaks: Sequence[KnownBreak] = (),
    notes: Sequence[str] = (),
    found: str | None = None,
    world: OpenWorld = open_world,
) -> Case:
    """A case of these steps, up to the one that breaks a property.

    Effects are told where the subject is the reference.

    Args:
        subjects: those that the case is about; by default the one it is recorded with.
        world: how to make the world; by default the one of the case's scope.

    Raises:
        ImpossibleStep: a step cannot be taken when it is reached.
    """
    plan = Case(
        title=" ".join(title.split()),
        subjects=tuple(subjects) or (subject.name,),
        scope=scope,
        config=config or SCOPES[scope].config,
        breaks=tuple(breaks),
        notes=tuple(notes),
        found=found,
        scenes=tuple(CaseStep(step) for step in steps),
    )
    played = play(world(plan, subject), plan.steps)
    scenes = [observed(CaseStep(result.step), result, subject) for result in played]
    if scenes[-1].step is None and scenes[-1].broken is None:
        scenes.pop()
    return spaced(replace(plan, scenes=tuple(scenes)))


def unplayed(violation: Violation, subject: str, *, title: str, found: str) -> Case:
    """A case of the steps of a violation, none of which is taken; it tells no effects."""
    broken = NumberedLine(f"~ {violation.property}")
    scenes = [CaseStep(step) for step in violation.steps]
    if violation.at_rest or not scenes:
        scenes.append(CaseStep(None, broken=broken))
    else:
        scenes[-1] = replace(scenes[-1], broken=broken)
    return Case(
        title=title,
        subjects=(subject,),
        scope=ScopeName(violation.run_config.scope),
        config=violation.run_config.config,
        found=found,
        scenes=tuple(scenes),
    )


def observed(scene: CaseStep, result: StepResult, subject: AnySubject) -> CaseStep:
    """A scene with what came of it."""
    if result.impossible is not None:
        raise ImpossibleStep(f"{result.step}: {result.impossible}")
    effects: tuple[NumberedLine, ...] = ()
    if result.effect is not None and declaration(subject.name).is_model:
        effects = tuple(map(NumberedLine, result.effect.lines()))
    broken = (
        NumberedLine(f"~ {result.violation.property}") if result.violation is not None else None
    )
    return replace(scene, effects=effects, broken=broken)


def spaced(case: Case) -> Case:
    """An empty line before each step, where steps have something below them."""
    if not case.tells_effects:
        return case
    first, *others = case.scenes
    return replace(case, scenes=(first, *(replace(scene, remarks=("",)) for scene in others)))
