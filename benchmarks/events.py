"""Events per second of the reference worker, without properties, beside Dask's ``WorkerState``.

    python benchmarks/events.py [--events 100000] [--length 300] [--rounds 5]

First it records: a plausible scheduler (``scheduler.py``) lets random events happen to both workers
in lock-step, each run up to the first event where the two ask for different things (``lockstep.py``
says how they are compared), until there are enough events. Then fresh workers get the recorded
events, turn and turn about.
"""

import argparse
import statistics
from collections.abc import Sequence
from typing import Final

import distributed
from lockstep import OURS_ALONE, Recording, Run, dask_worker, record, repeatable
from timing import Costs, Program, alternate, microseconds, ratios, spread, stopwatch, table

from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.worker_state import WorkerState

SCOPE: Final = """\
Timed: one call of handle_stimulus for each event, and everything that it does: ours with its undo
  journal and the story of each record, Dask's with its two logs, clock readings and pickled types;
  Dask with validate=False, its records hashed by key instead of by address, so that it does the
  same in every round; ours without properties. Both in one process, garbage collection off.
Not timed: making events and workers, converting, comparing, carrying out what is asked for.
Compared when recorded: all instructions of each event, in any order; run ids where Dask has them;
  texts of errors not."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Events per second, beside Dask's worker.")
    parser.add_argument("--events", type=int, default=100_000, help="how many to record at least")
    parser.add_argument("--length", type=int, default=300, help="most events of one run")
    parser.add_argument("--rounds", type=int, default=5, help="how often each does everything")
    options = parser.parse_args(arguments)
    with repeatable():
        recording = record(options.events, options.length)
        print(f"{said_of(recording)}\n{SCOPE}")
        for kind, word, reason in OURS_ALONE:
            print(f'  Left out of it: "{word}" of ours at {kind.__name__}: {reason}.')
        programs: dict[str, Program] = {
            "reference": lambda part: reference(recording.runs[part]),
            "dask": lambda part: dask(recording.runs[part]),
        }
        print("\n" + result(alternate(programs, len(recording.runs), options.rounds)))


def reference(run: Run) -> float:
    """Seconds that ours takes for an event of this run."""
    worker = WorkerState(run.config)
    issued = 0
    with stopwatch() as seconds:
        for event in run.ours:
            issued += len(handle_stimulus(worker, event))
    check(issued, run.issued[0])
    return seconds() / len(run.ours)


def dask(run: Run) -> float:
    """Seconds that Dask's takes for an event of this run."""
    worker = dask_worker(run.config)
    handle = worker.handle_stimulus
    issued = 0
    with stopwatch() as seconds:
        for event in run.theirs:
            issued += len(handle(event))
    check(issued, run.issued[1])
    return seconds() / len(run.theirs)


def check(issued: int, recorded: int) -> None:
    """Check that the measured answers are those that were recorded."""
    if issued != recorded:
        raise SystemExit(f"{issued} instructions were issued, {recorded} were recorded")


def said_of(recording: Recording) -> str:
    mix = recording.mix().most_common()
    rows = [(kind, count, f"{100 * count / recording.events:.1f} %") for kind, count in mix]
    full = recording.ends.pop("", 0)
    ends = ", ".join(f"{kind} {count}" for kind, count in recording.ends.most_common())
    return "\n".join(
        [
            f"{recording.events} events in {len(recording.runs)} runs of fresh workers",
            table(("kind", "events", "share"), rows),
            f"runs of full length: {full}; ended where the two differed, at: {ends or 'none'}",
            "",
        ]
    )


def result(costs: dict[str, Costs]) -> str:
    names = {"reference": "reference", "dask": f"dask {distributed.__version__}"}
    rows = [
        (name, f"{1 / statistics.median(costs[program]):.0f}", microseconds(costs[program]))
        for program, name in names.items()
    ]
    ratio = spread(ratios(costs["reference"], costs["dask"]))
    return "\n".join(
        [
            table(("", "events per second", "us per event"), rows),
            f"time of the reference in units of Dask's: {ratio}",
            f"(CPU time; medians, and quartiles, of {len(costs['dask'])} turns, a run each)",
        ]
    )


if __name__ == "__main__":
    main()
