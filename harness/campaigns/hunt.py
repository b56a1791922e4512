"""Many runs of a cluster, one after the other: goes on after a finding, to the end of its budget."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from workerfuzz.harness.campaigns.fuzz import Budget
from workerfuzz.harness.cases.case import Case
from workerfuzz.harness.cases.scopes import CLUSTER
from workerfuzz.harness.cases.severity import Consequence, consequence
from workerfuzz.harness.cases.signature import Signature, located, signature
from workerfuzz.harness.engines.keeping import Finding, keep
from workerfuzz.harness.engines.projection import Projected, project
from workerfuzz.harness.engines.walk import walk
from workerfuzz.harness.subjects import get
from workerfuzz.harness.subjects.cluster import SCHEDULER, ClusterMaker
from workerfuzz.harness.worlds.cluster import ClusterWorld
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster.universe import ClusterUniverse, draw_cluster
from workerfuzz.strategies.steps import Step

#: The subject whose workers are not fuzzed by themselves.
DASK: str = "dask"

#: Walks that are watched for what was possible: all of them would cost more than it tells.
WATCHED: int = 20


@dataclass(slots=True)
class Met:
    """One signature that came up.

    Attributes:
        violation: the first one, and the run in which it was.
        times: how many runs ended so.
        known: the case that says so already; None where it is new.
        kept: what became of the first one, where it is new.
        consequence: what it leads to in production mode, likewise.
        projected: whether one worker alone shows it, likewise.
        alone: what became of it there.
    """

    violation: Violation
    run: int
    times: int = 0
    known: Case | None = None
    kept: Finding | None = None
    consequence: Consequence | None = None
    projected: Projected | None = None
    alone: Finding | None = None


@dataclass(slots=True)
class Hunt:
    """A campaign on clusters: what has been done so far, and what was found.

    Attributes:
        taken: steps by their word.
        possible: how often each kind was possible, counted in one run of ``WATCHED``.
        edges: transitions by (kind of party, start, finish).
        interrupted: Ctrl-C ended it.
    """

    subject: ClusterMaker
    seed: int
    budget: Budget
    workers: int | None = None
    known: Mapping[Signature, Case] = field(default_factory=dict)
    out: Path = Path("regressions")
    runs: int = 0
    steps: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    possible: Counter[str] = field(default_factory=Counter)
    watched: int = 0
    edges: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    met: dict[Signature, Met] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    interrupted: bool = False

    def spent(self) -> bool:
        """The budget is used up."""
        self.seconds = time.monotonic() - self.began
        return self.budget.spent(self.seconds, self.runs)

    def observe(self, world: ClusterWorld, step: Step | None) -> None:
        """Told of every step; an ``Observer``."""
        if step is not None:
            self.taken[step.word] += 1
            if self.runs % WATCHED == 0:
                self.watched += 1
                self.possible.update(kind.word for kind in world.possible())
        for party, _, start, finish in world.moves:
            self.edges["scheduler" if party == SCHEDULER else "worker", start, finish] += 1

    def go(self) -> "Hunt":
        """Run until the budget is spent, or Ctrl-C."""
        try:
            while not self.spent():
                self.one_run()
        except KeyboardInterrupt:
            self.interrupted = True
        self.spent()
        return self

    def one_run(self) -> None:
        try:
            world = walk(
                self.subject, f"{self.seed}/{self.runs}", self.observe, CLUSTER, self.universe
            )
            self.steps += len(world.steps)
        except Violation as violation:
            self.steps += len(violation.steps)
            self.meet(violation)
        except Exception as error:
            error.add_note(f"in run {self.runs} of seed {self.seed}")
            raise
        self.runs += 1

    def universe(self, chooser: RandomChooser) -> ClusterUniverse:
        """Every other run is in production mode, where the system does not validate itself."""
        drawn = draw_cluster(chooser, self.workers)
        if self.runs % 2 == 0:
            return drawn
        return replace(drawn, config=replace(drawn.config, validate=False))

    def meet(self, violation: Violation) -> None:
        """A run ended with a violation; the first of its kind is shrunk and kept."""
        mark = signature(violation)
        met = self.met.get(mark)
        if met is None:
            met = self.met[mark] = Met(violation, self.runs, known=self.known.get(mark))
            if met.known is None:
                met.kept = keep(self.subject, violation, self.out, "walk")
                met.consequence = consequence(self.subject, met.kept.violation)
                self.project(met, met.kept.violation)
        met.times += 1

    def project(self, met: Met, violation: Violation) -> None:
        """Look whether one worker alone shows it, and keep that as a case of its own."""
        if self.subject.name != DASK:
            return  # the reference is fuzzed at worker scope as it is
        worker = get(self.subject.name)
        met.projected = project(self.subject, worker, violation)
        if met.projected.violation is not None:
            met.alone = keep(worker, met.projected.violation, self.out, "walk", located)

    def new(self) -> Sequence[Met]:
        """What nobody knew, most harmful first."""
        found = (met for met in self.met.values() if met.known is None)
        return sorted(
            found, key=lambda met: met.consequence.severity.rank if met.consequence else 0
        )
