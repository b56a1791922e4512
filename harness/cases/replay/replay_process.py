"""A process that replays cases for another one: its hash order is fixed, and it may die.

``python -m workerfuzz.harness.cases.replay.replay_process`` reads requests from standard
input and answers on standard output, one line of JSON each. Whatever a subject prints goes to
standard error.
"""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.replay.replay import Replay, replay, with_excerpt
from workerfuzz.harness.subjects import get, trial_fixes
from workerfuzz.harness.subjects.protocol import SubjectUnavailable

#: A replay that takes longer does not end.
PATIENCE_S: Final = 60.0

#: Characters of its standard error that are shown when it died.
LAST_WORDS: Final = 2000


def environment(python: str) -> dict[str, str]:
    """Variables of a process: the order of sets is fixed.

    What can be imported here can be imported there, where it is the same Python; another one has
    its own packages, and those of PYTHONPATH.
    """
    variables = {**os.environ, "PYTHONHASHSEED": "0"}
    if python == sys.executable:
        variables["PYTHONPATH"] = os.pathsep.join(sys.path)
    return variables


class ChildFailed(Exception):
    """The child could not replay a case: it died, did not end, or says why not."""


class Child:
    """The other process, started when it is first needed, and again after it died."""

    def __init__(
        self,
        patience_s: float = PATIENCE_S,
        python: str = sys.executable,
        fixed: Sequence[str] = (),
    ) -> None:
        self.fixed = fixed
        self.patience_s = patience_s
        self.python = python
        self.process: subprocess.Popen[bytes] | None = None
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        self.unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ignored: object) -> None:
        self.close()

    def close(self) -> None:
        self.stop()
        self.errors.close()

    def replay(self, path: Path, subject: str) -> Replay:
        """Replays a file there; raises ChildFailed."""
        process = self.process if self.process is not None else self.start()
        request = json.dumps({"path": str(path), "subject": subject, "fixed": [*self.fixed]})
        assert process.stdin is not None
        try:
            process.stdin.write(request.encode() + b"\n")
            process.stdin.flush()
        except OSError:
            raise self.died() from None
        answer = json.loads(self.answer(process))
        if "error" in answer:
            raise ChildFailed(answer["error"])
        return Replay.from_data(answer["replay"])

    def start(self) -> subprocess.Popen[bytes]:
        self.unread = b""
        self.errors.seek(0)
        self.errors.truncate()
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [self.python, "-P", "-m", __spec__.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=environment(self.python),
        )
        return self.process

    def answer(self, process: subprocess.Popen[bytes]) -> bytes:
        """The next line, which must come in time."""
        assert process.stdout is not None
        deadline = time.monotonic() + self.patience_s
        while b"\n" not in self.unread:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                self.stop()
                raise ChildFailed(f"the replay did not end within {self.patience_s:g} s")
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            if not chunk:
                raise self.died()
            self.unread += chunk
        line, _, self.unread = self.unread.partition(b"\n")
        return line

    def died(self) -> ChildFailed:
        """Return an error that tells how the process died."""
        status = self.stop()
        self.errors.seek(max(0, self.errors.seek(0, os.SEEK_END) - LAST_WORDS))
        words = self.errors.read().decode(errors="replace").strip()
        text = f"; its last words:\n{words}" if words else ""
        how = f"died with status {status}"
        if status is not None and -status in {*signal.Signals}:
            how = f"was ended by {signal.Signals(-status).name}"
        return ChildFailed(f"the process that replayed it {how}{text}")

    def stop(self) -> int | None:
        """Ends the process; its exit status if it had ended by itself."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError):
            process.stdin.close()
        try:
            status = process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        process.stdout.close()
        return status


def answer_to(request: Mapping[str, Any]) -> Mapping[str, object]:
    """Return the answer to a request, as JSON can carry it."""
    try:
        case = load(Path(request["path"]))
        subject = get(request["subject"])
        with trial_fixes(subject.name, request["fixed"]) as fixed:
            done = replay(case, subject, fixed=fixed)
            return {"replay": with_excerpt(done, case, subject).as_data()}
    except (CaseError, SubjectUnavailable) as error:
        return {"error": str(error)}
    except Exception:  # noqa: BLE001 - told to the other process, which decides
        return {"error": traceback.format_exc()}


def main() -> None:
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        for line in sys.stdin.buffer:
            answers.write(json.dumps(answer_to(json.loads(line))).encode() + b"\n")
            answers.flush()


if __name__ == "__main__":
    main()
