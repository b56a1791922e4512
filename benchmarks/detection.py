"""Time to first detection: planted bugs in the reference, and bugs of the zoo in a release of Dask.

One search is one seed of one engine, or of one tactic of the walk alone, from nothing to the first run
that shows the bug; it is given up after so many seconds of CPU. A median over seeds counts a search that
was given up as longer than any other.
"""

import json
import math
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from bareloops import Counted

import workerfuzz
from workerfuzz.harness.campaigns.historical.catalogue import bugs_of
from workerfuzz.harness.campaigns.historical.search import HistoricalSearch as ZooSearch
from workerfuzz.harness.campaigns.mutants.catalogue import MUTANTS, OF_SCHEDULER
from workerfuzz.harness.campaigns.mutants.mutant import Mutant
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.shard import Shard, fill
from workerfuzz.harness.engines.hypothesis.search import HYPOTHESIS
from workerfuzz.harness.engines.walk.tactics import DRAWN
from workerfuzz.harness.engines.walk.walker import EXTRA
from workerfuzz.harness.subjects import system
from workerfuzz.harness.worlds.violation import Violation

#: All tactics of the walk, chosen as it does.
WALK: Final = "walk"


@dataclass(frozen=True, slots=True)
class Search:
    """One bug to be searched for, and the engine that does so.

    Attributes:
        bug: name of a mutant; or a release of Dask: every bug of it that was mended in the next.
        who: ``walk``, ``hypothesis``, or a tactic.
        limit_s: seconds of CPU after which it is given up.
    """

    bug: str
    scope: str
    who: str
    seed: int
    limit_s: float


@dataclass(frozen=True, slots=True)
class Result:
    """Result of a search for one bug.

    Attributes:
        bug: its name, with the release of Dask where it is of the zoo.
        steps, cpu_s: until the first run that shows it had ended, or until it was given up.
    """

    bug: str
    scope: str
    who: str
    seed: int
    found: bool
    steps: int
    cpu_s: float

    @property
    def until_found(self) -> tuple[float, float]:
        """Steps and seconds of CPU; without end where it was given up."""
        return (self.steps, self.cpu_s) if self.found else (math.inf, math.inf)


def seekers(scope: str, only: Sequence[str] = ()) -> list[str]:
    """Engines of a scope: the walk, Hypothesis, each tactic alone."""
    every = dict.fromkeys((WALK, HYPOTHESIS, *DRAWN[scope], *EXTRA[scope]))
    return [who for who in every if not only or who in only]


def plan_of(search: Search, subject: str, **more: Any) -> Plan:
    """As a campaign would be told."""
    engine = HYPOTHESIS if search.who == HYPOTHESIS else WALK
    tactic = "" if search.who in {WALK, HYPOTHESIS} else search.who
    return Plan(
        subject=subject,
        scope=search.scope,
        engine=engine,
        seed=search.seed,
        budget=Budget(cpu_s=search.limit_s),
        known=False,
        tactic=tactic,
        **more,
    )


# Planted bugs


@dataclass(slots=True)
class First(Shard):
    """Ends with its first finding."""

    cpu_s: float = 0.0

    def spent(self) -> bool:
        return self.cpu_s > 0 or Shard.spent(self)

    def record_violation(self, violation: Violation) -> None:
        self.spent_on[self.tactic].found += 1
        if not self.cpu_s:
            self.cpu_s = time.process_time() - self.began_cpu


def search(wanted: Search) -> Result:
    """Look for a planted bug."""
    plan = plan_of(wanted, "reference", planted=wanted.bug)
    shard = First(plan, system(plan.subject, plan.scope))
    fill(shard)
    steps = sum(tally.steps for tally in shard.spent_on.values())
    cpu_s = shard.cpu_s or time.process_time() - shard.began_cpu
    return Result(
        wanted.bug, wanted.scope, wanted.who, wanted.seed, shard.cpu_s > 0, steps, round(cpu_s, 4)
    )


def catalogue(scope: str, names: Sequence[str] = (), most: int = 0) -> list[Mutant]:
    """Planted bugs of a scope: those that are named, else so many, evenly chosen; 0: all of them."""
    bugs = OF_SCHEDULER if scope == "cluster" else MUTANTS
    if names:
        return [mutant for mutant in bugs if mutant.name in names]
    count = min(most or len(bugs), len(bugs))
    return [bugs[place * len(bugs) // count] for place in range(count)]


def planted(
    mutants: Sequence[Mutant], scope: str, whos: Sequence[str], seeds: int, limit_s: float
) -> list[Search]:
    """Every search at a scope."""
    return [
        Search(mutant.name, scope, who, seed, limit_s)
        for seed in range(seeds)
        for mutant in mutants
        for who in seekers(scope, whos)
    ]


def searched(searches: Sequence[Search], jobs: int) -> Iterator[Result]:
    """Each in a process of its own, so that nothing of it stays behind; as they end."""
    for scope, engine in {
        (search.scope, plan_of(search, "reference").engine) for search in searches
    }:
        warm_up("reference", scope, engine)
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, maxtasksperchild=1) as pool:
        yield from pool.imap_unordered(search, searches)


def warm_up(subject: str, scope: str, engine: str) -> None:
    """Do everything that a process does once, so that no search pays for it."""
    plan = Plan(subject=subject, scope=scope, engine=engine, budget=Budget(runs=2), known=False)
    fill(Counted(plan, system(subject, scope)))


# Bugs of the zoo


def of_zoo(release: str, whos: Sequence[str], seeds: int, limit_s: float) -> list[Search]:
    """The searches in one release; each looks for all of its bugs at once."""
    return [
        Search(release, "cluster", who, seed, limit_s)
        for seed in range(seeds)
        for who in seekers("cluster", whos)
    ]


def released(python: Path) -> str:
    """The release of Dask that another interpreter has."""
    code = "import distributed; print(distributed.__version__)"
    return told(python, "-W", "ignore", "-c", code).strip()


def in_releases(searches: Sequence[tuple[Path, Search]], jobs: int) -> Iterator[list[Result]]:
    """Searches with other interpreters, each in a process of its own; as they end."""
    with ThreadPoolExecutor(jobs) as pool:
        asked = [pool.submit(in_release, *search) for search in searches]
        for done in as_completed(asked):
            yield done.result()


def in_release(python: Path, search: Search) -> list[Result]:
    """Search with another interpreter, which has the release."""
    text = told(python, __file__, json.dumps(asdict(search)))
    return [Result(**each) for each in json.loads(text)]


def told(python: Path, *arguments: str) -> str:
    """Output of another interpreter, with its own packages, and workerfuzz from here."""
    here = Path(workerfuzz.__file__).parents[1]
    done = subprocess.run(
        [python, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": str(here)},
    )
    return done.stdout


def in_zoo(search: Search) -> list[Result]:
    """Look for all bugs of the release that is here."""
    plan = plan_of(search, "dask")
    warm_up(plan.subject, plan.scope, plan.engine)
    bugs = [replace(bug, limit_s=search.limit_s) for bug in bugs_of(search.bug)]
    looking = ZooSearch(plan, system(plan.subject, plan.scope), bugs=bugs)
    fill(looking)
    found = [(one.bug, True, one.steps, one.cpu_s) for one in looking.sightings]
    lost = [(bug, False, looking.steps, search.limit_s) for bug in looking.bugs]
    return [
        Result(f"{bug.name}, {search.bug}", search.scope, search.who, search.seed, *came_of_it)
        for bug, *came_of_it in (*found, *lost)
    ]


if __name__ == "__main__":
    print(json.dumps([asdict(result) for result in in_zoo(Search(**json.loads(sys.argv[1])))]))
