"""Shards in processes of their own, some at a time.

``run_shards(plans, on_progress, jobs=2)`` is all there is to know:

- Plans are taken one at a time, whenever a process is free: they may come from a generator that
  makes them for as long as there is time.
- Results come while shards go on: ``on_progress`` is called with the index of the plan, its result so
  far, and what was just found, if that is why. It is called in the thread of the caller.
- It returns the last result of each plan that was begun, in the order of the plans. What a process
  reported is never lost, however it ended. ``ShardResult.faults`` says what went wrong in the harness,
  and ``ShardResult.refused`` why a subject cannot be had; what that means is for the caller to say.
- Ctrl-C and SIGTERM end all shards with what they have; so does an ``on_progress`` that raises
  KeyboardInterrupt, and an ``is_over`` that returns True. Their results say so, and no further plan is
  taken.

A process fixes the order of sets, and contains what would end it: that is why the subjects of other
people are always fuzzed there. A run that ends its process is a finding. What was under way is read from
the write-ahead log of the process; another process reproduces it, and the shard goes on behind that run.
"""

import selectors
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from workerfuzz.harness.campaigns.executors.crash_finding import broken_by, evidence
from workerfuzz.harness.campaigns.executors.pool import GRACE_S, Pool
from workerfuzz.harness.campaigns.executors.protocol import (
    HarnessFailed,
    Limits,
    Reply,
    RequestDone,
    RequestRefused,
    ShardProgress,
)
from workerfuzz.harness.campaigns.executors.sandbox import Death
from workerfuzz.harness.campaigns.executors.worker_client import ShardProcess, ShardStarter
from workerfuzz.harness.campaigns.plan.plan import Plan, rest_of
from workerfuzz.harness.campaigns.plan.wire import Unreadable, from_json
from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.executor import ProgressCallback, ignore_progress
from workerfuzz.harness.campaigns.shard.merge import continued, knowing
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.replay.recovery import Recovered
from workerfuzz.harness.cases.triage.signature import signature
from workerfuzz.harness.engines.findings.finding import Finding, first_occurrence
from workerfuzz.harness.engines.findings.finding_writer import report_unshrunk, set_unshrunk_case

#: Signals that come from outside more often than from what runs in a process.
FROM_OUTSIDE: Final = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP})


class LocalShard:
    """One shard in processes of this machine. It begins when it is made.

    Attributes:
        index: of its plan among the others.
        result: so far.
        former: the result of its processes that are gone.
        news: findings since the last look; None for each other report of progress.
        deadline: when it is ended if it has not ended by then; None: nobody asked it to.
        process: None: nothing more will come.
    """

    def __init__(self, index: int, plan: Plan, starter: ShardStarter) -> None:
        self.index = index
        self.plan = plan
        self.starter = starter
        self.result = ShardResult(plan)
        self.former: ShardResult | None = None
        self.news: list[Finding | None] = []
        self.deadline: float | None = None
        self.began = time.monotonic()
        self.cpu_s = 0.0
        self._processes = self.processes()
        self.process: ShardProcess | None = next(self._processes, None)

    @property
    def over(self) -> bool:
        return self.process is None

    def fileno(self) -> int:
        assert self.process is not None
        return self.process.fileno()

    def look(self, now: float) -> list[Finding | None]:
        """Take in the replies; return the findings, and None for each other report of progress."""
        process = self.process
        assert process is not None
        try:
            for reply in process.replies():
                self.take(reply)
        except Unreadable as error:
            self.result.faults.append(f"its process sends what cannot be read: {error}")
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

    def take(self, reply: Reply) -> None:
        """Take in a reply; that of a reproduction counts when its process has ended."""
        match reply:
            case ShardProgress(result=ShardResult() as result):
                self.result = result if self.former is None else continued(self.former, result)
                self.news.append(reply.finding)
            case HarnessFailed(result=result, description=description):
                if result is not None:
                    self.take(ShardProgress(result=result))
                self.result.faults.append(f"the harness failed, {description}")
            case RequestRefused(reason=reason):
                self.result.refused = reason
            case _:
                pass

    def processes(self) -> Iterator[ShardProcess]:
        """One after the other: each comes when the one before is gone."""
        plan: Plan | None = self.plan
        while plan is not None:
            process = self.starter.run(plan)
            yield process
            self.cpu_s += process.cpu_s
            if process.is_complete:
                return
            self.former = self.result
            first, unfinished = self.left_over(process)
            for finding, is_doubtful in unfinished:
                reply = None
                if self.deadline is None:
                    started = self.starter.reproduce(plan, finding, is_doubtful=is_doubtful)
                    yield started
                    reply = started.last
                self.add_reproduced(finding, reply)
            plan = self.rest(first)
        if self.deadline is not None:
            self.result.interrupted = True

    # A process that died

    def left_over(self, process: ShardProcess) -> tuple[int | None, list[tuple[Finding, bool]]]:
        """Collect the remains of a process that died.

        Returns:
            The number of the run behind the one that it died of; None: it never had one. And the
            findings to be reproduced, with whether something outside may have ended the process.
        """
        unfinished = [
            (finding, False) for finding in self.result.findings if finding.awaits_shrinking
        ]
        run, death = process.recovered(), process.death()
        about = run.about.split(" ", 2) if run is not None else []
        if self.deadline is not None or run is None or len(about) != 3:
            if self.deadline is None:
                self.result.faults.append(f"the process {death.summary}")
            return None, unfinished
        kind, number, tactic = about[0], int(about[1]), about[2]
        self.result.runs = max(self.result.runs, number + 1)
        if not process.died_of(run):
            self.result.faults.append(f"the process {death.summary}, behind run {number}")
            return number + 1, unfinished
        if kind == "run":
            done = Counters(runs=1, steps=len(run.steps))
            self.result.counters.setdefault(tactic, Counters()).add(done)
        finding = self.fatal_finding(run, death, number, tactic)
        if finding is not None:
            is_doubtful = death.status in FROM_OUTSIDE and not death.overdue.endswith("CPU")
            unfinished.append((finding, is_doubtful))
        return number + 1, unfinished

    def fatal_finding(
        self, run: Recovered, death: Death, number: int, tactic: str
    ) -> Finding | None:
        """Return the finding that ended a process; None where this shard has had it before."""
        violation = run.breaking(broken_by(death), evidence(death))
        mark = signature(violation)
        for former in self.result.findings:
            if former.signature.bug == mark.bug:
                former.occurrences += 1
                self.result.counters[tactic].found += 1
                return None
        plan = self.plan
        finding = first_occurrence(
            violation, mark, plan.subject, run=number, seed=plan.seed, tactic=tactic
        )
        finding.fixed = plan.fixed
        set_unshrunk_case(finding, violation, plan.engine)
        return finding

    def add_reproduced(self, finding: Finding, reply: Reply | None) -> None:
        """Add the finding that a reproduction ended with; without one it stays unshrunk."""
        reproduced: Finding | None = finding
        if isinstance(reply, RequestDone):
            (reproduced,) = from_json(bytes(reply.result), list[Finding | None])
        else:
            report_unshrunk(finding)
        result = self.result
        if reproduced is None:
            line = finding.counterexample.partition("\n")[0]
            result.faults.append(f"{line}, in run {finding.run}, whose steps do not show it again")
            return
        if finding in result.findings:
            result.findings.remove(finding)
        else:
            result.counters[finding.tactic].found += 1
        same = [
            other for other in result.findings if other.signature.bug == reproduced.signature.bug
        ]
        if same:
            same[0].occurrences += reproduced.occurrences
        else:
            result.findings.append(reproduced)
            self.news.append(reproduced if reproduced.is_new else None)

    def rest(self, first: int | None) -> Plan | None:
        """Return the plan of the remaining runs; None: there are none."""
        if first is None or self.deadline is not None:
            return None
        plan = rest_of(self.plan, first, time.monotonic() - self.began, self.cpu_s)
        return knowing(plan, self.result) if plan is not None else None

    # Its end

    def stop(self, now: float, *, at_once: bool = False) -> None:
        """Tell it to end with what it has, soon."""
        self.deadline = now if at_once else now + GRACE_S
        if self.process is not None:
            self.process.kill() if at_once else self.process.stop()

    def close(self) -> None:
        """End its process."""
        if self.process is not None:
            self.process.close()


def run_shards(
    plans: Iterable[Plan],
    on_progress: ProgressCallback = ignore_progress,
    *,
    jobs: int = 1,
    python: str = sys.executable,
    limits: Limits | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> list[ShardResult]:
    """Run shards in processes, as an ``Executor``; return their results.

    Args:
        jobs: processes at a time.
        python: interpreter of the environment in which they run, with workerfuzz in it.
        limits: of a process; by default those of ``Limits``.
        is_over: called now and then; True ends them.
    """
    with tempfile.TemporaryDirectory(prefix="workerfuzz-") as folder:
        starter = ShardStarter(folder=Path(folder), python=python, limits=limits or Limits())
        with Pool(lambda index, plan: LocalShard(index, plan, starter), wait, on_progress) as pool:
            with pool.noting_signals():
                pool.work(iter(plans), jobs, is_over)
            return pool.results()


def wait(running: Iterable[LocalShard], seconds: float) -> None:
    """Wait until one of them reports something, or time has passed."""
    with selectors.DefaultSelector() as selector:
        for shard in running:
            selector.register(shard.fileno(), selectors.EVENT_READ)
        selector.select(seconds)
