"""The text of cases: parsing and formatting. The grammar is in ``regressions/README.md``."""

import math
import re
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile, zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from workerfuzz.harness.cases.format import vocabulary
from workerfuzz.harness.cases.format.case import (
    Case,
    CaseError,
    CaseStep,
    KnownBreak,
    NumberedLine,
    ScopeName,
)
from workerfuzz.harness.cases.format.files import check_width, joined, read, wrapped
from workerfuzz.harness.cases.format.spelling import close_to, unknown
from workerfuzz.harness.subjects import DEFAULT, declaration
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.instructions import INSTRUCTIONS
from workerfuzz.statemachine.worker.states import State
from workerfuzz.strategies import text, worker
from workerfuzz.strategies.cluster.run_config import ClusterConfig
from workerfuzz.strategies.key_order import Cycle, ordered
from workerfuzz.strategies.text import BadText


def load(path: Path) -> Case:
    """The case in a file, which must be written exactly as ``format`` writes it."""
    text = read(path)
    try:
        check_line_ends(text, path)
        case = parse(text)
        check_width(text)
        check_canonical(case, text, path)
    except CaseError as error:
        raise CaseError(error.what, error.line, path) from None
    return replace(case, path=path)


def parse_leniently(text: str, path: Path) -> Case:
    """The case in a text whose form may be wrong, as far as rewriting puts that right."""
    return parse(text.replace("\r\n", "\n"), path)


def parse(text: str, path: Path | None = None) -> Case:
    """The case that a text means; raises CaseError. Spacing, order and line ends are free."""
    try:
        return _parse(text, path)
    except CaseError as error:
        raise CaseError(error.what, error.line, path) from None


def _parse(text: str, path: Path | None) -> Case:
    lines = joined(text)
    check_magic(next(lines).text)
    header = Header()
    in_header, last = True, 1
    for line in lines:
        if in_header and line.text and line.text[0] not in "#>":
            header.add(line)
            last = line.number
            continue
        if in_header:
            values = header.finish(last)
            body = Body(values["scope"])
            in_header = False
            if not line.text:
                continue
        body.add(line)
        last = line.number
    if in_header:
        values = header.finish(last)
        body = Body(values["scope"])
    scenes, closing = body.finish(last)
    try:
        ordered([scene.step for scene in scenes if scene.step is not None])
    except Cycle as error:
        raise CaseError(str(error)) from None
    return Case(**values, scenes=scenes, closing=closing, path=path)


def config_in(text: str) -> str | None:
    """The options of a case as its header has them."""
    lines = (line.text for line in takewhile(lambda line: line.text, joined(text)))
    return next(
        (line.removeprefix(CONFIG).strip() for line in lines if line.startswith(CONFIG)), None
    )


def format(case: Case, config: str | None = None) -> str:
    """The one text of a case: what ``parse`` reads as an equal case.

    Args:
        config: its options, where these are not to be written in the one way.
    """
    body = list(format_body(case))
    lines = [*format_header(case, config), *([""] if body else []), *body]
    return "".join(f"{part}\n" for line in lines for part in wrapped(line))


def check_line_ends(text: str, path: Path) -> None:
    place = text.find("\r\n")
    if place >= 0:
        line = text.count("\n", 0, place) + 1
        raise CaseError(f"the line ends with CR LF, expected LF{remedy(path)}", line)


def check_canonical(case: Case, text: str, path: Path) -> None:
    """The file is what ``format`` makes of it. Says the first place where it is not.

    Options may stand in any order, and say what is the default anyway.
    """
    written = format(case, config_in(text))
    if written == text:
        return
    if written == text + "\n":
        raise CaseError(f"the last line has no end{remedy(path)}", written.count("\n"))
    lines = [one.removesuffix("\n").split("\n") for one in (written, text)]
    number, expected = next(
        (number, expected)
        for number, (expected, found) in enumerate(zip_longest(*lines), start=1)
        if expected != found
    )
    wanted = f'"{expected}"' if expected else "an empty line" if expected == "" else "nothing"
    raise CaseError(f"not in canonical form: expected {wanted}{remedy(path)}", number)


def remedy(path: Path) -> str:
    return f"; workerfuzz replay --rewrite {shlex.quote(str(path))} puts it right"


def replay_command(path: str | Path, subject: str, *options: str, python: str = "") -> str:
    """Return the command that replays a case on a subject, as a POSIX shell takes it."""
    return case_command("replay", path, subject, *options, python=python)


def fixed_options(fixed: Iterable[str]) -> list[str]:
    """Return the options that put trial fixes in place."""
    return [word for name in fixed for word in ("--fixed", name)]


def case_command(verb: str, path: str | Path, subject: str, *options: str, python: str = "") -> str:
    """Return a command about one case, as a POSIX shell takes it.

    Args:
        subject: named unless it is the default of all commands.
        python: interpreter in whose environment it runs; empty: the ``workerfuzz`` on the PATH.
    """
    program = [python, "-m", "workerfuzz.harness.cli"] if python else ["workerfuzz"]
    name = f"./{path}" if str(path).startswith("-") else str(path)
    chosen = [] if subject in {"", DEFAULT} else ["--subject", subject]
    return shlex.join([*program, verb, name, *chosen, *options])


# The header

#: First word of the first line.
MAGIC: Final = "workerfuzz-case"

#: Begins the line with the options.
CONFIG: Final = "config:"

#: Format that this module reads and writes.
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Field:
    """One name of the header.

    Attributes:
        attribute: of ``Case``.
        parse: value and line number to what the attribute holds; raises CaseError.
        many: it may come more than once.
        required: it may not be left out.
    """

    attribute: str
    parse: Callable[[str, int], Any]
    many: bool = False
    required: bool = False


def parse_text(value: str, number: int) -> str:
    return value


def parse_scope(value: str, number: int) -> ScopeName:
    if value not in tuple(ScopeName):
        raise CaseError(unknown("scope", value, tuple(ScopeName)), number)
    return ScopeName(value)


def parse_subjects(value: str, number: int) -> tuple[str, ...]:
    """``reference, dask``."""
    found = [item.strip() for item in value.split(",")]
    for name in found:
        if not vocabulary.is_subject(name):
            raise CaseError(unknown("subject", name, vocabulary.subjects()), number)
    try:
        return text.each_once(found)
    except BadText as error:
        raise CaseError(str(error), number) from None


def parse_break(value: str, number: int) -> KnownBreak:
    """``PROPERTY on SUBJECT SPECIFIER``; no specifier means every version."""
    name, *rest = value.split()
    if len(rest) < 2 or rest[0] != "on":
        raise CaseError(f'expected PROPERTY on SUBJECT SPECIFIER, found "{value}"', number)
    subject, specifier = rest[1], "".join(rest[2:])
    if not vocabulary.is_subject(subject):
        raise CaseError(unknown("subject", subject, vocabulary.subjects()), number)
    check_property(name, number, subject)
    try:
        SpecifierSet(specifier)
    except InvalidSpecifier:
        raise CaseError(
            f'expected versions like ">=2022.8.0,<2026.9", found "{specifier}"', number
        ) from None
    return KnownBreak(name, subject, specifier)


def check_property(name: str, number: int, subject: str = vocabulary.REFERENCE) -> None:
    """Subjects of other people may have properties that we have never heard of."""
    if declaration(subject).is_own and name not in vocabulary.properties():
        raise CaseError(unknown("property", name, vocabulary.properties()), number)


#: The names, in the order in which they are written.
FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "title": Field("title", parse_text, required=True),
        "scope": Field("scope", parse_scope, required=True),
        "subject": Field("subjects", parse_subjects, required=True),
        "breaks": Field("breaks", parse_break, many=True),
        "signature": Field("signatures", parse_text, many=True),
        "fix": Field("fixes", parse_text, many=True),
        "config": Field("config", NumberedLine),
        "found": Field("found", parse_text),
        "note": Field("notes", parse_text, many=True),
    }
)


@dataclass(slots=True)
class Header:
    """Parser state of the header: attributes of a ``Case``; dicts where there may be many."""

    values: dict[str, Any] = field(default_factory=dict)

    def add(self, line: NumberedLine) -> None:
        name, colon, value = line.text.partition(":")
        value = value.strip()
        if not colon:
            raise CaseError(
                f'expected "name: value" in the header, found "{line.text}"; '
                "an empty line comes before the steps",
                line.number,
            )
        if name not in FIELDS:
            raise CaseError(unknown("header", name, FIELDS), line.number)
        if not value:
            raise CaseError(f'"{name}:" says nothing', line.number)
        own_field = FIELDS[name]
        parsed = own_field.parse(value, line.number)
        if own_field.many:
            former = self.values.setdefault(own_field.attribute, {})
            if parsed in former:
                raise CaseError(f'"{line.text}" comes twice', line.number)
            former[parsed] = None
        elif own_field.attribute in self.values:
            raise CaseError(f'"{name}:" comes twice', line.number)
        else:
            self.values[own_field.attribute] = parsed

    def finish(self, last: int) -> Mapping[str, Any]:
        """Attributes of a ``Case``; ``last`` is the line where something may be missing."""
        for name, value in FIELDS.items():
            if value.required and value.attribute not in self.values:
                raise CaseError(f'the header has no "{name}:"', last)
            if value.many:
                self.values[value.attribute] = tuple(self.values.get(value.attribute, ()))
        check_breaks(self.values["subjects"], self.values["breaks"], last)
        config = self.values.get("config", NumberedLine("", last))
        self.values["config"] = parse_config(config.text, config.number, self.values["scope"])
        return self.values


def check_breaks(subjects: Sequence[str], breaks: Sequence[KnownBreak], last: int) -> None:
    for item in breaks:
        if item.subject not in subjects:
            raise CaseError(
                f'"breaks:" is about {item.subject}, which "subject:" does not list', last
            )


def check_magic(line: str) -> None:
    """The first line of a file: is it ours, and of a format that we understand?"""
    word, _, version = line.partition(" ")
    version = version.strip()
    if word != MAGIC or not version.isdecimal():
        raise CaseError(f'not a case; the first line of a case is "{MAGIC} {VERSION}"', 1)
    if int(version) > VERSION:
        raise CaseError(
            f"format {int(version)} is newer than this workerfuzz understands, which is {VERSION}",
            1,
        )
    if int(version) != VERSION:
        raise CaseError(f"there is no format {int(version)}; expected {MAGIC} {VERSION}", 1)


def format_header(case: Case, config: str | None = None) -> Iterator[str]:
    """Lines, not yet wrapped.

    Args:
        config: options as they are to be written; None: in the one order, without defaults.
    """
    yield f"{MAGIC} {VERSION}"
    yield f"title: {case.title}"
    yield f"scope: {case.scope}"
    yield f"subject: {', '.join(case.subjects)}"
    yield from (f"breaks: {item}" for item in case.breaks)
    yield from (f"signature: {item}" for item in case.signatures)
    yield from (f"fix: {item}" for item in case.fixes)
    config = format_config(case.config) if config is None else config
    if config:
        yield f"{CONFIG} {config}"
    if case.found:
        yield f"found: {case.found}"
    yield from (f"note: {note}" for note in case.notes)


# Options in the header

#: Options by their name in cases: the field, and the least value that makes sense.
OPTIONS: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {
        "nthreads": ("nthreads", 1),
        "suspicious-limit": ("suspicious_limit", 1),
        "transfer-count": ("transfer_count", 1),
        "transfer-throttle": ("transfer_throttle_nbytes", 0),
        "transfer-incoming": ("transfer_incoming_nbytes", 1),
        "transfer-message": ("transfer_message_nbytes", 1),
    }
)

#: Options of a cluster, the same way.
CLUSTER_OPTIONS: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {"workers": ("workers", 1), "allowed-failures": ("allowed_failures", 0)}
)

#: Options of a cluster that have a few values: the field, and what each is called.
CHOICES: Final[Mapping[str, tuple[str, Mapping[str, float | bool]]]] = MappingProxyType(
    {
        "saturation": ("saturation", {"1.1": 1.1, "inf": math.inf}),
        "validate": ("validate", {"on": True, "off": False}),
    }
)

_AMOUNT: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")


def parse_config(value: str, number: int, scope: str = "worker") -> WorkerConfig | ClusterConfig:
    """``nthreads=2 cpu=4``: a name that is no option is a resource."""
    try:
        given = dict(text.options(value.split()))
        of_cluster = take_cluster_options(given) if scope != "worker" else None
        options = {
            OPTIONS[name][0]: option(name, given[name], OPTIONS[name][1])
            for name in given
            if name in OPTIONS
        }
        known = OPTIONS if of_cluster is None else {**OPTIONS, **CLUSTER_OPTIONS, **CHOICES}
        resources = {
            name: amount(name, given[name], known) for name in given if name not in OPTIONS
        }
    except BadText as error:
        raise CaseError(str(error), number) from None
    worker = WorkerConfig(**options, resources=dict(sorted(resources.items())))
    return worker if of_cluster is None else ClusterConfig(worker=worker, **of_cluster)


def take_cluster_options(given: dict[str, str]) -> dict[str, Any]:
    """Remove and return the options of the cluster; those of its workers stay."""
    found: dict[str, Any] = {}
    for name, (attribute, least) in CLUSTER_OPTIONS.items():
        if name in given:
            found[attribute] = option(name, given.pop(name), least)
    for name, (attribute, values) in CHOICES.items():
        if name in given:
            value = given.pop(name)
            if value not in values:
                raise BadText(f'{name} is one of {", ".join(values)}, not "{value}"')
            found[attribute] = values[value]
    return found


def option(name: str, value: str, least: int) -> int:
    found = text.number(value, name)
    if found < least:
        raise BadText(f"{name} is at least {least}, not {found}")
    return found


def amount(name: str, value: str, known: Collection[str]) -> float:
    """Parse the amount of a resource that a worker has."""
    meant = close_to(name, known)
    if meant is not None:
        raise BadText(f'"{name}" would be a resource; did you mean "{meant}"?')
    if not _AMOUNT.fullmatch(value) or float(value) == 0:
        raise BadText(f'resource {name} must be a positive amount, not "{value}"')
    return float(value)


def format_config(config: WorkerConfig | ClusterConfig) -> str:
    """Return the options that differ from the default, as text."""
    if isinstance(config, WorkerConfig):
        return format_worker(config)
    default = ClusterConfig()
    written = [
        f"{name}={getattr(config, attribute)}"
        for name, (attribute, _) in CLUSTER_OPTIONS.items()
        if getattr(config, attribute) != getattr(default, attribute)
    ]
    for name, (attribute, values) in CHOICES.items():
        value = getattr(config, attribute)
        if value != getattr(default, attribute):
            written.append(f"{name}={next(word for word in values if values[word] == value)}")
    return " ".join([*written, *filter(None, [format_worker(config.worker)])])


def format_worker(config: WorkerConfig) -> str:
    default = WorkerConfig()
    options = {
        name: getattr(config, attribute)
        for name, (attribute, _) in OPTIONS.items()
        if getattr(config, attribute) != getattr(default, attribute)
    }
    threads = {"nthreads": options.pop("nthreads")} if "nthreads" in options else {}
    written: dict[str, float] = {**threads, **dict(sorted(config.resources.items())), **options}
    return " ".join(f"{name}={plain(value)}" for name, value in written.items())


def plain(value: float) -> str:
    """``4.0`` as ``4``."""
    return str(int(value)) if value == int(value) else f"{value:.9f}".rstrip("0")


# The body: remarks, steps, and what follows from each step

#: The step that is none: everything outstanding ends.
REST: Final = "rest"

#: Words of instructions.
INSTRUCTION_WORDS: Final = tuple(text.word(kind) for kind in INSTRUCTIONS)

#: States that a task can have on a scheduler, besides those that it can have on a worker.
SCHEDULER_STATES: Final = ("queued", "no-worker", "processing", "erred")

#: Names before the colon of a change: a key, and in a cluster the participant before it.
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
            text.name(whose, "a key" if scope is ScopeName.WORKER else "a participant and a key")
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
