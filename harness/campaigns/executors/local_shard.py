"""A shard in other processes: what they say adds up to one account, however they end.

A run that takes its process with it is a finding. What was under way is read from the black box of the
process; it is kept by another process (``keeper``), and the shard goes on behind that run.
"""

import signal
import time
from collections.abc import Iterator
from typing import Final

from workerfuzz.harness.campaigns.executors.crash_finding import broken_by, evidence
from workerfuzz.harness.campaigns.executors.pool import GRACE_S
from workerfuzz.harness.campaigns.executors.protocol import ShardMessage
from workerfuzz.harness.campaigns.executors.sandbox import Death, ended
from workerfuzz.harness.campaigns.executors.worker_client import Process, Starter
from workerfuzz.harness.campaigns.plan.plan import Plan, rest_of
from workerfuzz.harness.campaigns.plan.wire import Unreadable
from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.merge import continued, knowing
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.replay.recovery import Recovered
from workerfuzz.harness.cases.triage.signature import signature
from workerfuzz.harness.engines.findings.finding import Finding, first_occurrence
from workerfuzz.harness.engines.findings.finding_writer import set_unshrunk_case, write_unshrunk

#: Signals that come from outside more often than from what runs in a process.
FROM_OUTSIDE: Final = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP})


class LocalShard:
    """One shard. It begins as soon as it is made.

    Attributes:
        place: of its plan among the others.
        account: what it came to so far.
        before: what it came to in processes that are gone.
        news: what was found since somebody asked; None for each other account.
        deadline: when it is ended if it has not ended by then; None: nobody asked it to.
        process: None: nothing more will come.
    """

    def __init__(self, place: int, plan: Plan, starter: Starter) -> None:
        self.place = place
        self.plan = plan
        self.starter = starter
        self.account = ShardResult(plan)
        self.before: ShardResult | None = None
        self.news: list[Finding | None] = []
        self.deadline: float | None = None
        self.began = time.monotonic()
        self.cpu_s = 0.0
        self._processes = self.processes()
        self.process: Process | None = next(self._processes, None)

    @property
    def over(self) -> bool:
        return self.process is None

    def fileno(self) -> int:
        assert self.process is not None
        return self.process.fileno()

    def look(self, now: float) -> list[Finding | None]:
        """Takes in what was said, and says what was found; None for each other account."""
        process = self.process
        assert process is not None
        try:
            for word in process.words():
                self.hear(word)
        except Unreadable as error:
            self.account.faults.append(f"its process says what nobody understands: {error}")
            self.stop(now, at_once=True)
        if process.ended:
            self.process = next(self._processes, None)
            process.close()
        elif self.deadline is not None and now > self.deadline:
            process.kill()
        else:
            process.watch(now)
        news, self.news = self.news, []
        return news

    def hear(self, word: ShardMessage) -> None:
        """Take in a message of the shard; that of a crash reproduction is read when it has ended."""
        if word.account is not None:
            found = word.account.findings[word.new] if word.new is not None else None
            its = word.account
            self.account = its if self.before is None else continued(self.before, its)
            self.news.append(found)
        if word.fault:
            self.account.faults.append(f"the harness failed, {word.fault}")
        if word.refused:
            self.account.refused = word.refused

    def processes(self) -> Iterator[Process]:
        """One after the other: each comes when the one before is gone."""
        plan: Plan | None = self.plan
        while plan is not None:
            process = self.starter.start(plan)
            yield process
            self.cpu_s += process.cpu_s
            if process.said_all:
                return
            self.before = self.account
            first, unkept = self.left_over(process)
            for it, outside in unkept:
                if self.deadline is None:
                    keeper = self.starter.start(plan, it, outside=outside)
                    yield keeper
                    self.note(it, keeper.last)
                else:
                    self.note(it, None)
            plan = self.rest(first)
        if self.deadline is not None:
            self.account.interrupted = True

    # A process that died

    def left_over(self, process: Process) -> tuple[int | None, list[tuple[Finding, bool]]]:
        """Collect the remains of a process that died.

        Returns:
            The number of the run behind the one that it died of; None: it never had one. And the bugs
            that are to be kept, with whether something outside may have ended the process.
        """
        unkept = [(it, False) for it in self.account.findings if it.awaits_shrinking]
        at, death = process.recovered(), process.death()
        about = at.about.split(" ", 2) if at is not None else []
        if self.deadline is not None or at is None or len(about) != 3:
            if self.deadline is None:
                self.account.faults.append(f"the process {described(death)}")
            return None, unkept
        kind, number, tactic = about[0], int(about[1]), about[2]
        self.account.runs = max(self.account.runs, number + 1)
        if not process.died_of(at):
            self.account.faults.append(f"the process {described(death)}, behind run {number}")
            return number + 1, unkept
        if kind == "run":
            done = Counters(runs=1, steps=len(at.steps))
            self.account.counters.setdefault(tactic, Counters()).add(done)
        found = self.fatal_finding(at, death, number, tactic)
        if found is not None:
            outside = death.status in FROM_OUTSIDE and not death.overdue.endswith("CPU")
            unkept.append((found, outside))
        return number + 1, unkept

    def fatal_finding(
        self, at: Recovered, death: Death, number: int, tactic: str
    ) -> Finding | None:
        """Return the finding that ended a process; None where this shard has had it before."""
        violation = at.breaking(broken_by(death), evidence(death))
        mark = signature(violation)
        for it in self.account.findings:
            if it.signature == mark:
                it.occurrences += 1
                self.account.counters[tactic].found += 1
                return None
        plan = self.plan
        found = first_occurrence(
            violation, mark, plan.subject, run=number, seed=plan.seed, tactic=tactic
        )
        set_unshrunk_case(found, violation, plan.engine)
        return found

    def note(self, it: Finding, word: ShardMessage | None) -> None:
        """Record the outcome of a reproduction; without one the finding is written unshrunk."""
        kept: Finding | None = it
        if word is not None and word.last and not word.fault and word.account is None:
            kept = word.kept
        else:
            write_unshrunk(it, self.starter.out)
        account = self.account
        if kept is None:
            said = it.counterexample.partition("\n")[0]
            account.faults.append(f"{said}, in run {it.run}, whose steps do not show it again")
            return
        if it in account.findings:
            account.findings.remove(it)
        else:
            account.counters[it.tactic].found += 1
        same = [other for other in account.findings if other.signature == kept.signature]
        if same:
            same[0].occurrences += kept.occurrences
        else:
            account.findings.append(kept)
            self.news.append(kept if kept.is_new else None)

    def rest(self, first: int | None) -> Plan | None:
        """Return the plan of the remaining runs; None: there are none."""
        if first is None or self.deadline is not None:
            return None
        plan = rest_of(self.plan, first, time.monotonic() - self.began, self.cpu_s)
        return knowing(plan, self.account) if plan is not None else None

    # Its end

    def stop(self, now: float, *, at_once: bool = False) -> None:
        """It is to end with what it has, soon."""
        self.deadline = now if at_once else now + GRACE_S
        if self.process is not None:
            self.process.kill() if at_once else self.process.stop()

    def close(self) -> None:
        """Its process is gone afterwards."""
        if self.process is not None:
            self.process.close()


def described(death: Death) -> str:
    """Describe the end of a process, with the last line that it wrote."""
    said = death.errors.strip().rpartition("\n")[2]
    return f"{ended(death.status)}{said and f' ({said})'}"
