"""Steps per second of the Hypothesis machine, beside an empty one; and what it takes of memory.

    python benchmarks/machine.py [--runs 20] [--turns 15] [--memory-steps 10000 50000]

The empty machine has the same rules, preconditions and draws (``emptymachine.py``) and no world: what
it takes is Hypothesis. The walk takes the same kinds of step without Hypothesis. Memory is the most
that a fresh process ever had, after so many steps of one test of Hypothesis, and of a campaign.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from emptymachine import EmptyMachine, record, run
from hypothesis.stateful import RuleBasedStateMachine
from timing import Program, alternate, microseconds, ratios, spread, stopwatch, table

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.engines import fill
from workerfuzz.harness.campaigns.shard.shard import open_shard
from workerfuzz.harness.engines.hypothesis.machine import WorkerMachine
from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects import get
from workerfuzz.harness.worlds.worker.world import WorkerWorld

#: Steps of a run, at most; as in the quick profile.
LENGTH: Final = 50

#: Runs that tell the empty machine what to draw.
RECORDED: Final = 10


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="The Hypothesis machine, beside an empty one.")
    parser.add_argument("--runs", type=int, default=20, help=f"of {LENGTH} steps, at each turn")
    parser.add_argument("--turns", type=int, default=15, help="of each")
    parser.add_argument("--memory-steps", type=int, nargs="*", default=[10_000, 50_000])
    parser.add_argument("--memory-of", choices=USES_MEMORY, help="measure here; used by itself")
    options = parser.parse_args(arguments)
    if options.memory_of is not None:
        print(json.dumps(memory_here(options.memory_of, options.memory_steps[0])))
        return
    print(speed(options.runs, options.turns))
    if options.memory_steps:
        print(f"\n{memory(options.memory_steps)}")


# Speed


def speed(runs: int, turns: int) -> str:
    EmptyMachine.trace = record(RECORDED, LENGTH)
    programs: dict[str, Program] = {
        "machine": lambda turn: per_step(counting_machine, runs, turn),
        "empty": lambda turn: per_step(counting_empty, runs, turn),
        "walk": lambda turn: walked(runs, turn),
    }
    costs = alternate(programs, turns, 1)
    names = {
        "machine": "the machine",
        "empty": "an empty machine with its rules",
        "walk": "the walk, without Hypothesis",
    }
    rows = [
        (
            name,
            f"{1 / statistics.median(costs[program]):.0f}",
            microseconds(costs[program]),
            spread(ratios(costs[program], costs["empty"])),
        )
        for program, name in names.items()
    ]
    heads = ("", "steps per second", "us per step", "in units of the empty machine")
    about = f"(CPU time; medians, and quartiles, of {turns} turns of {runs} runs each)"
    return f"{table(heads, rows)}\n{about}"


def counting_machine(note: Callable[[int], None]) -> type[RuleBasedStateMachine]:
    """The real one; ``note`` is told of the steps of each run."""

    class Machine(WorkerMachine):
        subject = "reference"

        @classmethod
        def on_run(cls, world: WorkerWorld) -> None:
            note(len(world.steps))

    return Machine


def counting_empty(note: Callable[[int], None]) -> type[RuleBasedStateMachine]:
    class Machine(EmptyMachine):
        @classmethod
        def on_run(cls, steps: int) -> None:
            note(steps)

    return Machine


Counting = Callable[[Callable[[int], None]], type[RuleBasedStateMachine]]


def per_step(counting: Counting, runs: int, turn: int) -> float:
    """Seconds for a step, what Hypothesis does before and after included."""
    steps: list[int] = []
    machine = counting(steps.append)
    with stopwatch() as seconds:
        run(machine, runs, LENGTH, turn)
    return seconds() / sum(steps)


def walked(runs: int, turn: int) -> float:
    subject, steps = get("reference"), 0
    with stopwatch() as seconds:
        for number in range(runs):
            steps += len(walk(subject, f"{turn}/{number}").steps)
    return seconds() / steps


# Memory


class EnoughSteps(BaseException):
    """Ends a test of Hypothesis; not an Exception, which it would take for a finding."""


def one_test(counting: Counting, steps: int) -> int:
    """One test of Hypothesis that goes on until it has taken enough steps; returns how many."""
    taken = 0

    def note(more: int) -> None:
        nonlocal taken
        taken += more
        if taken >= steps:
            raise EnoughSteps

    with suppress(EnoughSteps):
        run(counting(note), sys.maxsize, LENGTH)
    return taken


def one_campaign(steps: int) -> int:
    """Batches of runs, as ``workerfuzz run`` makes them, until there are enough steps."""
    taken = 0
    while taken < steps:
        budget = Budget(runs=max((steps - taken) // LENGTH, 1))
        plan = Plan(engine="hypothesis", seed=taken, budget=budget)
        taken += fill(open_shard(plan, Path("regressions"))).total.steps
    return taken


#: What is measured in a process of its own: given the steps to take, returns those taken.
USES_MEMORY: Final[Mapping[str, Callable[[int], int]]] = {
    "machine": lambda steps: one_test(counting_machine, steps),
    "empty machine": lambda steps: one_test(counting_empty, steps),
    "campaign": one_campaign,
}


def memory_here(name: str, steps: int) -> dict[str, int]:
    """Take the steps in this process: the steps taken, the most memory before and after, in KiB."""
    if name == "empty machine":
        EmptyMachine.trace = record(RECORDED, LENGTH)
    before = peak_kib()
    taken = USES_MEMORY[name](steps)
    return {"steps": taken, "before": before, "after": peak_kib()}


def peak_kib() -> int:
    """The most that this process ever had. Where there is /proc, without what its parent had."""
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1])
    unit = 1024 if sys.platform == "darwin" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


def memory(sizes: Sequence[int], names: Iterable[str] = USES_MEMORY) -> str:
    rows = []
    for name in names:
        for steps in sizes:
            it = memory_in_fresh_process(name, steps)
            more = it["after"] - it["before"]
            rows.append(
                (
                    name,
                    it["steps"],
                    f"{it['before'] / 1024:.0f}",
                    f"{it['after'] / 1024:.0f}",
                    f"{more / it['steps']:.2f}",
                )
            )
    heads = ("peak memory", "steps", "MiB before", "MiB after", "KiB per step")
    return table(heads, rows)


def memory_in_fresh_process(name: str, steps: int) -> dict[str, int]:
    command = [sys.executable, __file__, "--memory-of", name, "--memory-steps", str(steps)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, int] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
