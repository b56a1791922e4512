"""Nights that are killed, at any operation on their folder or at any time, and then gone on with.

``python -m examples.killed FOLDER MOMENTS`` runs small nights of a model with planted bugs, each in a
fork of this process, and prints a line of JSON for each: when it was killed, and what is there when it
has come to its end. The first line is a night that nobody kills. MOMENTS are ``K/N``: before every
operation on the folder whose number has the remainder K when divided by N; and ``~N``: at N random
times.
"""

import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.nightly.folder import MARK, existing, opened
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import read_nights
from workerfuzz.harness.campaigns.nightly.nightly import Nightly
from workerfuzz.harness.campaigns.nightly.resume import NightOptions, open_night
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard import shard
from workerfuzz.harness.campaigns.shard.counters import total
from workerfuzz.harness.campaigns.shard.executor import ProgressCallback, run_in_process
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.case import Case
from workerfuzz.harness.cases.replay.replay import Replay
from workerfuzz.harness.engines.findings import finding_writer
from workerfuzz.harness.engines.findings.finding import findings_in
from workerfuzz.harness.engines.shrink.shrink import Shrunk
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.worlds.violation import Violation

#: Bugs that several runs of these nights meet, some with several signatures.
BUGS = ("finish-is-kept-secret", "bytes-stay-under-way", "own-address-is-kept")

#: Operations on files; what only reads is not among them.
OPERATIONS = frozenset({"open", "os.mkdir", "os.remove", "os.rename", "os.truncate"})

ORDERS = NightOptions(
    seed=5,
    budget=Budget(runs=12),
    targets={Target("reference", "worker"): "", Target("reference", "cluster"): ""},
)


def prepare() -> None:
    """Everything is written down after every run, and nothing but runs takes time.

    What a process wrote outlives it, whether or not it waited for the disk.
    """
    os.fsync = lambda _: None
    shard.POINT_S = 0.0  # type: ignore[misc]  # not final here
    Nightly.short_phases = lambda _: None  # type: ignore[method-assign]  # tested elsewhere
    finding_writer.shrink = shrink_once(finding_writer.shrink)


def shrink_once(shrink: Callable[..., Shrunk]) -> Callable[..., Shrunk]:
    """Shrink each violation once; forks know what their parent shrank."""
    known: dict[tuple[str, ...], Shrunk] = {}

    def remembered(subject: AnySubject, violation: Violation, *limits: float) -> Shrunk:
        run_config = violation.run_config
        key = (violation.property, str(run_config), *map(str, violation.steps))
        if key not in known:
            known[key] = shrink(subject, violation, *limits)
        return known[key]

    return remembered


def carry(plans: Iterable[Plan], tell: ProgressCallback) -> list[ShardResult]:
    """With one tactic, so that runs of one shard have nothing to learn from each other."""
    return run_in_process((replace(plan, tactic="swarm") for plan in plans), tell)


def sit(folder: Path) -> None:
    """The night, from where it is to its end."""
    with ExitStack() as stack:
        for bug in BUGS:
            stack.enter_context(named(bug).planted())
        opened_folder = stack.enter_context(opened(folder))
        opening = open_night(opened_folder, ORDERS, carry, replay, resume=True)
        opening.nightly.log.flush_s = 0.0
        opening.nightly.run()


def replay(path: Path, subject: str) -> Replay:
    raise AssertionError("nothing is replayed")


def counting(folder: Path, last: int) -> list[str]:
    """Counts operations on the folder; kills this process before the last one."""
    done: list[str] = []
    inside = str(folder)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in OPERATIONS and str(arguments[0]).startswith(inside):
            done.append(event)
            if len(done) == last:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return done


def forked(folder: Path, moment: float) -> bool:
    """One sitting in a fork; whether it was killed. 0: it is let be."""
    child = os.fork()
    if child == 0:
        try:
            done = counting(folder, moment if isinstance(moment, int) else 0)
            sit(folder)
            (folder / "operations").write_text(str(len(done)))
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    if isinstance(moment, float):
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def outcome(folder: Path) -> dict[str, Any]:
    """Return the final content of the folder."""
    opened_folder = existing(folder)
    nights = read_nights(opened_folder)
    night = nights[-1].night if nights else Night(0, "")
    findings = {
        name: case for name, case in findings_in(opened_folder.findings) if isinstance(case, Case)
    }
    done = total(account.total for account in night.shards)
    return {
        "nights": len(nights),
        "problems": [line for written in nights for line in written.problems],
        "left": [str(path) for path in folder.rglob(".*")],
        "runs": done.runs,
        "taken": dict(sorted(done.taken.items())),
        "sketch": done.sketch,
        "stems": sorted(path.name for path in opened_folder.corpus.iterdir())
        if opened_folder.corpus.is_dir()
        else [],
        "findings": {name: [str(step) for step in case.steps] for name, case in findings.items()},
        "new": sorted([*finding.signature, str(finding.occurrences)] for finding in night.new),
        "ended": bool(night.ended) and not night.interrupted,
    }


def moments(wanted: str, operations: int, seconds: float) -> Iterator[float]:
    """When nights are killed: before an operation, by its number, or after so many seconds."""
    if wanted.startswith("~"):
        yield from (random.uniform(0, seconds) for _ in range(int(wanted[1:])))
        return
    remainder, _, divisor = wanted.partition("/")
    yield from (
        number for number in range(1, operations + 1) if number % int(divisor) == int(remainder)
    )


def say(**overrides: Any) -> None:
    sys.stdout.write(json.dumps(overrides) + "\n")
    sys.stdout.flush()


def main() -> None:
    root = Path(sys.argv[1])
    prepare()
    sit(root / "rehearsal")
    began = time.monotonic()
    forked(root / "whole", 0)
    seconds = time.monotonic() - began
    operations = int((root / "whole" / "operations").read_text())
    say(killed=False, moment=operations, **outcome(root / "whole"))
    for wanted in sys.argv[2:]:
        for moment in moments(wanted, operations, seconds):
            folder = root / f"{wanted.replace('/', '-')} {moment}"
            killed = forked(folder, moment)
            if killed and not ((folder / MARK).exists() and outcome(folder)["ended"]):
                forked(folder, 0)
            say(killed=killed, moment=moment, **outcome(folder))


if __name__ == "__main__":
    main()
