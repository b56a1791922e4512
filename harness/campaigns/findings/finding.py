"""A bug that runs came upon, as plain data: which one it is, how often it came, what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.saving import Saved, save
from workerfuzz.harness.cases.replay.record import unplayed
from workerfuzz.harness.cases.triage.severity import Consequence, Severity, consequence
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.engines.shrink.finding_writer import (
    WrittenFinding,
    found_by,
    keep,
    title_of,
)
from workerfuzz.harness.engines.shrink.projection import project
from workerfuzz.harness.engines.shrink.shrink import Shrunk
from workerfuzz.harness.subjects.cluster_protocol import ProjectableClusterSystem
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.harness.worlds.violation import Violation


@dataclass(slots=True)
class Finding:
    """One signature that came up.

    Attributes:
        signature: property, exception and what it is about; what tells bugs apart.
        sentence: what the property says.
        counterexample: of the first violation, shrunk where it was new.
        subject: name of the system.
        scope: ``worker`` or ``cluster``.
        times: how many runs ended so.
        run: number of the first one.
        seed: of the shard.
        tactic: of the first one.
        known: title or name of the case that says so already; empty where it is new.
        severity: what it leads to in production mode, where that was tried; a name of ``Severity``.
        told: the same in more words.
        case: text of the case that was written, of all steps while it is being shrunk; empty where it
            is known.
        path: where that is; empty where the folder took nothing.
        before: steps of the run that was found.
        after: steps that are left of it.
        replays: runs that shrinking took.
        is_minimal: no single step can be left out.
        alone: text of the case of one worker, where one worker alone shows it.
        lines: what a person reads of it.
    """

    signature: tuple[str, str, str]
    sentence: str
    counterexample: str
    run: int
    seed: int
    tactic: str
    subject: str = ""
    scope: str = ""
    times: int = 1
    known: str = ""
    severity: str = ""
    told: str = ""
    case: str = ""
    path: str = ""
    before: int = 0
    after: int = 0
    replays: int = 0
    is_minimal: bool = False
    alone: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        """Nobody knew it."""
        return not self.known

    @property
    def rank(self) -> int:
        """Sorts the most harmful ones to the front."""
        return Severity[self.severity].rank if self.severity else 0

    @property
    def consequence(self) -> str:
        """What it leads to in production mode, in words; empty where that was not tried."""
        if not self.severity:
            return ""
        return f"{Severity[self.severity]}{f' ({self.told})' if self.told else ''}"


def met(mark: Signature, violation: Violation, plan: Plan, *, run: int, tactic: str) -> Finding:
    """The first time that a bug comes up."""
    return Finding(
        (mark.property, mark.exception, mark.about),
        violation.sentence,
        violation.counterexample,
        run,
        plan.seed,
        tactic,
        plan.subject,
        plan.scope,
        before=len(violation.steps),
    )


def as_it_was(violation: Violation, plan: Plan) -> str:
    """Text of a case of all the steps, which are not taken once more."""
    count = len(violation.steps)
    found = found_by(plan.engine, count, count)
    return casefile.format(
        unplayed(violation, plan.subject, title=title_of(violation), found=found)
    )


def keep_as_it_is(it: Finding, folder: Path | None) -> None:
    """A bug is written with all of its steps, none of which is taken."""
    case = casefile.parse(it.case)
    steps = case.steps
    violation = Violation(
        it.signature[0],
        it.sentence,
        it.counterexample,
        steps,
        case.scenes[-1].step is None,
        SCOPES[case.scope].run_config_of(steps, case.config),
    )
    shrunk = Shrunk(violation, len(steps), 0, interrupted=True)
    saved = save(case, folder) if folder is not None else Saved(it.case, None)
    note_kept(it, WrittenFinding(Signature(*it.signature), shrunk, case, saved))


def keep_met(
    subject: Any, it: Finding, violation: Violation, engine: str, folder: Path | None
) -> WrittenFinding:
    """A bug that is new is shrunk and written as a case."""
    kept = keep(subject, violation, folder, engine)
    note_kept(it, kept)
    return kept


def note_kept(it: Finding, kept: WrittenFinding) -> None:
    """It is shrunk and written."""
    shrunk = kept.shrunk
    it.counterexample = kept.violation.counterexample
    it.after, it.replays = len(shrunk.steps), shrunk.replays
    it.is_minimal = not shrunk.interrupted
    it.case = casefile.format(kept.case)
    it.path = str(kept.saved.path or "")
    it.lines = kept.report()


def look_closer(
    subject: Any, it: Finding, kept: WrittenFinding, engine: str, folder: Path | None
) -> None:
    """What a bug leads to, and whether one worker alone shows it."""
    if kept.violation.run_config.scope == "cluster":
        note_consequence(it, consequence(subject, kept.violation))
        look_alone(subject, it, kept, engine, folder)


def note_consequence(it: Finding, follows: Consequence) -> None:
    """What it leads to is known."""
    it.severity, it.told = follows.severity.name, follows.told
    it.lines[:0] = [f"in production mode: {follows}"]


def look_alone(
    subject: Any, it: Finding, kept: WrittenFinding, engine: str, folder: Path | None
) -> None:
    """Whether one worker alone shows it; that is a case of its own."""
    if not isinstance(subject, ProjectableClusterSystem):
        return
    projected = project(subject, kept.violation)
    if projected.violation is None:
        it.lines.append(f"not as a case of one worker: {projected.why}")
        return
    alone = keep(subject.lone_worker(), projected.violation, folder, engine)
    it.alone = casefile.format(alone.case)
    it.lines.append("one worker alone shows it:")
    it.lines += (f"  {line}" for line in alone.report())


def merge_met(every: Iterable[Finding]) -> list[Finding]:
    """Each bug of a subject once, with the shortest of its cases; how often it came adds up."""
    found: dict[tuple[str, ...], Finding] = {}
    times: dict[tuple[str, ...], int] = {}
    for met in every:
        bug = (met.subject, met.scope, *met.signature)
        best = found.get(bug)
        if best is None or (not best.case, best.after) > (not met.case, met.after):
            found[bug] = met
        times[bug] = times.get(bug, 0) + met.times
    merged = [(bug, replace(met, times=times[bug])) for bug, met in found.items()]
    merged.sort(key=lambda it: (not it[1].is_new, it[1].rank, it[0]))
    return [met for _, met in merged]
