"""A corpus is minimised in a process of its own: stems are replayed, which may end it."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workerfuzz.harness.campaigns.executors.requests import NoAnswer, answering, ask
from workerfuzz.harness.campaigns.nightly.corpus_minimisation import (
    CorpusMinimiser,
    NotMinimised,
    minimise_here,
)
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.engines.shrink.corpus_minimisation import Minimised
from workerfuzz.harness.subjects.protocol import SubjectUnavailable

#: Seconds in which it is done; thousands of stems take a minute.
PATIENCE_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class MinimiseTask:
    """A request to minimise the corpus of one target."""

    folder: str
    target: Target


def minimise_apart(python: str = sys.executable, patience_s: float = PATIENCE_S) -> CorpusMinimiser:
    """Minimises in the environment of a Python."""

    def minimised(folder: Path, target: Target) -> Minimised:
        try:
            return ask(python, __name__, MinimiseTask(str(folder), target), Minimised, patience_s)
        except NoAnswer as error:
            raise NotMinimised(f"the corpus keeps all entries: {error}") from None

    return minimised


def minimise(task: MinimiseTask) -> Minimised:
    return minimise_here(Path(task.folder), task.target)


if __name__ == "__main__":
    answering(MinimiseTask, minimise, (NotMinimised, SubjectUnavailable))
