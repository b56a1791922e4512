"""Recovery of the run that was under way in a process that died or is stuck."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workerfuzz.harness.cases.format.case import CaseError, ScopeName
from workerfuzz.harness.cases.format.casefile import format_config, parse_config
from workerfuzz.harness.worlds.scopes import SCOPES, AnyConfig, AnyRunConfig
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.write_ahead_log import (
    HEAD,
    MAGIC,
    SIZE,
    TEXT,
    WRITE_AHEAD_LOG,
    RunPhase,
)
from workerfuzz.statemachine.properties.property import AnyProperty
from workerfuzz.strategies import worker
from workerfuzz.strategies.text import BadText
from workerfuzz.strategies.worker import Step

#: Phases in which something of the subject goes on.
UNDER_WAY: Final = frozenset({RunPhase.OPENING, RunPhase.STEPPING, RunPhase.RESTING})


@dataclass(frozen=True, slots=True)
class Recovered:
    """The run that was under way.

    Attributes:
        about: what it was for.
        steps: up to the one that was happening, which is the last.
    """

    about: str
    phase: RunPhase
    scope: ScopeName
    config: AnyConfig
    steps: tuple[Step, ...]

    @property
    def at_rest(self) -> bool:
        return self.phase is RunPhase.RESTING

    def breaking(self, broken: AnyProperty, counterexample: str) -> Violation:
        """That it goes no further than this is a violation."""
        return Violation(
            broken.name,
            broken.sentence,
            counterexample,
            self.steps,
            self.at_rest,
            SCOPES[self.scope].run_config_of(self.steps, self.config),
        )


def open_log(path: Path) -> None:
    """Open the write-ahead log of this process. Raises OSError."""
    WRITE_AHEAD_LOG.open(path, described)


def described(run_config: AnyRunConfig) -> str:
    """Return a run config as the write-ahead log has it."""
    return f"{run_config.scope} {format_config(run_config.config)}".rstrip()


@dataclass(frozen=True, slots=True)
class Glance:
    """Progress of a write-ahead log, while its process may be alive.

    Attributes:
        beats: signs of life; a log that has more of them later goes on.
    """

    beats: int
    phase: RunPhase


def glance(path: Path) -> Glance:
    """Read the progress of a log. One that is not there yet has no sign of life."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD.size)
    except FileNotFoundError:
        head = b""
    if len(head) < HEAD.size or not head.startswith(MAGIC):
        return Glance(0, RunPhase.IDLE)
    _, beats, phase, _ = HEAD.unpack(head)
    return Glance(beats, RunPhase(phase))


def recover(path: Path) -> Recovered | None:
    """The run that was under way, or over last; None where there was none that can be read."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(raw) != SIZE or not raw.startswith(MAGIC):
        return None
    _, _, phase, end = HEAD.unpack_from(raw)
    about, colon, rest = raw[TEXT:end].decode(errors="replace").partition("\n")
    if not colon or phase == RunPhase.OVERFLOWN:
        return None
    head, *lines = rest.splitlines()
    scope, _, config = head.partition(" ")
    try:
        taken = parsed([line.removeprefix("> ") for line in lines], ScopeName(scope))
        return Recovered(
            about, RunPhase(phase), ScopeName(scope), parse_config(config, 0, scope), taken
        )
    except (BadText, CaseError, ValueError):
        return None


def parsed(lines: Sequence[str], scope: ScopeName) -> tuple[Step, ...]:
    """Steps as cases write them. Raises BadText."""
    return tuple(worker.parse(line, SCOPES[scope].words) for line in lines)
