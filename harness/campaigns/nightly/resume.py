"""A night begins, or goes on where one was interrupted: what is known by then is in the folder."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

import workerfuzz
from workerfuzz.harness.campaigns.nightly import novelty
from workerfuzz.harness.campaigns.nightly.budget_split import rounds
from workerfuzz.harness.campaigns.nightly.folder import Folder, FolderError, check_format
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import Written, each_night, last_night
from workerfuzz.harness.campaigns.nightly.night_log import NightLog
from workerfuzz.harness.campaigns.nightly.nightly import Carry, Nightly, now
from workerfuzz.harness.campaigns.nightly.novelty import Former
from workerfuzz.harness.campaigns.nightly.regression_replay import Replaying
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.cases.format import corpus
from workerfuzz.harness.cases.format.reading import reason
from workerfuzz.harness.engines.findings.finding_files import names_in


@dataclass(frozen=True, slots=True, kw_only=True)
class NightOptions:
    """What a night is to do, if it does not go on with another one.

    Attributes:
        targets: what is fuzzed, and its version.
        python: interpreter in whose environment; empty: this one.
    """

    seed: int
    budget: Budget
    targets: Mapping[Target, str]
    jobs: int = 1
    python: str = ""

    def night(self, folder: Folder) -> Night:
        """It begins now, or a second after the one that has that name."""
        night = Night(
            self.seed,
            now(),
            self.budget,
            targets=[*self.targets],
            versions={
                "workerfuzz": workerfuzz.__version__,
                **{target.subject: version for target, version in self.targets.items()},
            },
            before=names_in(folder.findings),
            rounds=rounds(self.budget, len(self.targets), self.jobs),
            python=self.python,
        )
        while any((folder.nights / night.name).glob("*.json")):
            began = datetime.fromisoformat(night.began) + timedelta(seconds=1)
            night.began = began.isoformat(timespec="seconds")
        return night


@dataclass(slots=True)
class NightStart:
    """A night that is about to run.

    Attributes:
        resumed: what it did before; None: it is a new one.
        problems: files of the folder that cannot be read, a line each.
    """

    nightly: Nightly
    resumed: Written | None = None
    problems: list[str] = field(default_factory=list)


def open_night(
    folder: Folder,
    orders: NightOptions,
    carry: Carry,
    replay: Replaying,
    *,
    resume: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> NightStart:
    """The next night of a folder.

    Args:
        resume: the last one is gone on with, if it was interrupted.

    Raises:
        FolderError: the folder takes nothing, or is of a newer format.
        CaseError: its corpus is.
    """
    nights = each_night(folder)
    newest = next(nights, None)
    last = newest if resume and newest is not None and is_unfinished(newest.night) else None
    night = last.night if last is not None else orders.night(folder)
    diary, former, problems = NightLog(folder, night, say), list[Former](), list[str]()

    def others() -> Iterator[Written]:
        for written in filter(None, chain([newest], nights)):
            problems.extend(written.problems)
            if written is not last:
                former.append(novelty.former(written.night))
                yield written

    try:
        diary.remember(others())
        if last is not None:
            diary.go_on(last)
    except OSError as error:
        raise FolderError(f"{folder.path}: {reason(error)}; nothing can be kept there") from None
    nightly = Nightly(diary, carry, replay, jobs=orders.jobs, former=former, resumed=last, say=say)
    return NightStart(nightly, last, [*problems, *corpus.load(folder.corpus).problems])


def is_unfinished(night: Night) -> bool:
    """It was ended before its budget was spent, and can be read."""
    return bool(night.targets) and (night.interrupted or not night.ended)


def python_of_last(path: Path) -> str:
    """Interpreter of the night that would be gone on with in a folder; empty: the one that runs.

    Raises:
        FolderError: the folder is of a newer format.
    """
    check_format(path)
    last = last_night(Folder(path))
    return last.python if last is not None and is_unfinished(last) else ""
