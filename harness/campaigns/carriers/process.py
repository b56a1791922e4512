"""One process that runs a shard, as the one that started it sees it."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from workerfuzz.harness.campaigns.carriers.errand import Errand, Limits, Word
from workerfuzz.harness.campaigns.plan import Plan
from workerfuzz.harness.campaigns.wire import from_json, to_json

#: The program.
CHILD: Final = "workerfuzz.harness.campaigns.carriers.child"

#: Characters of its standard error that are shown when it died.
LAST_WORDS: Final = 2000

#: Seconds from the last word of a process to its end.
PATIENCE_S: Final = 10.0


def environment(python: str) -> dict[str, str]:
    """Variables of a process: the order of sets is fixed.

    What can be imported here can be imported there, where it is the same Python; another one has
    its own packages, and those of PYTHONPATH.
    """
    variables = {**os.environ, "PYTHONHASHSEED": "0"}
    if python == sys.executable:
        variables["PYTHONPATH"] = os.pathsep.join(sys.path)
    return variables


class ShardProcess:
    """Started as soon as it is made.

    Attributes:
        ended: it has said all that it will, and is gone.
        status: what ``wait`` says, once it has ended; negative: the number of a signal.
    """

    def __init__(
        self, plan: Plan, out: Path | None, folder: Path, python: str, limits: Limits
    ) -> None:
        self.errors = (folder / f"{plan.seed}-{plan.first}.err").open("w+b")
        self.unread = b""
        self.ended = False
        self.status = 0
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [python, "-P", "-m", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=environment(python),
            process_group=0,  # Ctrl-C is for us; we tell it to end
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        cases = str(out) if out is not None else ""
        errand = Errand(plan=plan, out=cases, parent=os.getpid(), limits=limits)
        with suppress(OSError):  # it died: that shows soon
            self.process.stdin.write(to_json(errand) + b"\n")
            self.process.stdin.flush()

    def fileno(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def words(self) -> list[Word]:
        """What it has said since the last call; does not wait. Raises Unreadable."""
        found: list[Word] = []
        while not self.ended:
            try:
                chunk = os.read(self.fileno(), 1 << 16)
            except BlockingIOError:
                break
            if not chunk:
                self.end()
                break
            *lines, self.unread = (self.unread + chunk).split(b"\n")
            found += (from_json(line, Word) for line in lines)
        return found

    def stop(self) -> None:
        """It is to end with what it has."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        self.process.kill()

    def end(self) -> None:
        """Waits for the rest of its end; it closed its side."""
        try:
            self.status = self.process.wait(timeout=PATIENCE_S)
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

    def last_words(self) -> str:
        """The end of its standard error."""
        self.errors.seek(max(0, self.errors.seek(0, os.SEEK_END) - LAST_WORDS))
        return self.errors.read().decode(errors="replace").strip()
