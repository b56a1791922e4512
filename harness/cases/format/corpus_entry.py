"""Corpus entries as text: a case without expectations, in the run config of its run.

Magic line, header, an empty line, steps; lines are continued and steps are written as in cases. Other
runs are mutated from an entry.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.cases.format.case import CaseError, NumberedLine
from workerfuzz.harness.cases.format.casefile import format_config, parse_config
from workerfuzz.harness.cases.format.files import joined, wrapped
from workerfuzz.harness.cases.format.spelling import unknown
from workerfuzz.harness.worlds.scopes import SCOPES, AnyRunConfig, FuzzingScope
from workerfuzz.strategies import text
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.process.run_config import ProcessRunConfig
from workerfuzz.strategies.text import BadText
from workerfuzz.strategies.worker import Step, parse
from workerfuzz.strategies.worker.run_config import RunConfig


@dataclass(frozen=True, slots=True)
class CorpusEntry:
    """Beginning of a run, kept because it reached something first. Equal where the text is.

    Attributes:
        universe: what the run took place in; its variety is the usual one, a run that grows from it
            has its own.
        steps: up to the last one that reached something new.
        reached: features that no run had reached before, in that order.
        subject: name and version of the system that it reached them on.
    """

    run_config: AnyRunConfig
    steps: tuple[Step, ...]
    reached: tuple[str, ...] = ()
    subject: str = ""

    @property
    def subject_name(self) -> str:
        """Name of the system, without its version."""
        return self.subject.partition(" ")[0]


#: First word of the first line, and the format that this module reads and writes.
MAGIC: Final = "workerfuzz-stem"
VERSION: Final = 1

#: Names of the header that may come more than once.
MANY: Final = frozenset({"reached"})


class NewerFormat(CaseError):
    """Written by a later workerfuzz: nothing is wrong with it."""


def format(entry: CorpusEntry) -> str:
    """Return the one text of an entry."""
    return "".join(f"{part}\n" for line in lines_of(entry) for part in wrapped(line))


def lines_of(entry: CorpusEntry) -> Iterator[str]:
    """Lines, not yet wrapped."""
    run_config = entry.run_config
    yield f"{MAGIC} {VERSION}"
    yield f"scope: {run_config.scope}"
    if entry.subject:
        yield f"subject: {entry.subject}"
    if config := format_config(run_config.config):
        yield f"config: {config}"
    yield f"keys: {' '.join(run_config.keys)}"
    if isinstance(run_config, ClusterRunConfig):
        yield f"clients: {' '.join(run_config.clients)}"
        yield f"joins: {run_config.later}"
    elif run_config.peers:
        yield f"peers: {' '.join(run_config.peers)}"
    yield from (f"reached: {feature}" for feature in entry.reached)
    yield ""
    yield from (f"> {step}" for step in entry.steps)


def read(content: str, path: Path | None = None) -> CorpusEntry:
    """Return the entry that a text means. Raises CaseError; NewerFormat for a later format."""
    try:
        return _read(content)
    except CaseError as error:
        raise type(error)(error.what, error.line, path) from None


def _read(content: str) -> CorpusEntry:
    lines = joined(content)
    check_magic(next(lines).text)
    header: dict[str, NumberedLine] = {}
    reached: list[str] = []
    for line in lines:
        if not line.text:
            break
        name, value = header_of(line)
        if name in MANY:
            reached.append(value.text)
        elif name in header:
            raise CaseError(f'"{name}:" comes twice', line.number)
        else:
            header[name] = value
    scope = scope_of(header)
    run_config = run_config_of(scope, header)
    steps = tuple(step_of(line, scope) for line in lines)
    subject = header["subject"].text if "subject" in header else ""
    return CorpusEntry(run_config, steps, tuple(reached), subject)


def check_magic(line: str) -> None:
    word, _, version = line.partition(" ")
    if word != MAGIC or not version.isdecimal():
        raise CaseError(f'not a corpus entry; the first line of one is "{MAGIC} {VERSION}"', 1)
    if int(version) > VERSION:
        raise NewerFormat(
            f"format {int(version)} is newer than this workerfuzz understands, which is {VERSION}",
            1,
        )
    if int(version) != VERSION:
        raise CaseError(f"there is no format {int(version)}; expected {MAGIC} {VERSION}", 1)


def header_of(line: NumberedLine) -> tuple[str, NumberedLine]:
    """``name: value``."""
    name, colon, value = line.text.partition(": ")
    if not colon or not value:
        raise CaseError(f'expected "name: value" in the header, found "{line.text}"', line.number)
    if name not in NAMES:
        raise CaseError(unknown("header", name, NAMES), line.number)
    return name, NumberedLine(value, line.number)


def scope_of(header: Mapping[str, NumberedLine]) -> FuzzingScope:
    if "scope" not in header:
        raise CaseError('the header has no "scope:"', 1)
    line = header["scope"]
    if line.text not in SCOPES:
        raise CaseError(unknown("scope", line.text, SCOPES), line.number)
    return SCOPES[line.text]


def run_config_of(scope: FuzzingScope, header: Mapping[str, NumberedLine]) -> AnyRunConfig:
    """Return the run config that a header gives; the rest is as usual."""
    config = header.get("config", NumberedLine("", 1))
    options: dict[str, Any] = {"config": parse_config(config.text, config.number, scope.name)}
    for name, (option, of_scope, meaning) in HEADER_FIELDS.items():
        if name not in header:
            continue
        line = header[name]
        if scope.name not in of_scope:
            raise CaseError(f'"{name}:" means nothing at the scope of a {scope.name}', line.number)
        try:
            options[option] = meaning(line.text)
        except BadText as error:
            raise CaseError(str(error), line.number) from None
    usual = USUAL[scope.name]
    return replace(usual, **options)


def names(written: str) -> tuple[str, ...]:
    return text.each_once([text.name(word, "a name") for word in written.split()])


def joins(written: str) -> int:
    found = text.number(written, "joins")
    if found < 0:
        raise BadText(f"joins is negative: {found}")
    return found


#: Run configs whose options a header need not give, by scope.
USUAL: Final[Mapping[str, AnyRunConfig]] = MappingProxyType(
    {"worker": RunConfig(peers=()), "cluster": ClusterRunConfig(), "process": ProcessRunConfig()}
)

#: Header fields of a run config: its attribute, the scopes that have it, and how it is read.
HEADER_FIELDS: Final[Mapping[str, tuple[str, tuple[str, ...], Callable[[str], Any]]]] = (
    MappingProxyType(
        {
            "keys": ("keys", ("worker", "cluster", "process"), names),
            "peers": ("peers", ("worker",), names),
            "clients": ("clients", ("cluster", "process"), names),
            "joins": ("later", ("cluster", "process"), joins),
        }
    )
)

#: Every name of a header.
NAMES: Final = ("scope", "subject", "config", *HEADER_FIELDS, *MANY)


def step_of(line: NumberedLine, scope: FuzzingScope) -> Step:
    """``> compute-task x``."""
    if not line.text.startswith("> "):
        raise CaseError(f'expected "> step", found "{line.text}"', line.number)
    try:
        return parse(line.text.removeprefix("> "), scope.words)
    except BadText as error:
        raise CaseError(str(error), line.number) from None
