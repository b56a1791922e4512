"""An exported test, tried on the distributed that is installed, with and without trial fixes."""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import textwrap
import traceback
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workerfuzz.harness.subjects import trial_fixes

#: Times that a test is tried.
TIMES: Final = 20

#: Processes in which it is tried, each with its own order of sets; and how many of them at a time, for
#: most of its time a test that fails just waits.
PROCESSES: Final = 10
AT_A_TIME: Final = 4

#: Characters of an error that are told.
LONGEST: Final = 160

#: Begins the line in which a process reports.
_REPORT: Final = "outcomes: "


@dataclass(frozen=True, slots=True)
class Trial:
    """Outcomes of a test that was run several times.

    Attributes:
        errors: what it failed with, in a line; empty where it passed.
    """

    errors: Sequence[str]

    @property
    def failed(self) -> int:
        return sum(map(bool, self.errors))

    @property
    def usual(self) -> str:
        """The error that came most often, in a line; empty without any."""
        found = Counter(filter(None, self.errors)).most_common(1)
        return textwrap.shorten(found[0][0], LONGEST, placeholder=" ...") if found else ""


def try_out(text: str, times: int = TIMES, fixes: Sequence[str] = ()) -> Trial:
    """Run the test of a file so many times, with trial fixes in place.

    The order of Dask's sets, which goes by hashes, is another in each process.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test_exported.py"
        path.write_text(text, encoding="utf-8")
        shares = [len(range(number, times, PROCESSES)) for number in range(min(times, PROCESSES))]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            reports = pool.map(
                lambda share: _in_a_process(path, share[1], share[0], fixes), enumerate(shares)
            )
            return Trial([error for report in reports for error in report])


def _in_a_process(path: Path, times: int, seed: int, fixes: Sequence[str]) -> Sequence[str]:
    command = [sys.executable, "-m", __name__, str(path), str(times), *fixes]
    done = subprocess.run(  # noqa: S603  # this interpreter
        command,
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        if line.startswith(_REPORT):
            found: Sequence[str] = json.loads(line.removeprefix(_REPORT))
            return found
    last = [*filter(None, done.stderr.splitlines())][-1:]
    return [f"the process ended: {' '.join(last)}"] * times


def main(path: Path, times: int, fixes: Sequence[str]) -> None:
    """Run the test of a file, and print what came of it."""
    sys.path.insert(0, str(path.parent))
    with trial_fixes("dask", fixes):
        module = importlib.import_module(path.stem)
        test = next(value for name, value in vars(module).items() if name.startswith("test_"))
        sys.stdout.write(f"{_REPORT}{json.dumps([outcome(test) for _ in range(times)])}\n")
        sys.stdout.flush()
    os._exit(0)  # a thread that a test left behind would be waited for


def outcome(test: object) -> str:
    """Return the error of a test in a line; empty where it passes."""
    assert callable(test)
    try:
        test()
    except BaseException as error:  # noqa: BLE001  # whatever it is, the test has failed
        with suppress(Exception):
            traceback.print_exc()
        return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}".removesuffix(": ")
    return ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
