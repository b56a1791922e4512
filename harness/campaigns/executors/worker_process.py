"""Worker process: ``python -m workerfuzz.harness.campaigns.executors.worker_process``.

It reads one request from standard input and replies on standard output, a line of JSON each
(``protocol``). A shard reports its progress at most once a second, at once when something new was
found, and in the end; every other request has one reply. Whatever a subject prints goes to standard
error. SIGINT and SIGTERM end a shard with what there is by then. When the process that started it ends,
so does this one.
"""

import faulthandler
import os
import signal
import threading
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import BinaryIO

import msgspec

from workerfuzz.harness.campaigns.executors.crash_finding import reproduce
from workerfuzz.harness.campaigns.executors.protocol import (
    HarnessFailed,
    Limits,
    ListTargets,
    MinimiseCorpus,
    Reply,
    ReplyLine,
    ReproduceCrash,
    Request,
    RequestDone,
    RequestLine,
    RequestRefused,
    RunShard,
    ShardProgress,
)
from workerfuzz.harness.campaigns.executors.resource_limits import (
    end_with,
    leave_no_core,
    limit_memory,
)
from workerfuzz.harness.campaigns.executors.sandbox import exhaustion_status
from workerfuzz.harness.campaigns.plan.targets import Target, targets
from workerfuzz.harness.campaigns.plan.wire import from_json, to_json
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.campaigns.shard.shard import Shard, fill, open_shard
from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.format.files import reason
from workerfuzz.harness.cases.replay.recovery import open_log
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.engines.shrink.corpus_minimisation import minimise
from workerfuzz.harness.subjects import system
from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.harness.worlds.scopes import SCOPES


class RequestHandler:
    """The request of this process, and the pipe for the replies.

    Attributes:
        shard: None until its subject is there.
        is_writing: a line is being written, which must be whole.
        is_ending: somebody asked for the end.
    """

    def __init__(self, request: Request, replies: BinaryIO) -> None:
        self.request = request
        self.replies = replies
        self.shard: Shard | None = None
        self.is_writing = False
        self.is_ending = False

    def run(self) -> None:
        """Do the request and send the last reply, whatever happens."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.interrupt)
        try:
            self.send(self.last_reply())
        except KeyboardInterrupt:
            self.send(ShardProgress(result=self.interrupted_result(), is_last=True))
        except SubjectUnavailable as error:
            self.send(RequestRefused(reason=str(error)))
        except (MemoryError, RecursionError) as error:
            os._exit(exhaustion_status(error))  # the subject caused it
        except Exception as error:  # noqa: BLE001 - the other process decides
            traceback.print_exc()
            self.send(HarnessFailed(description=described(error), result=self.result_so_far()))

    def last_reply(self) -> Reply:
        match self.request:
            case RunShard() as request:
                return ShardProgress(result=self.run_shard(request), is_last=True)
            case ReproduceCrash() as request:
                return done([reproduce(request)])
            case ListTargets(subjects=subjects, scope=scope):
                limit_memory(Limits().memory_nbytes)
                return done([*targets(subjects, scope).items()])
            case MinimiseCorpus(folder=folder, target=target):
                limit_memory(Limits().memory_nbytes)
                return minimised(Path(folder), target)

    def run_shard(self, request: RunShard) -> ShardResult:
        watch_parent()
        open_log(Path(request.log))
        limit_memory(request.limits.memory_nbytes)
        self.shard = open_shard(request.plan, self.on_progress)
        return fill(self.shard)

    def interrupted_result(self) -> ShardResult | None:
        """The result of a shard that was interrupted before its first run."""
        if isinstance(self.request, RunShard):
            return ShardResult(self.request.plan, interrupted=True)
        return None

    def result_so_far(self) -> ShardResult | None:
        if self.shard is None:
            return None
        self.shard.settle(time.monotonic() - self.shard.began)
        return self.shard.result

    def on_progress(self, finding: Finding | None) -> None:
        """Report a finding, or that time has passed."""
        assert self.shard is not None
        if finding is None:
            self.send(ShardProgress(result=self.shard.result))
        elif result := self.result_so_far():
            self.send(ShardProgress(result=result, new=result.findings.index(finding)))

    def send(self, reply: Reply) -> None:
        line = to_json(ReplyLine(reply=reply)) + b"\n"
        self.is_writing = True
        try:
            self.replies.write(line)
            self.replies.flush()
        finally:
            self.is_writing = False

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """End a run that is under way; shrinking ends with what it has, and the shard after it."""
        if self.shard is not None:
            self.shard.is_stopped = True
        if not self.is_writing and not self.is_ending:
            self.is_ending = True
            raise KeyboardInterrupt


def done(result: object) -> RequestDone:
    return RequestDone(result=msgspec.Raw(to_json(result)))


def minimised(folder: Path, target: Target) -> RequestDone | RequestRefused:
    """Minimise a corpus; refuse where the folder takes nothing, or cannot be read."""
    try:
        result = minimise(folder, system(*target.system), SCOPES[target.scope])
    except OSError as error:
        return RequestRefused(reason=f"{folder}: {reason(error)}")
    except CaseError as error:
        return RequestRefused(reason=str(error))
    return done(result)


def described(error: Exception) -> str:
    """A fault of the harness in one line."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    notes = "".join(f"{note}: " for note in getattr(error, "__notes__", ()))
    message = " ".join(str(error).split())
    return f"{notes}{type(error).__name__}: {message} ({Path(frame.filename).name}:{frame.lineno})"


def watch_parent() -> None:
    """End this process when standard input ends: nobody is there any more."""

    def watch() -> None:
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    line = from_json(first_line(0), RequestLine)
    end_with(line.parent)
    leave_no_core()
    faulthandler.enable(all_threads=False)
    with os.fdopen(os.dup(1), "wb") as replies:
        os.dup2(2, 1)
        RequestHandler(line.request, replies).run()


def first_line(descriptor: int) -> bytes:
    """Read up to the end of the line, and wait for no more."""
    line = b""
    while not line.endswith(b"\n"):
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            break
        line += chunk
    return line


if __name__ == "__main__":
    main()
