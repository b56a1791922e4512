"""Cost of checking all structural properties after an event, beside the event itself.

    python benchmarks/properties.py [--events 10000] [--cycles 20] [--records 10 100 1000]
                                    [--rounds 40]

First on random walks with six keys. Then on workers with more and more records, in events that are
about two of them. The same events are handled with and without ``ReferenceWorker.check(touched)``;
its cost is the difference.
"""

import argparse
import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from bystanders import KINDS, cycle
from timing import Program, alternate, excess, microseconds, ratios, spread, stopwatch, table

from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.harness.worlds.worker.world import SWEEP_EVERY
from workerfuzz.statemachine.properties.property import Broken
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.worker_state import WorkerState
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.worker.run_config import KEYS, draw_run_config


@dataclass(frozen=True, slots=True)
class Run:
    """Events for one fresh worker; those of ``before`` are not timed."""

    config: WorkerConfig
    before: Sequence[Event]
    events: Sequence[Event]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Cost of the structural properties.")
    parser.add_argument("--events", type=int, default=10_000, help="of random walks, at least")
    parser.add_argument("--cycles", type=int, default=20, help="of 7 events, for each size")
    parser.add_argument("--records", type=int, nargs="+", default=[10, 100, 1000], help="sizes")
    parser.add_argument("--rounds", type=int, default=40, help="how often each has its turn")
    options = parser.parse_args(arguments)
    print("us: microseconds of CPU time; medians, and quartiles, of all turns\n")
    print(on_walks(options.events, max(options.rounds // 8, 1)))
    print(beside_bystanders(options.records, options.cycles, options.rounds))


# Random walks


class RecordingWorker(ReferenceWorker):
    """Keeps its events, and checks nothing: the walks are known to be healthy."""

    def __init__(self, worker: WorkerState) -> None:
        super().__init__(worker)
        self.events: list[Event] = []

    def handle(self, event: Event) -> Sequence[Instruction]:
        self.events.append(event)
        return super().handle(event)

    def check(self, touched: object) -> Iterator[Broken]:
        return iter(())


class RecordingSubject(ReferenceSubject):
    """Makes such workers."""

    def worker(self, config: WorkerConfig) -> RecordingWorker:
        return RecordingWorker(WorkerState(config))


def walks(wanted: int) -> list[Run]:
    """Random runs of the fuzzer, each with six keys, until there are enough events."""
    runs: list[Run] = []
    seeds = map("properties/{}".format, itertools.count())
    while sum(len(run.events) for run in runs) < wanted:
        seed = next(seeds)
        if len(draw_run_config(RandomChooser(seed)).keys) < len(KEYS):
            continue
        world = walk(RecordingSubject(), seed)
        if len(world.pool) == len(KEYS):
            assert isinstance(world.view, RecordingWorker)
            events = world.view.events[: len(world.steps)]
            runs.append(Run(world.view.config, (), events))
    return runs


def on_walks(wanted: int, rounds: int) -> str:
    runs = walks(wanted)
    programs: dict[str, Program] = {
        "event": lambda part: timed(runs[part]),
        "checked": lambda part: timed(runs[part], checks=True),
        "swept": lambda part: timed(runs[part], checks=True, everything=True),
    }
    costs = alternate(programs, len(runs), rounds)
    event = costs["event"]
    rows = [("the event itself", microseconds(event), "")]
    for name, what in (
        ("checked", "properties of what it touched"),
        ("swept", f"properties of everything (checked every {SWEEP_EVERY} events)"),
    ):
        check = excess(costs[name], event)
        rows.append((what, microseconds(check), spread(ratios(check, event))))
    count = sum(len(run.events) for run in runs)
    head = f"{count} events of {len(runs)} random walks with {len(KEYS)} keys"
    heads = ("", "us", "in units of the event")
    return f"{head}, {touches(runs):.2f} touched by an event\n{table(heads, rows)}\n"


# Many records


def beside_bystanders(sizes: Sequence[int], cycles: int, rounds: int) -> str:
    """A table: other records in one state or another, more and more of them."""
    rows = []
    for kind, (config, make) in KINDS.items():
        for size in sizes:
            events = [event for number in range(cycles) for event in cycle(size + 1 + number)]
            run = Run(config, make(size), events)
            programs: dict[str, Program] = {
                "event": lambda _, run=run: timed(run),
                "checked": lambda _, run=run: timed(run, checks=True),
            }
            costs = alternate(programs, 1, rounds)
            event, check = costs["event"], excess(costs["checked"], costs["event"])
            ratio = spread(ratios(check, event))
            touched = f"{touches([run]):.2f}"
            rows.append((kind, size, touched, microseconds(event), microseconds(check), ratio))
    heads = ("others are", "others", "touched", "us per event", "us per check", "ratio")
    return f"events about two keys, beside other records\n{table(heads, rows)}"


# What is timed


def timed(run: Run, *, checks: bool = False, everything: bool = False) -> float:
    """Seconds that a fresh worker takes for an event of this run."""
    worker = prepared(run)
    with stopwatch() as seconds:
        for event in run.events:
            worker.handle(event)
            if checks:
                expect_nothing(worker, None if everything else worker.touched())
    return seconds() / len(run.events)


def expect_nothing(worker: ReferenceWorker, touched: Collection[str] | None) -> None:
    for broken, counterexample in worker.check(touched):
        raise SystemExit(f"{broken.name}: {counterexample}")


def prepared(run: Run) -> ReferenceWorker:
    worker = ReferenceWorker(WorkerState(run.config))
    for event in run.before:
        worker.handle(event)
    expect_nothing(worker, None)
    return worker


def touches(runs: Sequence[Run]) -> float:
    """Average number of records that an event is about."""
    touched = 0
    for run in runs:
        worker = prepared(run)
        for event in run.events:
            worker.handle(event)
            touched += len(worker.touched())
    return touched / sum(len(run.events) for run in runs)


if __name__ == "__main__":
    main()
