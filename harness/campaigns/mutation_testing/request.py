"""Request for the search of one mutant, and its result: plain data, for another process.

Standard library only: this is read before the mutant is planted.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field


class CaughtBy(enum.StrEnum):
    """The way in which a mutant was noticed."""

    PROPERTY = "property"
    TIME_LIMIT = "time limit"  # a call, or the process, did not come to an end
    CRASH = "crash"  # the process died, or an exception left the world
    IMPORT = "import"  # the changed code does not load, or the harness not with it


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """One search.

    Attributes:
        target: name of the code under test.
        mutant: id of what is planted; empty: nothing.
        module: that it changes.
        cpu_s: budget in seconds of CPU, without what imports take; 0: none.
        most_steps: budget in steps; 0: none.
        tactic: of the walk; several are separated by commas; empty: all.
        engine: that searches, as in ``ENGINES``; another one than the walk has its budget in CPU time.
        known: property and shape of violations that the healthy code shows.
        is_baseline: the whole budget is used, and signatures are collected.
        traces: executed lines are collected, which makes it slow.
    """

    target: str
    subject: str
    scope: str
    mutant: str = ""
    module: str = ""
    seed: int = 0
    cpu_s: float = 0.0
    most_steps: int = 0
    tactic: str = ""
    engine: str = "walk"
    known: Sequence[tuple[str, str]] = ()
    is_baseline: bool = False
    traces: bool = False


@dataclass(slots=True, kw_only=True)
class SearchResult:
    """Result of one search.

    Attributes:
        caught_by: None: nothing noticed.
        property: that was broken; empty where something else noticed.
        counterexample: its first line, or the reason of a crash.
        steps: taken until then, in all runs together.
        cpu_s: seconds of CPU until then.
        version: of the subject.
        signatures: property and shape of violations of the healthy code, known bugs among them.
        lines: executed, by module.
    """

    caught_by: CaughtBy | None = None
    property: str = ""
    counterexample: str = ""
    steps: int = 0
    cpu_s: float = 0.0
    version: str = ""
    signatures: list[tuple[str, str]] = field(default_factory=list)
    lines: dict[str, list[int]] = field(default_factory=dict)
