"""From steps to a case: what follows from each is taken from a run."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from workerfuzz.harness.cases.format.case import (
    Case,
    CaseStep,
    KnownBreak,
    NumberedLine,
    OpenWorld,
    ScopeName,
    open_world,
)
from workerfuzz.harness.subjects import AnySubject, declaration
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.worlds.playing import StepResult, play
from workerfuzz.harness.worlds.scopes import SCOPES, AnyConfig
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.strategies.worker import Step


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


def rewritten(case: Case, subject: Subject, world: OpenWorld = open_world) -> Case:
    """The case with what follows from its steps today; remarks stay.

    A case that is not about this subject tells nothing of it, and stays as it is.

    Raises:
        ImpossibleStep: a step cannot be taken when it is reached.
        Violation: a property breaks where the case does not say so; nobody should get used to it.
    """
    if subject.name not in case.subjects:
        return case
    scenes = list(case.scenes)
    if not scenes or scenes[-1].step is not None:
        scenes.append(CaseStep(None))
    seen: list[CaseStep] = []
    for scene, result in zip(scenes, play(world(case, subject), case.steps), strict=False):
        seen.append(observed(scene, result, subject))
        if result.violation is not None and seen[-1].broken != scene.broken:
            raise result.violation
    closing = case.closing
    if seen[-1].step is None and seen[-1].broken is None:
        closing = (*seen.pop().remarks, *closing)
        while closing and not closing[-1]:  # blank lines above a rest that nothing follows from
            closing = closing[:-1]
    return replace(case, scenes=tuple(seen), closing=closing)


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
