"""A night from its beginning to its end, phase by phase; goes on where one was interrupted."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeAlias

from workerfuzz.harness.campaigns.nightly import novelty
from workerfuzz.harness.campaigns.nightly.budget_split import MOST_SHARDS, BudgetSplit
from workerfuzz.harness.campaigns.nightly.canary import canaries
from workerfuzz.harness.campaigns.nightly.corpus_minimisation import (
    Minimising,
    minimise_all,
    minimise_here,
)
from workerfuzz.harness.campaigns.nightly.failures import ShardFailures, problems_of
from workerfuzz.harness.campaigns.nightly.night import Night, Phase
from workerfuzz.harness.campaigns.nightly.night_files import Part, Written
from workerfuzz.harness.campaigns.nightly.night_log import NightLog
from workerfuzz.harness.campaigns.nightly.regression_replay import RegressionReplay, Replaying
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.engines import fill
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.campaigns.shard.shard import open_shard
from workerfuzz.harness.cases.replay.replay import Replay
from workerfuzz.harness.engines.findings.finding import Finding

#: Told of the place of a plan among those that were taken, its account so far, and what was just found.
Tell: TypeAlias = Callable[[int, ShardResult, Finding | None], None]

#: Runs shards: takes plans one at a time, tells how far they are, and ends when there are no more, or
#: when it is interrupted. Returns the last account of each.
Carry: TypeAlias = Callable[[Iterable[Plan], Tell], list[ShardResult]]


def in_this_process(plans: Iterable[Plan], tell: Tell) -> list[ShardResult]:
    """One shard after the other."""
    accounts: list[ShardResult] = []
    for place, plan in enumerate(plans):
        shard = open_shard(plan)
        accounts.append(shard.account)
        shard.tell = telling(place, shard.account, tell)
        fill(shard)
        tell(place, shard.account, None)
        if shard.account.interrupted:
            break
    return accounts


def telling(place: int, account: ShardResult, tell: Tell) -> Callable[[Finding | None], None]:
    return lambda met: tell(place, account, met)


#: Told what is being done in a short phase, how many things are done, and of how many, if that is known.
Told: TypeAlias = Callable[[str, int, int | None], None]


def nobody_told(doing: str, done: int, total: int | None) -> None:
    """Shows nothing."""


class Watcher(Protocol):
    """Somebody who is told how shards go on."""

    def tell(self, account: ShardResult, met: Finding | None = None) -> None:
        """How far a shard has come; and a new bug, as soon as there is one."""


class Nobody:
    """Looks at nothing."""

    def tell(self, account: ShardResult, met: Finding | None = None) -> None:
        pass


@dataclass(slots=True)
class Nightly:
    """One sitting of a night.

    Attributes:
        carry: runs shards.
        replay: replays a file.
        minimise: takes away stems of the corpus that others make superfluous.
        reports: writes what people look at into the folder of the night; returns what there is to say.
        jobs: how many shards it runs at a time.
        former: other nights of the folder, the last one first.
        resumed: what this night did before this sitting; None: it begins now.
        trouble: what goes wrong with shards themselves.
        watching: who is told how shards go on while they do.
        showing: shows how far a short phase is, while it lasts.
        found: told of each bug that nobody knew, once.
        say: told of each thing that people may want to know at once, a line each.
    """

    diary: NightLog
    carry: Carry
    replay: Replaying
    minimise: Minimising = minimise_here
    reports: Callable[[Path], list[str]] = lambda _: []
    jobs: int = 1
    former: list[novelty.Former] = field(default_factory=list)
    resumed: Written | None = None
    trouble: ShardFailures = field(default_factory=ShardFailures)
    watching: Callable[[Budget], AbstractContextManager[Watcher]] = lambda _: nullcontext(Nobody())
    showing: Callable[[], AbstractContextManager[Told]] = lambda: nullcontext(nobody_told)
    found: Callable[[Finding], None] = lambda _: None
    say: Callable[[str], None] = lambda _: None
    tell: Told = field(default=nobody_told, init=False)
    replayed: int = field(default=0, init=False)

    @property
    def night(self) -> Night:
        return self.diary.night

    def run(self) -> Night:
        """All phases, or those until Ctrl-C."""
        self.night.interrupted, self.night.ended = False, ""
        self.diary.flush()
        try:
            self.short_phases()
            self.fuzz()
            with self.during("minimise") as phase:
                minimise_all(phase, self.diary.folder.corpus, self.night.targets, self.minimise)
        except KeyboardInterrupt:
            self.night.interrupted = True
        with self.during("report") as phase:
            phase.told = [novelty.told(self.night, self.former)]
            phase.red = [*novelty.wrong(self.night, self.former)]
        self.diary.finish(now())
        self.write_reports()
        return self.night

    def write_reports(self) -> None:
        """The night is over and written; it can be read in other ways, too."""
        phase, began = self.night.phase("report"), time.monotonic()
        try:
            lines = self.reports(self.diary.path)
        except KeyboardInterrupt:
            lines = ["interrupted as it was written; workerfuzz report writes it"]
        for line in lines:
            self.say(f"report: {line}")
        phase.told += lines
        phase.seconds += time.monotonic() - began
        if lines:
            self.diary.flush()

    @contextmanager
    def during(self, name: str) -> Iterator[Phase]:
        """A short phase, which is done from its beginning whenever a night goes on."""
        phase = self.night.phase(name)
        phase.told, phase.red = [], []
        began = time.monotonic()
        try:
            with self.showing() as tell:
                tell(name, 0, None)
                self.tell = tell
                yield phase
        finally:
            phase.seconds = time.monotonic() - began
            for line in phase.told:
                self.say(f"{name}: {line}")
            for line in phase.red:
                self.say(f"{name}: RED: {line}")
            self.diary.flush()

    def sharing(self) -> BudgetSplit:
        """What is left to do."""
        spent_s = sum(phase.seconds for phase in self.night.phases if phase.name == "fuzz")
        sharing = BudgetSplit(self.night, self.jobs, spent_s, str(self.diary.folder.corpus))
        if self.resumed is not None:
            sharing.accounts, sharing.parts = self.resumed.accounts, self.resumed.parts
        return sharing

    def short_phases(self) -> None:
        """What comes before the runs of the night."""
        with self.during("canary") as phase:
            self.canary(phase)
        tonight = RegressionReplay(self.night, self.told_replay)
        with self.during("replay") as phase:
            tonight.cases(phase)
            tonight.findings(phase, self.diary.folder.findings, self.fixed_before())
        with self.during("known") as phase:
            tonight.known(phase)
        self.night.fixed = tonight.fixed

    def fixed_before(self) -> frozenset[str]:
        """Findings that did not break any more in the last night that replayed them."""
        return next((it.fixed for it in self.former if it.fixed is not None), frozenset())

    def told_replay(self, path: Path, subject: str) -> Replay:
        """Replays a file, and shows which one."""
        self.replayed += 1
        self.tell(f"replaying on {subject}: {path.stem[:40]}", self.replayed, None)
        return self.replay(path, subject)

    def canary(self, phase: Phase) -> None:
        """Planted bugs are found by what is going to fuzz, and nothing where none is planted."""
        its = canaries(self.night.targets)
        last = self.night.seed * MOST_SHARDS + MOST_SHARDS - 1
        done = self.carry([one.plan(last) for one in its], lambda *_: None)
        if was_interrupted(done):
            raise KeyboardInterrupt
        for one, account in zip(its, done, strict=True):
            phase.red += [*one.wrong(account), *problems_of(account)]
        if not phase.red:
            phase.told = [
                f"found {', '.join(it.planted for it in its if it.planted)}; nothing else"
            ]

    def fuzz(self) -> None:
        """Shards, until the budget is spent."""
        phase = self.night.phase("fuzz")
        sharing = self.sharing()
        begun: list[Part] = []
        with self.watching(sharing.left()) as watcher:
            done = self.carry(self.plans(sharing, begun), self.telling(sharing, begun, watcher))
        phase.seconds = sharing.seconds()
        self.diary.flush()
        count = len(self.night.new)
        phase.told = [f"{count} new, {len(self.night.findings) - count} known"]
        phase.red = [*([f"{count} new"] if count else []), *self.trouble.lines()]
        if was_interrupted(done):
            raise KeyboardInterrupt

    def plans(self, sharing: BudgetSplit, begun: list[Part]) -> Iterator[Plan]:
        """What is to be run; each plan knows what has a case by then."""
        for part, plan in sharing.plans():
            if self.trouble.with_all(self.night.targets):
                return
            if self.trouble.too_much(plan):
                continue
            begun.append(part)
            yield replace(plan, seen=self.diary.has_seen(plan.subject, plan.scope))

    def telling(self, sharing: BudgetSplit, begun: list[Part], watcher: Watcher) -> Tell:
        """Who is told how shards go on: everything is written down."""
        phase = self.night.phase("fuzz")
        for account in self.diary.accounts.values():
            watcher.tell(account)

        def tell(place: int, account: ShardResult, met: Finding | None) -> None:
            phase.seconds = sharing.seconds()
            self.trouble.note(place, account)
            self.night.versions.setdefault(account.plan.subject, account.version)
            fresh = self.diary.note(begun[place], account)
            for one in fresh:
                self.found(one)
                watcher.tell(account, one)
            if not fresh:
                watcher.tell(account)

        return tell


def was_interrupted(accounts: Iterable[ShardResult]) -> bool:
    """Somebody asked for the end; a shard that fell over was not asked."""
    return any(account.interrupted and not account.faults for account in accounts)


def now() -> str:
    """Date and time, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
