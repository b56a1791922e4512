"""A process that runs a shard: ``python -m workerfuzz.harness.campaigns.executors.worker_process``.

It reads a ``ShardRequest`` from standard input, one line of JSON, and says on standard output how
far it is, a ``ShardMessage`` to a line: at most once a second, at once when something new was
found, and in the end. Whatever a subject prints goes to standard error. SIGINT and SIGTERM
end the shard with what there is by then. When the process that asked for it ends,
so does this one. Asked to keep a bug, it does that (``keeper``) instead of running the shard.
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

from workerfuzz.harness.campaigns.executors.crash_finding import keep
from workerfuzz.harness.campaigns.executors.protocol import ShardMessage, ShardRequest
from workerfuzz.harness.campaigns.executors.resource_limits import (
    end_with,
    leave_no_core,
    limit_memory,
)
from workerfuzz.harness.campaigns.executors.sandbox import exhaustion_status
from workerfuzz.harness.campaigns.plan.wire import from_json, to_json
from workerfuzz.harness.campaigns.shard.engines import fill
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.campaigns.shard.shard import Shard, open_shard
from workerfuzz.harness.cases.replay.recovery import open_box
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.subjects.protocol import SubjectUnavailable


class ShardReporter:
    """Runs one shard, and reports its progress.

    Attributes:
        shard: None until its subject is there.
        speaking: a line is being written, which must be whole.
        stopping: somebody asked for the end.
    """

    def __init__(self, request: ShardRequest, answers: BinaryIO) -> None:
        self.request = request
        self.answers = answers
        self.shard: Shard | None = None
        self.speaking = False
        self.stopping = False

    def run(self) -> None:
        """Does what it is asked, however that ends."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.stop)
        try:
            self.say(self.done())
        except KeyboardInterrupt:
            self.say(
                ShardMessage(account=ShardResult(self.request.plan, interrupted=True), last=True)
            )
        except SubjectUnavailable as error:
            self.say(ShardMessage(refused=str(error), last=True))
        except (MemoryError, RecursionError) as error:
            os._exit(exhaustion_status(error))  # the subject caused it
        except Exception as error:  # noqa: BLE001 - told to the other process, which decides
            traceback.print_exc()
            self.say(ShardMessage(fault=described(error), account=self.settled(), last=True))

    def done(self) -> ShardMessage:
        """It is done; what there is to say in the end."""
        if self.request.finding is not None:
            return ShardMessage(kept=keep(self.request, self.request.finding), last=True)
        watch_parent()
        open_box(Path(self.request.box))
        limit_memory(self.request.limits.memory_nbytes)
        return ShardMessage(account=self.account(), last=True)

    def account(self) -> ShardResult:
        out = Path(self.request.out) if self.request.out else None
        self.shard = open_shard(self.request.plan, out, self.tell)
        self.shard.stopped = self.stopping
        return fill(self.shard)

    def settled(self) -> ShardResult | None:
        """Return the result so far."""
        if self.shard is None:
            return None
        self.shard.settle(time.monotonic() - self.shard.began)
        return self.shard.account

    def tell(self, met: Finding | None) -> None:
        """Something was found, or time has passed."""
        assert self.shard is not None
        if met is None:
            self.say(ShardMessage(account=self.shard.account))
        elif account := self.settled():
            self.say(ShardMessage(account=account, new=account.findings.index(met)))

    def say(self, word: ShardMessage) -> None:
        line = to_json(word) + b"\n"
        self.speaking = True
        try:
            self.answers.write(line)
            self.answers.flush()
        finally:
            self.speaking = False

    def stop(self, number: int, frame: FrameType | None) -> None:
        """A run that is under way ends here; shrinking ends with what it has, and the shard after it."""
        if self.shard is not None:
            self.shard.stopped = True
        if not self.speaking and not self.stopping:
            self.stopping = True
            raise KeyboardInterrupt


def described(error: Exception) -> str:
    """A fault of ours in one line."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    notes = "".join(f"{note}: " for note in getattr(error, "__notes__", ()))
    said = " ".join(str(error).split())
    return f"{notes}{type(error).__name__}: {said} ({Path(frame.filename).name}:{frame.lineno})"


def watch_parent() -> None:
    """This process ends when standard input does: nobody is there any more."""

    def watch() -> None:
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    request = from_json(first_line(0), ShardRequest)
    end_with(request.parent)
    leave_no_core()
    faulthandler.enable(all_threads=False)
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        ShardReporter(request, answers).run()


def first_line(descriptor: int) -> bytes:
    """Reads up to the end of the line, and waits for no more."""
    line = b""
    while not line.endswith(b"\n"):
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            break
        line += chunk
    return line


if __name__ == "__main__":
    main()
