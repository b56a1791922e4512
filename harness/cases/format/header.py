"""The header of a case: what its lines are called, what they may say, and their order."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from workerfuzz.harness.cases.format import vocabulary
from workerfuzz.harness.cases.format.case import (
    Case,
    CaseError,
    KnownBreak,
    NumberedLine,
    ScopeName,
)
from workerfuzz.harness.cases.format.config_text import format_config, parse_config
from workerfuzz.harness.cases.format.spelling import unknown
from workerfuzz.harness.subjects import declaration
from workerfuzz.strategies import text
from workerfuzz.strategies.text import BadText

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
        its = FIELDS[name]
        parsed = its.parse(value, line.number)
        if its.many:
            former = self.values.setdefault(its.attribute, {})
            if parsed in former:
                raise CaseError(f'"{line.text}" comes twice', line.number)
            former[parsed] = None
        elif its.attribute in self.values:
            raise CaseError(f'"{name}:" comes twice', line.number)
        else:
            self.values[its.attribute] = parsed

    def finish(self, last: int) -> Mapping[str, Any]:
        """Attributes of a ``Case``; ``last`` is the line where something may be missing."""
        for name, its in FIELDS.items():
            if its.required and its.attribute not in self.values:
                raise CaseError(f'the header has no "{name}:"', last)
            if its.many:
                self.values[its.attribute] = tuple(self.values.get(its.attribute, ()))
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
