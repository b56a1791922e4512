"""Replaying many files, one bad one not stopping the others."""

import pdb
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workerfuzz.harness.cases.format.case import Case, CaseError
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.replay.replay import (
    NOTHING_REPLAYED,
    OnViolation,
    Replay,
    ReplayOutcome,
    replay,
)
from workerfuzz.harness.cases.replay.replay_process import ChildFailed
from workerfuzz.harness.cases.replay.rewrite import rewrite
from workerfuzz.harness.cases.triage.signature import root
from workerfuzz.harness.subjects import declaration, get, trial_fixes
from workerfuzz.harness.subjects.protocol import Subject, SubjectUnavailable
from workerfuzz.harness.worlds.violation import Violation

#: How summaries call a file that is no case.
UNREADABLE: Final = "not readable"


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of one file on one subject.

    Attributes:
        outcome: its replay, or why it could not be read.
        rewritten: the file reads differently now.
    """

    outcome: Replay | CaseError
    rewritten: bool = False

    @property
    def label(self) -> str:
        """Its name in summaries."""
        return UNREADABLE if isinstance(self.outcome, CaseError) else self.outcome.outcome.value

    @property
    def is_unreadable(self) -> bool:
        """The file is no case."""
        return isinstance(self.outcome, CaseError)

    @property
    def place(self) -> str:
        path = self.outcome.path if isinstance(self.outcome, CaseError) else self.outcome.place
        return str(path)

    @property
    def report(self) -> tuple[str, ...]:
        """Lines about it; none where all is well."""
        if isinstance(self.outcome, CaseError):
            return (f"workerfuzz: {self.outcome}",)
        return () if self.outcome.fine else self.outcome.report

    @property
    def status(self) -> int:
        """Exit status: 0 where all is well, 1 where it is not, 2 where the file is wrong."""
        if isinstance(self.outcome, CaseError) or self.outcome.outcome is ReplayOutcome.IMPOSSIBLE:
            return 2
        return 0 if self.outcome.fine else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReplay:
    """Replays files on one subject, or each on all subjects that it names and that are installed.

    Attributes:
        subject: None stands for those that a case names.
        rewriting: bring a file up to date before.
        elsewhere: replays a file on a subject, by its name, where that may end the process, or never
            return; raises ChildFailed. The reference is replayed here; with None, all are.
        on_violation: told of each violation of a replay in this process, before its world is closed.
        fixed: trial fixes that are in place while a case is replayed here, on a subject that has any.
    """

    subject: Subject | None = None
    rewriting: bool = False
    elsewhere: Callable[[Path, str], Replay] | None = None
    on_violation: OnViolation | None = None
    fixed: Sequence[str] = ()

    def results(self, path: Path) -> Iterator[Result]:
        """Replay one file. An exception that is our own fault has a note that names the file."""
        try:
            after = rewrite(path) if self.rewriting else None
            case = after.case if after is not None else load(path)
            for name in (self.subject.name,) if self.subject is not None else case.subjects:
                done = self.replay(case, path, name)
                yield Result(done, after is not None and after.changed)
        except CaseError as error:
            yield Result(error)
        except Exception as error:
            error.add_note(f"while replaying {path}")
            raise

    def replay(self, case: Case, path: Path, name: str) -> Replay:
        subject = self.subject or installed(name)
        if subject is None:
            return Replay(ReplayOutcome.NOT_INSTALLED, str(path), name)
        if self.elsewhere is None or self.rewriting or declaration(name).is_embedded:
            return replay_here(case, subject, self.on_violation, self.fixed)
        try:
            return self.elsewhere(path, name)
        except ChildFailed as error:
            first, *rest = str(error).splitlines()
            report = (f"{path}: {first}", *(f"  {line}" for line in rest))
            return Replay(ReplayOutcome.BROKEN, str(path), name, report)

    def why_nothing(self, results: Sequence[Result]) -> str | None:
        """Why no case was replayed; None where one was, or where a file is no case."""
        done = [result.outcome for result in results]
        if not done or any(
            isinstance(replayed, CaseError) or replayed.outcome not in NOTHING_REPLAYED
            for replayed in done
        ):
            return None
        if self.subject is not None:
            return f"no case is about {self.subject.name} {self.subject.version()}"
        missing = dict.fromkeys(
            replayed.subject
            for replayed in done
            if isinstance(replayed, Replay) and replayed.outcome is ReplayOutcome.NOT_INSTALLED
        )
        if missing:
            return f"not installed here: {', '.join(missing)}"
        return "no case is about the versions that are installed here"


def replay_here(
    case: Case, subject: Subject, on_violation: OnViolation | None, wanted: Sequence[str]
) -> Replay:
    """Replay in this process; a subject without trial fixes is replayed as it is."""
    with trial_fixes(subject.name, wanted if declaration(subject.name).fixes else ()) as fixed:
        return replay(case, subject, on_violation=on_violation, fixed=fixed)


def installed(name: str) -> Subject | None:
    """The subject of that name, if it is installed here."""
    try:
        subject = get(name)
        subject.version()
    except SubjectUnavailable:
        return None
    return subject


def subjects_of(files: Iterable[Path]) -> Iterator[str]:
    """The subjects that the readable cases among the files name, each once."""
    seen: set[str] = set()
    for path in files:
        with suppress(CaseError):
            for name in load(path).subjects:
                if name not in seen:
                    seen.add(name)
                    yield name


def summary(results: Sequence[Result]) -> str:
    """``41 as written, 1 differs``."""
    counts = Counter(result.label for result in results)
    named = [name for name in (*ReplayOutcome, UNREADABLE) if counts[name]]
    parts = [f"{counts[name]} {name}" for name in named] or ["nothing replayed"]
    rewritten = len({result.place for result in results if result.rewritten})
    return ", ".join(parts) + (f"; {rewritten} rewritten" if rewritten else "")


def debug_exception(violation: Violation) -> None:
    """Stop at the exception of the subject, in the frame that raised it; its world is still open."""
    if violation.__cause__ is None:
        text = f"{violation.property}: the subject raised nothing, so --pdb stops nowhere"
        sys.stderr.write(f"workerfuzz: {text}\n")
        return
    raised = root(violation.__cause__)
    sys.stdout.write(f"{type(raised).__name__}: {raised}\n")
    pdb.post_mortem(raised.__traceback__)
