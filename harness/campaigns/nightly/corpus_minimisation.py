"""At the end of a night its corpus is made small: entries go that others make superfluous."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from workerfuzz.harness.campaigns.nightly.night import Phase
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.shard import system
from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.format.reading import reason
from workerfuzz.harness.engines.shrink.corpus_minimisation import Minimised, minimise
from workerfuzz.harness.worlds.scopes import SCOPES


class CorpusMinimiser(Protocol):
    """Minimises the entries of one target in a corpus folder; raises NotMinimised."""

    def __call__(self, folder: Path, target: Target, /) -> Minimised: ...


class NotMinimised(Exception):
    """A corpus has more entries than it needs; says in a line why. None is lost."""


def minimise_here(folder: Path, target: Target) -> Minimised:
    """In this process. Raises NotMinimised: the folder takes nothing, or cannot be read."""
    try:
        return minimise(folder, system(*target.system), SCOPES[target.scope])
    except OSError as error:
        raise NotMinimised(f"{folder}: {reason(error)}") from None
    except CaseError as error:
        raise NotMinimised(str(error)) from None


def minimise_all(
    phase: Phase, folder: Path, targets: Iterable[Target], minimised: CorpusMinimiser
) -> None:
    """The entries of each target by themselves; those of others stay."""
    for target in targets:
        try:
            done = minimised(folder, target)
        except NotMinimised as error:
            phase.red.append(f"{target}: {error}")
        else:
            phase.told += [f"{target}: {done}"] if done.before else []
