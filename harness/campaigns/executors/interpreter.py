"""The Python of another environment, in which shards are to run: its packages, and its targets."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any, Final

from workerfuzz.harness.campaigns.executors.protocol import FORMAT, ListTargets
from workerfuzz.harness.campaigns.executors.worker_client import NoReply, request_result
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.cases.format.files import reason
from workerfuzz.harness.subjects import declaration

#: The oldest Python that runs workerfuzz.
OLDEST: Final = (3, 11)

#: Seconds in which it must answer.
PATIENCE_S: Final = 60.0

#: Seconds in which it must import everything and list the targets.
LISTING_S: Final = 120.0

#: Says in one line of JSON what is there, whatever Python it is.
PROBE: Final = """
import json, sys
sys.path[:] = [place for place in sys.path if place]
found = {"python": list(sys.version_info[:2])}
try:
    import workerfuzz
    found["workerfuzz"] = workerfuzz.__version__
    from workerfuzz.harness.campaigns.executors import protocol, worker_process
    found["format"] = protocol.FORMAT
except (ImportError, SyntaxError) as error:
    found["missing"] = str(getattr(error, "name", "") or "")
    found["problem"] = str(error)
try:
    import distributed
    found["distributed"] = distributed.__version__
except ImportError as error:
    found["undistributed"] = str(error)
print(json.dumps(found))
"""


class ExecutorUnavailable(Exception):
    """Shards cannot run where somebody wants them to; says why in one line."""


def interpreter(name: str, subject: str) -> str:
    """The path of a Python, once it is known that shards of that subject can run there.

    Args:
        name: a path, or a name to be looked for where programs are.

    Raises:
        CannotCarry: they cannot.
    """
    if not name:
        raise ExecutorUnavailable("expected the path of a Python, found nothing")
    path = shutil.which(name) or name
    found = probed(path)
    if tuple(found["python"]) < OLDEST:
        version, oldest = (
            ".".join(map(str, version_info)) for version_info in (found["python"], OLDEST)
        )
        raise ExecutorUnavailable(f"{path}: Python {version}; workerfuzz needs {oldest} or later")
    if "workerfuzz" not in found and found["missing"] == "workerfuzz":
        raise ExecutorUnavailable(
            f"{path}: no workerfuzz there; install it, or let PYTHONPATH lead to the one here"
        )
    version = found.get("workerfuzz", "")
    if found.get("missing", "").startswith("workerfuzz"):
        raise ExecutorUnavailable(
            f"{path}: its workerfuzz {version} is too old: {found['problem']}"
        )
    if "problem" in found:
        raise ExecutorUnavailable(
            f"{path}: its workerfuzz {version} does not load: {found['problem']}"
        )
    if found["format"] != FORMAT:
        raise ExecutorUnavailable(
            f"{path}: its workerfuzz {version} speaks format {found['format']} of shards, and this "
            f"one {FORMAT}; use the same release"
        )
    needed = declaration(subject).requires
    if needed and needed not in found:
        raise ExecutorUnavailable(f"{path}: {needed} does not load there: {found['undistributed']}")
    return path


def probed(path: str) -> Any:
    """Return the findings of the probe. Raises CannotCarry where it is no Python."""
    try:
        done = subprocess.run(  # noqa: S603 - the user names it
            [path, "-W", "ignore", "-c", PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return json.loads(done.stdout.splitlines()[-1])
    except OSError as error:
        raise ExecutorUnavailable(f"{path}: {reason(error)}") from None
    except subprocess.TimeoutExpired:
        raise ExecutorUnavailable(f"{path}: it did not answer within {PATIENCE_S:g} s") from None
    except (IndexError, ValueError):
        raise ExecutorUnavailable(
            f"{path}: not a Python: it did not do what it was told to"
        ) from None


def targets_in(
    python: str, subjects: Iterable[str], scope: str | None = None
) -> Mapping[Target, str]:
    """Return the targets in the environment of a Python, with their versions. Raises CannotCarry."""
    wanted = ListTargets(subjects=[*subjects], scope=scope)
    try:
        return dict(request_result(python, wanted, list[tuple[Target, str]], LISTING_S))
    except NoReply as error:
        raise ExecutorUnavailable(f"{python}: {error}") from None
