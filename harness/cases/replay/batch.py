"""Replaying many files, one bad one not stopping the others."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.format.reading import case_files
from workerfuzz.harness.cases.replay.replay import Replay, ReplayOutcome, replay
from workerfuzz.harness.cases.replay.replay_process import ChildFailed
from workerfuzz.harness.cases.replay.rewrite import rewrite
from workerfuzz.harness.subjects.protocol import Subject

#: What summaries call a file that is no case.
UNREADABLE: Final = "not readable"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file.

    Attributes:
        came_to: its replay, or why it could not be read.
        rewritten: the file reads differently now.
    """

    came_to: Replay | CaseError
    rewritten: bool = False

    @property
    def called(self) -> str:
        """What summaries call it."""
        return UNREADABLE if isinstance(self.came_to, CaseError) else self.came_to.outcome.value

    @property
    def report(self) -> tuple[str, ...]:
        """What there is to say about it; nothing where all is well."""
        if isinstance(self.came_to, CaseError):
            return (f"workerfuzz: {self.came_to}",)
        return () if self.came_to.fine else self.came_to.report

    @property
    def status(self) -> int:
        """Exit status: 0 where all is well, 1 where it is not, 2 where the file is wrong."""
        if isinstance(self.came_to, CaseError) or self.came_to.outcome is ReplayOutcome.IMPOSSIBLE:
            return 2
        return 0 if self.came_to.fine else 1


#: Replays a file on a subject in another process. Raises ChildFailed.
Elsewhere = Callable[[Path, str], Replay]


def replay_files(
    paths: Iterable[Path],
    subject: Subject,
    *,
    rewriting: bool = False,
    elsewhere: Elsewhere | None = None,
) -> Iterator[Result]:
    """Replays files and all cases in folders, and brings them up to date before, if asked to.

    Args:
        elsewhere: replays them where they may end the process, or never return; None: here.

    Raises:
        CaseError: a folder has no case, or cannot be read.
        SubjectUnavailable: the subject cannot be had here.
    """
    for path in case_files(paths):
        try:
            if elsewhere is None or rewriting:
                yield replay_file(path, subject, rewriting)
            else:
                yield replay_elsewhere(path, subject, elsewhere)
        except CaseError as error:
            yield Result(error)
        except Exception as error:
            error.add_note(f"while replaying {path}")
            raise


def replay_file(path: Path, subject: Subject, rewriting: bool) -> Result:
    if not rewriting:
        return Result(replay(load(path), subject))
    after = rewrite(path)
    return Result(replay(after.case, subject), after.changed)


def replay_elsewhere(path: Path, subject: Subject, elsewhere: Elsewhere) -> Result:
    load(path)  # a file that is wrong is told here
    try:
        return Result(elsewhere(path, subject.name))
    except ChildFailed as error:
        first, *rest = str(error).splitlines()
        report = (f"{path}: {first}", *(f"  {line}" for line in rest))
        return Result(Replay(ReplayOutcome.BROKEN, str(path), subject.name, report))


def summary(results: Sequence[Result]) -> str:
    """``41 as written, 1 differs``."""
    counts = Counter(result.called for result in results)
    named = [name for name in (*ReplayOutcome, UNREADABLE) if counts[name]]
    parts = [f"{counts[name]} {name}" for name in named] or ["nothing replayed"]
    rewritten = sum(result.rewritten for result in results)
    return ", ".join(parts) + (f"; {rewritten} rewritten" if rewritten else "")
