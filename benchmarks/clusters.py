"""Steps per second of whole clusters, all properties on: the reference beside Dask, three workers.

    python benchmarks/clusters.py [--runs 150] [--minutes 0]

Both subjects walk the same seeds, turn and turn about. What of a step is Dask's own and what is ours is
told by looking, every few milliseconds, where the process is.
"""

import argparse
import functools
import os
import resource
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Final, Self

import dask
import distributed
from timing import alternate, clock, ratios, spread, table

from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.scopes import CLUSTER
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig, draw_cluster

SCOPE: Final = """\
Timed: whole runs with their end, in CPU time of the thread: making the cluster, drawing steps, letting
  them happen, every property, coming to rest. Runs that break a property count up to there.
Dask's own: whatever is in Dask's code or called by it, its constructors and validation included; what
  our recording of transitions and our hashes of names cost inside of it is counted as Dask's."""

#: Where the code of Dask is.
DASK: Final = tuple(str(Path(module.__file__).parent) for module in (dask, distributed))

#: Numbers of tasks that are there at the same time.
SIZES: Final = (5, 20, 50, 100, 200)

#: How often is looked, in seconds.
INTERVAL_S: Final = 0.002


class Sampler:
    """Looks after equal times of CPU where the process is: in Dask, or called by it, or not.

    Attributes:
        inside, outside: how often it was in Dask, and how often not.
    """

    def __init__(self) -> None:
        self.inside = self.outside = 0

    def __enter__(self) -> Self:
        signal.signal(signal.SIGVTALRM, self.look)
        signal.setitimer(signal.ITIMER_VIRTUAL, INTERVAL_S, INTERVAL_S)
        return self

    def __exit__(self, *ignored: object) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def look(self, number: int, frame: FrameType | None) -> None:
        while frame is not None and not frame.f_code.co_filename.startswith(DASK):
            frame = frame.f_back
        if frame is None:
            self.outside += 1
        else:
            self.inside += 1


def three_workers(chooser: RandomChooser) -> ClusterRunConfig:
    return draw_cluster(chooser, 3)


def one_run(name: str, seed: str, run_config: Callable[[RandomChooser], ClusterRunConfig]) -> int:
    """Lets a run happen; how many steps it had."""
    try:
        return len(walk(get_cluster(name), seed, None, CLUSTER, run_config).steps)
    except Violation as violation:
        return max(len(violation.steps), 1)


def seconds_a_step(name: str, part: int) -> float:
    began = clock()
    steps = sum(one_run(name, f"{part}/{number}", three_workers) for number in range(5))
    return (clock() - began) / steps


def speed(runs: int) -> str:
    programs = {name: functools.partial(seconds_a_step, name) for name in ("reference", "dask")}
    costs = alternate(programs, max(runs // 5, 1), 1)
    rows = [
        (name, f"{1 / statistics.median(value):,.0f}", f"{1e6 * statistics.median(value):.0f}")
        for name, value in costs.items()
    ]
    text = table(("subject", "steps/s", "us a step"), rows)
    faster = spread(ratios(costs["dask"], costs["reference"]))
    return f"{text}\nthe reference makes {faster} times the steps of dask"


def share(runs: int) -> str:
    """Our share of the time of a step on Dask."""
    ours: list[float] = []
    for part in range(5):
        with Sampler() as sampler:
            for number in range(max(runs // 5, 1)):
                one_run("dask", f"share/{part}/{number}", three_workers)
        ours.append(sampler.outside / max(sampler.inside, 1))
    return f"ours beside Dask's own time: {spread(ours)} (at most 0.7 is aimed at)"


def construction() -> str:
    costs = []
    for _ in range(100):
        began = clock()
        cluster = get_cluster("dask").cluster(ClusterConfig())
        costs.append(1e3 * (clock() - began))
        cluster.close()
    return f"a Dask scheduler is constructed in {spread(costs)} ms (at most 1 is aimed at)"


def growth() -> str:
    """Cost of a step as there are more tasks."""
    rows = []
    for size in SIZES:
        keys = tuple(f"k{number}" for number in range(size))
        costs = [f"{1e6 * steps_among(name, keys):.0f}" for name in ("reference", "dask")]
        rows.append((size, *costs))
    return table(("keys", "reference, us a step", "dask, us a step"), rows)


def steps_among(name: str, keys: tuple[str, ...]) -> float:
    """Seconds a step where all the keys are submitted at first, each needing the one before."""
    from workerfuzz.strategies.cluster import BY_WORD
    from workerfuzz.strategies.worker import parse

    costs = []
    for seed in range(5):
        run_config = ClusterRunConfig(ClusterConfig(workers=3), keys, ("c0",), 0)
        world = ClusterWorld(get_cluster(name), run_config)
        tasks = [f"{key}({keys[at - 3]})" if at > 2 else key for at, key in enumerate(keys)]
        chooser = RandomChooser(seed)
        try:
            world.apply(parse(f"submit c0 {' '.join(tasks)} want {','.join(keys[-3:])}", BY_WORD))
            world.apply(parse("deliver c0->scheduler", BY_WORD))
            began, steps = clock(), 0
            for _ in range(150):
                kinds = [
                    kind for kind in world.possible() if kind.word in FORWARD
                ] or world.possible()
                world.apply(world.draw(chooser.pick(kinds), chooser))
                steps += 1
            costs.append((clock() - began) / steps)
        except Violation:
            continue
        finally:
            world.close()
    return statistics.median(costs) if costs else float("nan")


#: Kinds of step that bring a graph forward.
FORWARD: Final = frozenset({"deliver", "begin", "succeed", "serve", "receive"})


def endurance(minutes: float) -> Iterator[str]:
    """Rate and memory of one process over time, both subjects."""
    for name in ("reference", "dask"):
        began = window = time.monotonic()
        steps = run = 0
        cpu = clock()
        while time.monotonic() - began < minutes * 30:
            steps += one_run(name, f"long/{run}", three_workers)
            run += 1
            if time.monotonic() - window > minutes * 6:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                yield (
                    f"{name} after {time.monotonic() - began:4.0f} s: "
                    f"{steps / (clock() - cpu):,.0f} steps/s, peak {peak:.0f} MiB"
                )
                window, steps, cpu = time.monotonic(), 0, clock()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Steps per second of whole clusters.")
    parser.add_argument("--runs", type=int, default=150, help="runs of each subject")
    parser.add_argument("--minutes", type=float, default=0, help="how long to watch the memory")
    options = parser.parse_args(arguments)
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves
    print(f"distributed {distributed.__version__}\n{SCOPE}\n")
    print(f"{speed(options.runs)}\n{share(options.runs)}\n{construction()}\n{growth()}")
    if options.minutes:
        for line in endurance(options.minutes):
            print(line, flush=True)


if __name__ == "__main__":
    main()
