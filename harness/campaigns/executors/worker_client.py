"""One process that does an request, as the one that started it sees it."""

import itertools
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from workerfuzz.harness.campaigns.executors.crash_finding import PATIENCE_S
from workerfuzz.harness.campaigns.executors.protocol import (
    FORMAT,
    Limits,
    ShardMessage,
    ShardRequest,
)
from workerfuzz.harness.campaigns.executors.resource_limits import cpu_s
from workerfuzz.harness.campaigns.executors.sandbox import Death
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.wire import Unreadable, from_json, to_json
from workerfuzz.harness.cases.replay.recovery import UNDER_WAY, Recovered, glance, recover
from workerfuzz.harness.cases.replay.replay_process import environment
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.worlds.blackbox import RunPhase

#: The program.
CHILD: Final = "workerfuzz.harness.campaigns.executors.worker_process"

#: Characters of its standard error that are looked at when it died, and how long that may get.
LAST_WORDS: Final = 4000
MOST_WORDS: Final = 1 << 20

#: Of the black boxes of this process's children.
NUMBERS: Final = itertools.count()

#: Seconds from the last word of a process to its end.
END_S: Final = 10.0


def keeping_s(limits: Limits) -> float:
    """Wall time in which a bug is kept, in seconds; its forks are watched by its keeper."""
    return PATIENCE_S + 4 * (limits.silent_s + limits.rest_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """Starts processes for the shards of a campaign.

    Attributes:
        out: folder for cases of what is new; None: they are in the accounts alone.
        folder: for black boxes.
        python: interpreter of the environment in which they run.
    """

    out: Path | None
    folder: Path
    python: str = sys.executable
    limits: Limits

    def start(
        self, plan: Plan, finding: Finding | None = None, *, outside: bool = False
    ) -> "Process":
        """A process that runs a shard, or keeps a bug."""
        request = ShardRequest(
            plan=plan,
            out=str(self.out) if self.out is not None else "",
            parent=os.getpid(),
            box=str(self.folder / f"{next(NUMBERS)}.box"),
            limits=self.limits,
            finding=finding,
            outside=outside,
        )
        return Process(self.python, request)


class Process:
    """Started as soon as it is made.

    Attributes:
        last: what it said last.
        ended: it is gone.
        overdue: why it was ended from here; empty where it was not.
        cpu_s: CPU time that it took so far, in seconds.
    """

    def __init__(self, python: str, request: ShardRequest) -> None:
        self.request = request
        self.box = Path(request.box)
        self.errors = self.box.with_suffix(".err").open("a+b")
        self.unread = b""
        self.last: ShardMessage | None = None
        self.ended = False
        self.overdue = ""
        self.status = 0
        self.cpu_s = 0.0
        self.life = Life(-1, 0.0, time.monotonic())
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [python, "-P", "-m", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=environment(python),
            process_group=0,  # Ctrl-C is for us; we tell it to end
        )
        assert self.process.stdin is not None
        os.set_blocking(self.fileno(), False)
        with suppress(OSError):  # it died: that shows soon
            self.process.stdin.write(to_json(request) + b"\n")
            self.process.stdin.flush()

    def fileno(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def words(self) -> list[ShardMessage]:
        """Return the messages since the last call, without waiting. Raises Unreadable."""
        found: list[ShardMessage] = []
        while not self.ended:
            try:
                chunk = os.read(self.fileno(), 1 << 16)
            except BlockingIOError:
                break
            if not chunk:
                self.end()
                break
            *lines, self.unread = (self.unread + chunk).split(b"\n")
            found += map(self.understood, lines)
        return found

    def understood(self, line: bytes) -> ShardMessage:
        word = from_json(line, ShardMessage)
        if word.format != FORMAT:
            raise Unreadable(f"format {word.format} of shards, where {FORMAT} was expected")
        self.last = word
        self.life = replace(self.life, since=time.monotonic())
        return word

    @property
    def said_all(self) -> bool:
        """Its last word came."""
        return self.last is not None and self.last.last

    def watch(self, now: float) -> None:
        """It is ended if it gives no sign of life for too long."""
        self.cpu_s = max(self.cpu_s, cpu_s(self.process.pid))
        if self.request.finding is None:
            self.watch_steps(now)
        elif now - self.life.since > keeping_s(self.request.limits):
            self.overdue = "its time"
        if self.overdue:
            self.process.kill()
        if self.errors.seek(0, os.SEEK_END) > MOST_WORDS:
            self.errors.truncate(0)

    def watch_steps(self, now: float) -> None:
        """Steps are signs of life of a shard."""
        seen = glance(self.box)
        if seen.beats != self.life.beats:
            self.life = Life(seen.beats, self.cpu_s, now)
        limits = self.request.limits
        most = limits.rest_s if seen.phase is RunPhase.RESTING else limits.step_s
        used = self.cpu_s - self.life.cpu_s
        if seen.phase in UNDER_WAY and used > most:
            self.overdue = f"{most:g} s of CPU"
        elif limits.is_silent(now - self.life.since, used):
            self.overdue = f"{limits.silent_s:g} s"

    def stop(self) -> None:
        """It is to end with what it has."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        self.process.kill()

    def end(self) -> None:
        """Waits for the rest of its end; it closed its side."""
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
        """It is gone afterwards, whatever it does."""
        if not self.ended:
            self.process.kill()
            self.end()
        self.errors.close()
        for path in (self.box, self.box.with_suffix(".err")):
            path.unlink(missing_ok=True)

    def death(self) -> Death:
        """Return the status and last words of a process that ended."""
        self.errors.seek(max(0, self.errors.seek(0, os.SEEK_END) - LAST_WORDS))
        said = self.errors.read().decode(errors="replace")
        return Death(self.status, self.overdue, said)

    def recovered(self) -> Recovered | None:
        """The run that was under way when it ended, or the one before; None: there was none."""
        return recover(self.box)

    def died_of(self, at: Recovered) -> bool:
        """That run was under way."""
        return at.phase in UNDER_WAY or self.death().is_exhausted


@dataclass(frozen=True, slots=True)
class Life:
    """The last sign of it: how many there were, the CPU time and the moment when it was seen."""

    beats: int
    cpu_s: float
    since: float
