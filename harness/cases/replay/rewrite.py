"""Bringing a file up to date: its form, and what follows from its steps."""

from dataclasses import dataclass
from pathlib import Path

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case, CaseError, OpenWorld, open_world
from workerfuzz.harness.cases.format.files import read, reason, write
from workerfuzz.harness.cases.format.vocabulary import REFERENCE
from workerfuzz.harness.cases.replay.record import rewritten
from workerfuzz.harness.subjects import get
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
