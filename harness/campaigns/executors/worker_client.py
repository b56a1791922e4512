"""A worker process as the one that started it sees it: one request, its replies, its end."""

import itertools
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from workerfuzz.harness.campaigns.executors.crash_finding import PATIENCE_S
from workerfuzz.harness.campaigns.executors.protocol import (
    FORMAT,
    HarnessFailed,
    Limits,
    Reply,
    ReplyLine,
    ReproduceCrash,
    RequestDone,
    RequestRefused,
    RunShard,
    ShardProgress,
)
from workerfuzz.harness.campaigns.executors.resource_limits import TOO_LONG, cpu_s
from workerfuzz.harness.campaigns.executors.sandbox import LOOK_S, Death
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.wire import Unreadable, from_json, to_json
from workerfuzz.harness.cases.replay.recovery import UNDER_WAY, Recovered, glance, recover
from workerfuzz.harness.cases.replay.replay_process import environment
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.worlds.write_ahead_log import RunPhase

R = TypeVar("R")

#: The program.
PROGRAM: Final = "workerfuzz.harness.campaigns.executors.worker_process"

#: Characters of its standard error that are looked at when it died, and how long that may get.
ERRORS_SHOWN: Final = 4000
MOST_ERRORS: Final = 1 << 20

#: Numbers of the write-ahead logs of the processes.
NUMBERS: Final = itertools.count()

#: Seconds from the last reply of a process to its end.
END_S: Final = 10.0


class WorkerProcess:
    """A process that does one request. It is started when it is made.

    Attributes:
        last: its last reply so far.
        ended: it is gone.
        overdue: why it was ended from here; empty where it was not.
    """

    def __init__(self, python: str, request: object, program: str = PROGRAM) -> None:
        self.unread = b""
        self.last: Reply | None = None
        self.ended = False
        self.overdue = ""
        self.status = 0
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [python, "-P", "-m", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=environment(python),
            process_group=0,  # Ctrl-C is for this process, which tells it to end
        )
        assert self.process.stdin is not None
        os.set_blocking(self.fileno(), False)
        with suppress(OSError):  # it died: that shows soon
            line = {"request": request, "parent": os.getpid(), "format": FORMAT}
            self.process.stdin.write(to_json(line) + b"\n")
            self.process.stdin.flush()

    def fileno(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def replies(self) -> list[Reply]:
        """Return the replies since the last call, without waiting. Raises Unreadable."""
        found: list[Reply] = []
        while not self.ended:
            try:
                chunk = os.read(self.fileno(), 1 << 16)
            except BlockingIOError:
                break
            if not chunk:
                self.end()
                break
            *lines, self.unread = (self.unread + chunk).split(b"\n")
            found += map(self.read_reply, lines)
        return found

    def read_reply(self, line: bytes) -> Reply:
        read = from_json(line, ReplyLine)
        if read.format != FORMAT:
            raise Unreadable(f"format {read.format} of shards, where {FORMAT} was expected")
        self.last = read.reply
        return read.reply

    def stop(self) -> None:
        """Tell it to end with what it has."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        self.process.kill()

    def end(self) -> None:
        """Wait for its end, which is near: it closed its side."""
        try:
            self.status = self.process.wait(timeout=END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.status = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()
        self.ended = True

    def close(self) -> None:
        """End it, whatever it does."""
        if not self.ended:
            self.process.kill()
            self.end()
        self.errors.close()

    def death(self) -> Death:
        """Return the status and the last errors of a process that ended."""
        self.errors.seek(max(0, self.errors.seek(0, os.SEEK_END) - ERRORS_SHOWN))
        errors = self.errors.read().decode(errors="replace")
        return Death(self.status, self.overdue, errors)


@dataclass(frozen=True, slots=True)
class LifeSign:
    """The last sign of life: how many there were, the CPU time and the moment when it was seen."""

    beats: int
    cpu_s: float
    since: float


class ShardProcess(WorkerProcess):
    """A process that runs a shard, or reproduces a crash; it is ended where it gives no sign of life.

    Attributes:
        cpu_s: CPU time that it took so far, in seconds.
    """

    def __init__(self, python: str, request: RunShard | ReproduceCrash) -> None:
        self.request = request
        self.log = Path(request.log)
        self.cpu_s = 0.0
        self.life_sign = LifeSign(-1, 0.0, time.monotonic())
        super().__init__(python, request)

    def read_reply(self, line: bytes) -> Reply:
        self.life_sign = replace(self.life_sign, since=time.monotonic())
        return super().read_reply(line)

    @property
    def is_complete(self) -> bool:
        """Its last reply came."""
        return self.last is not None and (
            not isinstance(self.last, ShardProgress) or self.last.is_last
        )

    def watch(self, now: float) -> None:
        """End it if it gives no sign of life for too long."""
        self.cpu_s = max(self.cpu_s, cpu_s(self.process.pid))
        if isinstance(self.request, RunShard):
            self.watch_steps(now)
        elif now - self.life_sign.since > reproduction_s(self.request.limits):
            self.overdue = "its time"
        if self.overdue:
            self.process.kill()
        if self.errors.seek(0, os.SEEK_END) > MOST_ERRORS:
            self.errors.truncate(0)

    def watch_steps(self, now: float) -> None:
        """Steps are signs of life of a shard."""
        seen = glance(self.log)
        if seen.beats != self.life_sign.beats:
            self.life_sign = LifeSign(seen.beats, self.cpu_s, now)
        limits = self.request.limits
        most = limits.rest_s if seen.phase is RunPhase.RESTING else limits.step_s
        used = self.cpu_s - self.life_sign.cpu_s
        if seen.phase in UNDER_WAY and used > most:
            self.overdue = f"{most:g} s of CPU"
        elif limits.is_silent(now - self.life_sign.since, used):
            self.overdue = f"{limits.silent_s:g} s"

    def close(self) -> None:
        super().close()
        self.log.unlink(missing_ok=True)

    def recovered(self) -> Recovered | None:
        """The run that was under way when it ended, or the one before; None: there was none."""
        return recover(self.log)

    def died_of(self, run: Recovered) -> bool:
        """That run was under way."""
        return run.phase in UNDER_WAY or self.death().is_exhausted


def reproduction_s(limits: Limits) -> float:
    """Wall time in which a crash is reproduced, in seconds; its forks are watched by their parent."""
    return PATIENCE_S + 4 * (limits.silent_s + limits.rest_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardStarter:
    """Starts the processes of a campaign.

    Attributes:
        folder: for write-ahead logs.
        python: interpreter of the environment in which they run.
    """

    folder: Path
    python: str = sys.executable
    limits: Limits

    def run(self, plan: Plan) -> ShardProcess:
        """Start a process that runs a shard."""
        request = RunShard(plan=plan, log=self.new_log(), limits=self.limits)
        return ShardProcess(self.python, request)

    def reproduce(self, plan: Plan, finding: Finding, *, is_doubtful: bool) -> ShardProcess:
        """Start a process that reproduces a crash."""
        request = ReproduceCrash(
            plan=plan,
            finding=finding,
            is_doubtful=is_doubtful,
            log=self.new_log(),
            limits=self.limits,
        )
        return ShardProcess(self.python, request)

    def new_log(self) -> str:
        return str(self.folder / f"{next(NUMBERS)}.log")


class NoReply(Exception):
    """A worker process did not do a request; says in a line why not."""


class ProcessDied(NoReply):
    """The process ended, or was ended, without a reply.

    Attributes:
        is_overdue: it took too long, by the clock or of the CPU time that it had.
    """

    def __init__(self, text: str, *, is_overdue: bool) -> None:
        super().__init__(text)
        self.is_overdue = is_overdue


def request_result(
    python: str,
    request: object,
    result_type: type[R],
    patience_s: float,
    *,
    program: str = PROGRAM,
    is_over: Callable[[], bool] = lambda: False,
) -> R:
    """Return the result of a request that is done in a process of its own.

    Args:
        request: a ``Request``, or what another program reads.
        is_over: called now and then; True gives the request up.

    Raises:
        NoReply: it is refused, or the harness failed.
        ProcessDied: the process died, or took longer than ``patience_s`` seconds.
    """
    deadline = time.monotonic() + patience_s
    with closing(WorkerProcess(python, request, program)) as worker:
        while not worker.ended:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise ProcessDied(f"it did not end within {patience_s:g} s", is_overdue=True)
            if is_over():
                raise ProcessDied("nobody waits for it any more", is_overdue=False)
            select.select([worker], [], [], min(left_s, LOOK_S))
            with suppress(Unreadable):  # as if it had not replied
                worker.replies()
        death = worker.death()
    match worker.last:
        case RequestDone(result=result):
            with suppress(Unreadable):
                return from_json(bytes(result), result_type)
        case RequestRefused(reason=reason):
            raise NoReply(reason)
        case HarnessFailed(description=description):
            raise NoReply(f"the harness failed, {description}")
        case ShardProgress() | None:
            pass
    raise ProcessDied(f"the process {death.summary}", is_overdue=-death.status in TOO_LONG)
