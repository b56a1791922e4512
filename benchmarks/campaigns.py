"""What the engines do: steps per second, time until a bug is found, and what shrinking makes of it.

    python benchmarks/campaigns.py [--seeds 3] [--limit 5] [--mutants NAME ...] [--who walk ...]
                                   [--python DIR/bin/python ...] [--zoo-seeds 1] [--zoo-limit 60]
                                   [--jobs 1] [--keep FILE] [--only speed found shrunk]

With the interpreters of other environments, the bugs of the zoo of their releases of Dask are looked for
as well. Searches that a file of ``--keep`` has are not made again.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import shrinking
from comparing import compared, medians, rows_of
from detection import Result, Search, in_release, of_zoo, planted, searched, seekers
from speeds import SUBJECTS, engine, speeds

PARTS: Final = ("speed", "found", "shrunk")


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What the engines do.")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts")
    parser.add_argument(
        "--runs", type=int, default=200, help="of the walk, for speed, at each turn"
    )
    parser.add_argument("--turns", type=int, default=5, help="for speed")
    parser.add_argument("--seeds", type=int, default=3, help="searches for each mutant by each")
    parser.add_argument("--limit", type=float, default=5.0, help="CPU seconds of a search")
    parser.add_argument("--scopes", nargs="+", default=["worker", "cluster"])
    parser.add_argument("--mutants", nargs="+", default=[], help="names; else all")
    parser.add_argument("--who", nargs="+", default=[], help="walk, hypothesis, tactics; else all")
    parser.add_argument("--python", nargs="+", type=Path, default=[], help="with older Dask")
    parser.add_argument("--zoo-seeds", type=int, default=1)
    parser.add_argument("--zoo-limit", type=float, default=60.0, help="CPU seconds of a search")
    parser.add_argument("--jobs", type=int, default=1, help="searches at a time")
    parser.add_argument("--keep", type=Path, help="where results are kept, a line each")
    return parser.parse_args(arguments)


class Kept:
    """Results, and a file that has them, a line each; a search that was cut off leaves no line."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
        self.results = [Result(**json.loads(line)) for line in lines]

    def is_done(self, it: Search) -> bool:
        """A result of that search is there."""
        return any(
            (one.bug, one.scope, one.who, one.seed) == (it.bug, it.scope, it.who, it.seed)
            for one in self.results
        )

    def add(self, results: Iterable[Result]) -> None:
        for it in results:
            self.results.append(it)
            if self.path is not None:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(f"{json.dumps(asdict(it))}\n")


def of_mutants(options: argparse.Namespace, scope: str) -> Iterator[str]:
    """Searches for planted bugs: a row for each, and what they say together."""
    kept = Kept(options.keep)
    wanted = planted(scope, options.mutants, options.who, options.seeds, options.limit)
    kept.add(searched([it for it in wanted if not kept.is_done(it)], options.jobs))
    asked = {(it.bug, it.who, it.seed) for it in wanted}
    found = medians(
        it for it in kept.results if it.scope == scope and (it.bug, it.who, it.seed) in asked
    )
    if found:
        yield (
            f"\nplanted bugs, {scope}: medians of {options.seeds} seeds, "
            f"given up after {options.limit:g} s of CPU"
        )
        yield rows_of(found, seekers(scope, options.who))
        yield from compared(found.values(), options.limit)


def of_releases(options: argparse.Namespace) -> Iterator[str]:
    """Searches for bugs of the zoo."""
    results: list[Result] = []
    for python in options.python:
        for it in of_zoo(options.who, options.zoo_seeds, options.zoo_limit):
            results += in_release(python, it)
    if results:
        found = medians(results)
        yield (
            f"\nbugs of the zoo: medians of {options.zoo_seeds} seeds, "
            f"given up after {options.zoo_limit:g} s of CPU"
        )
        yield rows_of(found, seekers("cluster", options.who))
        yield from compared(found.values(), options.zoo_limit)


def main(arguments: Sequence[str] | None = None) -> None:
    options = options_of(arguments)
    if os.environ.get("PYTHONHASHSEED") != "0":  # the sets of Dask have an order
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves
    if "speed" in options.only:
        print(engine(options.runs, options.turns), flush=True)
        print(speeds(SUBJECTS, options.runs, options.turns), flush=True)
    if "found" in options.only:
        for scope in options.scopes:
            for line in of_mutants(options, scope):
                print(line, flush=True)
        for line in of_releases(options):
            print(line, flush=True)
    if "shrunk" in options.only:
        for scope in options.scopes:
            shrinking.main(["--scope", scope, "--mutants", *options.mutants])


if __name__ == "__main__":
    main()
