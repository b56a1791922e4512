"""The body of a case: remarks, steps, and what follows from each step."""

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.cases.format.case import Case, CaseError, CaseStep, NumberedLine, ScopeName
from workerfuzz.harness.cases.format.header import check_property
from workerfuzz.harness.cases.format.spelling import unknown
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.statemachine.worker.instructions import INSTRUCTIONS
from workerfuzz.statemachine.worker.states import State
from workerfuzz.strategies import text, worker
from workerfuzz.strategies.text import BadText

#: The step that is none: everything outstanding ends.
REST: Final = "rest"

#: Words of instructions.
INSTRUCTION_WORDS: Final = tuple(text.word(kind) for kind in INSTRUCTIONS)

#: States that a task can have on a scheduler, besides those that it can have on a worker.
SCHEDULER_STATES: Final = ("queued", "no-worker", "processing", "erred")

#: Names before the colon of a change: a key, and in a cluster the party before it.
NAMED: Final = MappingProxyType({ScopeName.WORKER: 1, ScopeName.CLUSTER: 2, ScopeName.PROCESS: 2})

#: How a change writes that there is no record.
NO_RECORD: Final = "-"


class Body:
    """Parser state of the body: whole steps, and the parts of the last one."""

    def __init__(self, scope: ScopeName = ScopeName.WORKER) -> None:
        self.scope = scope
        self.scenes: list[CaseStep] = []
        self.remarks: list[str] = []
        self.scene: CaseStep | None = None
        self.effects: dict[str, NumberedLine] = {}  # by key; instructions by their number
        self.broken: NumberedLine | None = None

    def add(self, line: NumberedLine) -> None:
        sign, rest = line.text[:1], line.text[1:].strip()
        if sign in ("", "#"):
            self.remarks.append(line.text)
        elif sign == ">":
            self.add_step(rest, line.number)
        else:
            self.add_consequence(sign, line)

    def add_step(self, words: str, number: int) -> None:
        if self.scene is not None and self.scene.step is None:
            raise CaseError("nothing comes after rest", number)
        if self.broken is not None:
            raise CaseError(f'"{self.broken.text}" ended the run; no step comes after it', number)
        self.close_scene()
        try:
            step = worker.parse(words, SCOPES[self.scope].words) if words != REST else None
        except BadText as error:
            raise CaseError(str(error), number) from None
        self.scene = CaseStep(step, tuple(self.remarks), line=number)
        self.remarks = []

    def add_consequence(self, sign: str, line: NumberedLine) -> None:
        if self.scene is None or self.remarks:
            raise CaseError(
                f'expected a step, found "{line.text}"; what follows from a step stands directly '
                "below it, remarks above it",
                line.number,
            )
        if self.broken is not None:
            raise CaseError(f'"{self.broken.text}" ended the run; nothing follows', line.number)
        if sign == "~":
            name = line.text[1:].strip()
            check_property(name, line.number)
            self.broken = NumberedLine(f"~ {name}", line.number)
        elif self.scene.step is None:
            raise CaseError('only "~ PROPERTY" may follow rest', line.number)
        elif sign == "!":
            parse = parse_instruction if self.scope is ScopeName.WORKER else parse_said
            self.effects[str(len(self.effects))] = NumberedLine(parse(line), line.number)
        else:
            change = NumberedLine(parse_change(line, self.scope), line.number)
            key = change.text.partition(":")[0]
            if key in self.effects:
                raise CaseError(f'"{key}" comes twice', line.number)
            self.effects[key] = change

    def close_scene(self) -> None:
        if self.scene is not None:
            effects = tuple(self.effects.values())
            self.scenes.append(replace(self.scene, effects=effects, broken=self.broken))
        self.effects = {}

    def finish(self, last: int) -> tuple[tuple[CaseStep, ...], tuple[str, ...]]:
        """Scenes, and the remarks below them."""
        self.close_scene()
        if not self.scenes:
            raise CaseError('expected a step: "> compute-task x", for one', last)
        if self.scenes[-1].step is None and self.broken is None:
            raise CaseError(
                'expected "~ PROPERTY" below rest; every replay ends at rest anyway', last
            )
        while self.remarks and not self.remarks[-1]:
            self.remarks.pop()
        return tuple(self.scenes), tuple(self.remarks)


def parse_instruction(line: NumberedLine) -> str:
    """``! gather-dep b x``."""
    words = line.text[1:].split()
    if not words or words[0] not in INSTRUCTION_WORDS:
        found = words[0] if words else ""
        raise CaseError(unknown("instruction", found, INSTRUCTION_WORDS), line.number)
    return " ".join(("!", *words))


def parse_said(line: NumberedLine) -> str:
    """``! w0 execute a run=1``, ``! scheduler->w0 compute-task a``."""
    words = line.text[1:].split()
    if len(words) < 2:
        raise CaseError(f'expected "! WHO WHAT", found "{line.text}"', line.number)
    return " ".join(("!", *words))


def parse_change(line: NumberedLine, scope: ScopeName = ScopeName.WORKER) -> str:
    """``x: flight -> memory``; in a cluster ``w0 x: flight -> memory``."""
    whose, colon, change = line.text.partition(":")
    names, words = whose.split(), change.split()
    if not colon or len(words) != 3 or words[1] != "->":
        raise CaseError(
            f'expected "# comment", "> step", "{"PARTY " * (NAMED[scope] - 1)}key: before -> after", '
            f'"! instruction" or "~ property", found "{line.text}"',
            line.number,
        )
    try:
        if len(names) != NAMED[scope]:
            text.name(whose, "a key" if scope is ScopeName.WORKER else "a party and a key")
        for name in names:
            text.name(name)
    except BadText as error:
        raise CaseError(str(error), line.number) from None
    known = (*State, *(SCHEDULER_STATES if names[:-1] == ["scheduler"] else ()), NO_RECORD)
    for state in (words[0], words[2]):
        if state not in known:
            raise CaseError(unknown("state", state, known), line.number)
    if words[0] == words[2]:
        raise CaseError(f"{names[-1]} does not change; leave the line out", line.number)
    return f"{' '.join(names)}: {change.strip()}"


def format_body(case: Case) -> Iterator[str]:
    """Lines, not yet wrapped."""
    for scene in case.scenes:
        yield from scene.remarks
        yield f"> {scene.step if scene.step is not None else REST}"
        yield from sorted((line.text for line in scene.effects), key=order)
        if scene.broken is not None:
            yield scene.broken.text
    yield from case.closing


def order(effect: str) -> tuple[bool, str]:
    """Changes by key, then instructions as they are."""
    return (True, "") if effect.startswith("!") else (False, effect.partition(":")[0])
