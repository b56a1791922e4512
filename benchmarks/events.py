"""Events per second of the reference worker, without properties, beside Dask's ``WorkerState``.

    python benchmarks/events.py [--events 100000] [--length 300] [--rounds 7]

First it records: a plausible scheduler (``scheduler.py``) lets random events happen to both workers in
lock-step, each run up to the first event where the two ask for different things (``lockstep.py`` says
how they are compared), until there are enough events. Then fresh workers get the recorded events,
turn and turn about.
"""

import argparse
from collections.abc import Sequence
from typing import Final

import distributed
from lockstep import OURS_ALONE, Recording, Run, dask_worker, record
from timing import Program, alternate, ratios, spread, stopwatch, table

from workerfuzz.statemachine.stimulus import handle_stimulus
from workerfuzz.statemachine.worker import WorkerState

#: Parts of a round in which the two take turns.
PARTS: Final = 20

SCOPE: Final = """\
Timed: one call of handle_stimulus for each event, and everything that it does: ours with its undo
  journal and the story of each record, Dask's with its two logs, clock readings and pickled types;
  Dask with validate=False, ours without properties. Both in one process, garbage collection off.
Not timed: making events and workers, converting, comparing, carrying out what is asked for.
Compared when recorded: all instructions of each event, in any order; run ids where Dask has them;
  texts of errors not."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Events per second, beside Dask's worker.")
    parser.add_argument("--events", type=int, default=100_000, help="how many to record at least")
    parser.add_argument("--length", type=int, default=300, help="most events of one run")
    parser.add_argument("--rounds", type=int, default=7, help="how often each does everything")
    options = parser.parse_args(arguments)
    recording = record(options.events, options.length)
    print(said_of(recording))
    print(SCOPE)
    for kind, word, reason in OURS_ALONE:
        print(f'  Left out of the comparison: "{word}" of ours at {kind.__name__}: {reason}.')
    print()
    programs: dict[str, Program] = {
        "reference": lambda part: reference(recording.runs[part::PARTS]),
        "dask": lambda part: dask(recording.runs[part::PARTS]),
    }
    seconds = alternate(programs, PARTS, options.rounds)
    print(result(recording.events, seconds))


def reference(runs: Sequence[Run]) -> float:
    """Seconds that ours takes for these runs."""
    workers = [WorkerState(run.config) for run in runs]
    issued = 0
    with stopwatch() as seconds:
        for worker, run in zip(workers, runs, strict=True):
            for event in run.ours:
                issued += len(handle_stimulus(worker, event))
    check(issued, sum(run.issued[0] for run in runs))
    return seconds()


def dask(runs: Sequence[Run]) -> float:
    """Seconds that Dask's takes for these runs."""
    workers = [dask_worker(run.config) for run in runs]
    issued = 0
    with stopwatch() as seconds:
        for worker, run in zip(workers, runs, strict=True):
            handle = worker.handle_stimulus
            for event in run.theirs:
                issued += len(handle(event))
    check(issued, sum(run.issued[1] for run in runs))
    return seconds()


def check(issued: int, recorded: int) -> None:
    """What is measured is what was recorded."""
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
            f"left out, because Dask did not do the same twice: {recording.left_out} events",
            "",
        ]
    )


def result(events: int, seconds: dict[str, list[float]]) -> str:
    rows = [
        (
            name,
            spread([events / it for it in seconds[program]], 0),
            spread([1e6 * it / events for it in seconds[program]], 1),
        )
        for name, program in (
            ("reference", "reference"),
            (f"dask (distributed {distributed.__version__})", "dask"),
        )
    ]
    ratio = ratios(seconds["reference"], seconds["dask"])
    return "\n".join(
        [
            table(("", "events per second", "us per event"), rows),
            f"time of the reference in units of Dask's: {spread(ratio)}",
            "(median of the rounds, with the least and the most)",
        ]
    )


if __name__ == "__main__":
    main()
