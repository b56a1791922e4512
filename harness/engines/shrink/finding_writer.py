"""What becomes of a violation: it is shrunk, written down as a case, and shown."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case, ScopeName
from workerfuzz.harness.cases.format.saving import Saved, save
from workerfuzz.harness.cases.replay.record import record
from workerfuzz.harness.cases.replay.replay import replay_command
from workerfuzz.harness.cases.swimlanes.excerpt import excerpt
from workerfuzz.harness.cases.triage.signature import Signature, signature
from workerfuzz.harness.engines.shrink.shrink import Shrunk, shrink
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties.crashes import every_call_returns


@dataclass(frozen=True, slots=True)
class WrittenFinding:
    """A violation with its run, and what became of it.

    Attributes:
        drawing: who said what to whom before it, as lines of text; none of a call that does not return.
    """

    signature: Signature
    shrunk: Shrunk
    case: Case
    saved: Saved
    drawing: tuple[str, ...] = ()

    @property
    def violation(self) -> Violation:
        return self.shrunk.violation

    def how_far(self) -> str:
        """What shrinking did, and whether it was let finish."""
        ending = ", interrupted" if self.shrunk.interrupted else ""
        return f"shrunk from {self.shrunk.before}{ending}"

    def command(self, path: Path) -> str:
        """What replays the case."""
        (subject,) = self.case.subjects
        return replay_command(path, subject)

    def report(self) -> list[str]:
        """For people: the steps, the property in words, the counterexample, how to replay it."""
        violation = self.violation
        rest = ["> rest"] if violation.at_rest else []
        lines = [
            f"{violation.property}: {violation.sentence}",
            *(f"  {line}" for line in violation.counterexample.splitlines()),
            f"after {counted(len(violation.steps), 'step')} ({self.how_far()}):",
            *(f"  {line}" for line in [*(f"> {step}" for step in violation.steps), *rest]),
            f"shrinking took {self.shrunk.account()}",
            *self.drawing,
        ]
        if self.saved.path is not None:
            return [*lines, f"replay it: {self.command(self.saved.path)}"]
        if not self.saved.problem:
            return lines
        return [*lines, f"{self.saved.problem}; here it is:", *self.saved.text.splitlines()]


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def keep(
    subject: Any,
    violation: Violation,
    folder: Path | None,
    engine: str = "hypothesis",
) -> WrittenFinding:
    """Shrink a violation and write it as a case into a folder, if there is one."""
    shrunk = shrink(subject, violation)
    broken = shrunk.violation
    case = record(
        subject,
        broken.steps,
        shrunk.config,
        scope=ScopeName(broken.run_config.scope),
        title=title_of(broken),
        found=found_by(engine, shrunk.before, len(broken.steps)),
    )
    saved = save(case, folder) if folder is not None else Saved(casefile.format(case), None)
    drawing = excerpt(case, subject) if broken.property != every_call_returns.name else ()
    return WrittenFinding(signature(broken), shrunk, case, saved, drawing)


def title_of(violation: Violation) -> str:
    """Of a case: which step breaks what."""
    last = violation.steps[-1].word if violation.steps and not violation.at_rest else "rest"
    return f"{last} breaks {violation.property.replace('_', ' ')}"


def found_by(engine: str, before: int, after: int) -> str:
    """How and when a case was found."""
    return f"{engine}, {today()}; {before} steps shrunk to {after}"


def today() -> str:
    return datetime.now(UTC).date().isoformat()
