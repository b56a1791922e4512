"""Bringing a file up to date: its form, and what follows from its steps."""

from dataclasses import dataclass, replace
from pathlib import Path

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import (
    Case,
    CaseError,
    CaseStep,
    OpenWorld,
    observed,
    open_world,
)
from workerfuzz.harness.cases.format.files import read, reason, write
from workerfuzz.harness.cases.format.vocabulary import REFERENCE
from workerfuzz.harness.subjects import get
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.worlds.playing import play
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A file after rewriting. ``changed``: it reads differently now."""

    case: Case
    changed: bool


def rewrite(path: Path, world: OpenWorld = open_world) -> Rewriting:
    """Writes a file as it should be today.

    A case whose steps are impossible, or break a property that the file does not name, stays
    untouched: replaying it tells why.

    Raises:
        CaseError: the file is no case, or cannot be written.
    """
    before = read(path)
    case = casefile.parse_leniently(before, path)
    try:
        text = casefile.format(rewritten(case, get(REFERENCE), world))
    except (ImpossibleStep, Violation):
        return Rewriting(case, changed=False)
    if text == before:
        return Rewriting(case, changed=False)
    try:
        write(path, text)
    except OSError as error:
        raise CaseError(f"cannot be rewritten: {reason(error)}", path=path) from None
    return Rewriting(casefile.parse(text, path), changed=True)


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
