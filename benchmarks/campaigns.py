"""Measures campaigns: speed, time until a bug is found, shrinking, more processes, memory.

    python benchmarks/campaigns.py [--only speed found ...] [--seeds 3] [--bugs 8] [--limit 10]
                                   [--python DIR/bin/python ...] [--minutes 0.1] [--keep FILE]

The defaults are small and take a few minutes; for figures that count: ``--seeds 30 --bugs 0 --limit 60
--turns 15 --tiny 1000 --minutes 60``. With the interpreters of other environments, the bugs of the zoo
of their releases of Dask are looked for as well. Searches that a file of ``--keep`` has are not made
again. The table of what is aimed at comes last, also if Ctrl-C ends it sooner.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import shrinking
from aims import Aim, Said, summary
from comparing import compared, medians, rows_of
from detection import (
    Result,
    Search,
    catalogue,
    in_releases,
    of_zoo,
    planted,
    released,
    searched,
    seekers,
)
from endurance import endurance
from scaling import carrying, scaling
from speeds import SUBJECTS, engine, speeds

from workerfuzz.harness.worlds.scopes import SCOPES


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What a campaign comes to.")
    add = parser.add_argument
    add("--only", nargs="+", choices=PARTS, default=PARTS, help="parts, by name")
    add("--scopes", nargs="+", choices=SCOPES, default=[*SCOPES])
    add("--runs", type=int, default=100, help="of the walk, for speed, at each turn")
    add("--turns", type=int, default=5, help="for speed and scaling")
    add("--seeds", type=int, default=3, help="searches for each bug by each")
    add("--bugs", type=int, default=8, help="planted ones of each scope, evenly chosen; 0: all")
    add("--mutants", nargs="+", default=[], help="these planted bugs, by name")
    add("--who", nargs="+", default=[], help="walk, hypothesis, tactics; else all")
    add("--limit", type=float, default=10.0, help="CPU seconds of a search for a planted bug")
    add("--python", nargs="+", type=Path, default=[], help="with releases of Dask of the zoo")
    add("--zoo-seeds", type=int, default=1)
    add("--zoo-limit", type=float, default=60.0, help="CPU seconds of a search in a release")
    add("--jobs", type=int, default=1, help="searches at a time")
    add("--keep", type=Path, help="where results of searches are kept, a line each")
    add("--process-runs", type=int, default=500, help="of each shard, for scaling")
    add("--tiny", type=int, default=20, help="shards of a single run, for each carrier")
    add("--minutes", type=float, default=0.1, help="of each campaign whose memory is watched")
    return parser.parse_args(arguments)


class Kept:
    """Results, and a file that has them, a line each; a search that was cut off leaves no line."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
        self.results = [Result(**json.loads(line)) for line in lines]

    def lacks(self, searches: Iterable[Search]) -> list[Search]:
        """Those of which no result is there."""
        return [
            search for search in searches if not any(came_of(one, search) for one in self.results)
        ]

    def of(self, searches: Sequence[Search]) -> list[Result]:
        """Results of these searches."""
        return [one for one in self.results if any(came_of(one, search) for search in searches)]

    def add(self, results: Iterable[Result]) -> None:
        for result in results:
            self.results.append(result)
            if self.path is not None:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(f"{json.dumps(asdict(result))}\n")


def came_of(result: Result, search: Search) -> bool:
    """The result is one of that search, which in a release looks for several bugs."""
    return (result.bug.rpartition(", ")[2], result.scope, result.who, result.seed) == (
        search.bug, search.scope, search.who, search.seed,
    )  # fmt: skip


# The parts


def of_mutants(options: argparse.Namespace) -> Iterator[Said]:
    """Searches for planted bugs: a row for each, and what they say together."""
    for scope in options.scopes:
        kept = Kept(options.keep)
        mutants = catalogue(scope, options.mutants, options.bugs)
        wanted = planted(mutants, scope, options.who, options.seeds, options.limit)
        kept.add(searched(kept.lacks(wanted), options.jobs))
        found = medians(kept.of(wanted))
        if found:
            yield f"\nplanted bugs, {scope}: {how_long(options.seeds, options.limit)}"
            yield rows_of(found, seekers(scope, options.who))
            yield from compared(f"planted, {scope}", found.values(), options.limit)


def of_releases(options: argparse.Namespace) -> Iterator[Said]:
    """Searches for bugs of the zoo."""
    kept = Kept(options.keep)
    wanted = [
        (python, item)
        for python in options.python
        for item in of_zoo(released(python), options.who, options.zoo_seeds, options.zoo_limit)
    ]
    lacking = kept.lacks(item for _, item in wanted)
    for results in in_releases([key for key in wanted if key[1] in lacking], options.jobs):
        kept.add(results)
    found = medians(kept.of([item for _, item in wanted]))
    if found:
        yield f"\nbugs of the zoo: {how_long(options.zoo_seeds, options.zoo_limit)}"
        yield rows_of(found, seekers("cluster", options.who))
        yield from compared("zoo", found.values(), options.zoo_limit)


def how_long(seeds: int, limit_s: float) -> str:
    return f"medians of {seeds} seeds, given up after {limit_s:g} s of CPU"


def of_shrinking(options: argparse.Namespace) -> Iterator[Said]:
    """Shrunk runs of planted bugs."""
    for scope in options.scopes:
        yield f"\nshrinking, {scope}"
        mutants = catalogue(scope, options.mutants, options.bugs)
        found = shrinking.of_walk(SCOPES[scope], mutants, 2000)
        yield from shrinking.aims(f"planted, {scope}", found)


def of_long_campaigns(options: argparse.Namespace) -> Iterator[Said]:
    for name, scope in subjects(options):
        yield from endurance(name, scope, options.minutes)


def subjects(options: argparse.Namespace) -> list[tuple[str, str]]:
    return [(name, scope) for name, scope in SUBJECTS if scope in options.scopes]


#: By name, in the order in which they are measured.
PARTS: Final[Mapping[str, Callable[[argparse.Namespace], Iterator[Said]]]] = {
    "engine": lambda namespace: engine(namespace.runs, namespace.turns),
    "speed": lambda namespace: speeds(subjects(namespace), namespace.runs, namespace.turns),
    "found": of_mutants,
    "zoo": of_releases,
    "shrunk": of_shrinking,
    "scaling": lambda namespace: scaling(namespace.process_runs, namespace.turns),
    "carriers": lambda namespace: carrying(namespace.tiny),
    "memory": of_long_campaigns,
}


def main(arguments: Sequence[str] | None = None) -> None:
    options = options_of(arguments)
    if os.environ.get("PYTHONHASHSEED") != "0":  # the sets of Dask have an order
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves
    aims: list[Aim] = []
    try:
        for part in options.only:
            for text in PARTS[part](options):
                if isinstance(text, Aim):
                    aims.append(text)
                else:
                    print(text, flush=True)
    except KeyboardInterrupt:
        print("ended by Ctrl-C", flush=True)
    print(f"\n{summary(aims)}")


if __name__ == "__main__":
    main()
